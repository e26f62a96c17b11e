// Where a step of a model of sentences begins again: the token that ends a sentence is read as the one that begins the
// next, and both are read from the first state.
//
//   ids'[n] = begin if ids[n] = end, else ids[n]     keep[n] = 0 if ids'[n] = begin, else 1
//
//   ids   i32 [...]  in, N in all
//   ids'  i32 [...]  out
//   keep  [N,1]      out: what the state before the step is multiplied with
#include <cstdint>

#include "ops/manifest.h"
#include "ops/operation.h"

namespace ostinato {
namespace {

size_t checkRestart(const Call& call) {
  expectCounts("restart", call, 1, 2, 2);
  expectOperand("restart", call, 0, DType::i32);
  expectResult("restart", call, 0, DType::i32, call.operand(0).dims, call.operand(0).rank);
  const int64_t column[] = {call.operand(0).elements(), 1};
  expectResult("restart", call, 1, DType::f32, column, 2);
  for (int attribute = 0; attribute < 2; attribute++) expectInteger("restart", call, attribute, 0, INT32_MAX);
  return 0;
}

void runRestart(const Call& call) {
  const TensorView& ids = call.operand(0);
  const int64_t N = ids.elements();
  const int32_t begin = static_cast<int32_t>(call.integer(0)), end = static_cast<int32_t>(call.integer(1));
  for (int64_t n = 0; n < N; n++) {
    const int32_t id = ids.i32()[n] == end ? begin : ids.i32()[n];
    call.result(0).mutableI32()[n] = id;
    call.result(1).mutableF32()[n] = id == begin ? 0.0f : 1.0f;
  }
}

}  // namespace

const Implementation ops::restart::implementation = {checkRestart, runRestart};

}  // namespace ostinato
