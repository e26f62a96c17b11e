// One element of each row.
#include <cstring>

#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkPick(const Call& call) {
  expectOperand(call, pick::x, DType::f32, 2);
  const int64_t* dims = call.operand(pick::x).dims;
  expectShape(call, pick::ids, DType::i32, dims, 1);
  expectResult(call, pick::y, DType::f32, dims, 1);
  return 0;
}

void runPick(const Call& call) {
  const TensorView& x = call.operand(pick::x);
  const TensorView& ids = call.operand(pick::ids);
  const int64_t V = x.dims[1];
  expectTargets(ids, V);
  for (int64_t n = 0; n < x.dims[0]; n++) {
    const int32_t id = ids.i32()[n];
    call.result(pick::y).mutableF32()[n] = id < 0 ? 0.0f : x.f32()[n * V + id];
  }
}

size_t checkPickGradient(const Call& call) {
  expectOperand(call, pickGradient::ids, DType::i32, 1);
  const int64_t dims[] = {call.operand(pickGradient::ids).dims[0], expectInteger(call, pickGradient::V, 1, INT32_MAX)};
  expectShape(call, pickGradient::dy, DType::f32, dims, 1);
  expectResult(call, pickGradient::dx, DType::f32, dims, 2);
  return 0;
}

void runPickGradient(const Call& call) {
  const TensorView& ids = call.operand(pickGradient::ids);
  const TensorView& dx = call.result(pickGradient::dx);
  const int64_t V = dx.dims[1];
  expectTargets(ids, V);
  std::memset(dx.mutableF32(), 0, static_cast<size_t>(dx.elements()) * sizeof(float));
  for (int64_t n = 0; n < dx.dims[0]; n++) {
    const int32_t id = ids.i32()[n];
    if (id >= 0) dx.mutableF32()[n * V + id] = call.operand(pickGradient::dy).f32()[n];
  }
}

}  // namespace

const Implementation ops::pick::implementation = {checkPick, runPick};
const Implementation ops::pickGradient::implementation = {checkPickGradient, runPickGradient};

}  // namespace ostinato
