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

using namespace ops;

size_t checkRestart(const Call& call) {
  expectOperand(call, restart::ids, DType::i32);
  expectResult(call, restart::read, DType::i32, call.operand(restart::ids).dims, call.operand(restart::ids).rank);
  const int64_t column[] = {call.operand(restart::ids).elements(), 1};
  expectResult(call, restart::keep, DType::f32, column, 2);
  for (int attribute = 0; attribute < 2; attribute++) expectInteger(call, attribute, 0, INT32_MAX);
  return 0;
}

void runRestart(const Call& call) {
  const TensorView& ids = call.operand(restart::ids);
  const int64_t N = ids.elements();
  const int32_t begin = static_cast<int32_t>(call.integer(restart::begin)),
                end = static_cast<int32_t>(call.integer(restart::end));
  for (int64_t n = 0; n < N; n++) {
    const int32_t id = ids.i32()[n] == end ? begin : ids.i32()[n];
    call.result(restart::read).mutableI32()[n] = id;
    call.result(restart::keep).mutableF32()[n] = id == begin ? 0.0f : 1.0f;
  }
}

}  // namespace

const Implementation ops::restart::implementation = {checkRestart, runRestart};

}  // namespace ostinato
