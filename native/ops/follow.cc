// One step of an automaton for each of some hypotheses.
//
//   state'[n] = next[classOf[ids[n]], states[n]], or 0 where that is -1
//
//   states   i32 [N]    in: before the step
//   ids      i32 [N]    in: the tokens that are read
//   classOf  i32 [V]    in: the class of each token
//   next     i32 [C,S]  in: the state after a token of a class
//   state'   i32 [N]    out
#include <algorithm>
#include <cstdint>

#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkFollow(const Call& call) {
  expectOperand(call, follow::states, DType::i32, 1);
  const int64_t N = call.operand(follow::states).elements();
  expectShape(call, follow::ids, DType::i32, &N, 1);
  expectOperand(call, follow::classOf, DType::i32, 1);
  expectOperand(call, follow::next, DType::i32, 2);
  expectResult(call, follow::after, DType::i32, &N, 1);
  return 0;
}

void runFollow(const Call& call) {
  const TensorView &states = call.operand(follow::states), &ids = call.operand(follow::ids),
                   &classOf = call.operand(follow::classOf), &next = call.operand(follow::next);
  const int64_t C = next.dims[0], S = next.dims[1];
  expectIds(states, S);
  expectIds(ids, classOf.elements());
  expectIds(classOf, C);
  expectTargets(next, S);
  for (int64_t n = 0; n < states.elements(); n++) {
    const int64_t own = classOf.i32()[ids.i32()[n]];
    call.result(follow::after).mutableI32()[n] = std::max(0, next.i32()[own * S + states.i32()[n]]);
  }
}

}  // namespace

const Implementation ops::follow::implementation = {checkFollow, runFollow};

}  // namespace ostinato
