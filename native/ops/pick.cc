// One element of each row.
#include <cstring>

#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"

namespace ostinato {
namespace {

size_t checkPick(const Call& call) {
  expectCounts("pick", call, 2, 1, 0);
  expectOperand("pick", call, 0, DType::f32, 2);
  const int64_t* dims = call.operand(0).dims;
  expectShape("pick", call, 1, DType::i32, dims, 1);
  expectResult("pick", call, 0, DType::f32, dims, 1);
  return 0;
}

void runPick(const Call& call) {
  const TensorView& x = call.operand(0);
  const TensorView& ids = call.operand(1);
  const int64_t V = x.dims[1];
  expectTargets(ids, V);
  for (int64_t n = 0; n < x.dims[0]; n++) {
    const int32_t id = ids.i32()[n];
    call.result(0).mutableF32()[n] = id < 0 ? 0.0f : x.f32()[n * V + id];
  }
}

size_t checkPickGradient(const Call& call) {
  expectCounts("pickGradient", call, 2, 1, 1);
  expectOperand("pickGradient", call, 0, DType::i32, 1);
  const int64_t dims[] = {call.operand(0).dims[0], expectInteger("pickGradient", call, 0, 1, INT32_MAX)};
  expectShape("pickGradient", call, 1, DType::f32, dims, 1);
  expectResult("pickGradient", call, 0, DType::f32, dims, 2);
  return 0;
}

void runPickGradient(const Call& call) {
  const TensorView& ids = call.operand(0);
  const TensorView& dx = call.result(0);
  const int64_t V = dx.dims[1];
  expectTargets(ids, V);
  std::memset(dx.mutableF32(), 0, static_cast<size_t>(dx.elements()) * sizeof(float));
  for (int64_t n = 0; n < dx.dims[0]; n++) {
    const int32_t id = ids.i32()[n];
    if (id >= 0) dx.mutableF32()[n * V + id] = call.operand(1).f32()[n];
  }
}

}  // namespace

const Implementation ops::pick::implementation = {checkPick, runPick};
const Implementation ops::pickGradient::implementation = {checkPickGradient, runPickGradient};

}  // namespace ostinato
