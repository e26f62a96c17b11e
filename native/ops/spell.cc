// The spellings of the different tokens among some, in the order in which they first appear, then rows of length 0.
//
//   ids              i32 [...]  in: N in all, each in 0..V-1
//   characters       i32 [V,C]  in: those of each token
//   lengths          i32 [V]    in: how many, each in 0..C
//   spellings        i32 [N,C]  out
//   spellingLengths  i32 [N]    out
//   places           i32 [...]  out: the row of each token
#include <algorithm>
#include <cstdint>

#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/scratch_layout.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkSpell(const Call& call) {
  expectOperand(call, spell::ids, DType::i32);
  expectOperand(call, spell::characters, DType::i32, 2);
  const TensorView &ids = call.operand(spell::ids), &characters = call.operand(spell::characters);
  expectShape(call, spell::lengths, DType::i32, characters.dims, 1);
  const int64_t N = ids.elements(), rows[] = {N, characters.dims[1]};
  if (N > INT32_MAX) refuse(call, "more than 2147483647 tokens");
  expectResult(call, spell::spellings, DType::i32, rows, 2);
  expectResult(call, spell::spellingLengths, DType::i32, rows, 1);
  expectResult(call, spell::places, DType::i32, ids.dims, ids.rank);
  ScratchLayout layout(nullptr);
  layout.ints(characters.dims[0]);
  return layout.used();
}

void runSpell(const Call& call) {
  const TensorView &ids = call.operand(spell::ids), &characters = call.operand(spell::characters);
  const int64_t N = ids.elements(), V = characters.dims[0], C = characters.dims[1];
  expectIds(ids, V);
  const int32_t* lengths = checkedLengths(call.operand(spell::lengths), C, "the columns of characters");
  int32_t* spellings = call.result(spell::spellings).mutableI32();
  int32_t* spellingLengths = call.result(spell::spellingLengths).mutableI32();
  int32_t* places = call.result(spell::places).mutableI32();
  int32_t* rows = ScratchLayout(call.scratch).ints(V);
  std::fill_n(rows, V, -1);
  int32_t count = 0;
  for (int64_t n = 0; n < N; n++) {
    const int32_t id = ids.i32()[n];
    if (rows[id] < 0) {
      rows[id] = count;
      spellingLengths[count] = lengths[id];
      std::copy_n(characters.i32() + id * C, C, spellings + count * C);
      count++;
    }
    places[n] = rows[id];
  }
  std::fill(spellings + count * C, spellings + N * C, 0);
  std::fill(spellingLengths + count, spellingLengths + N, 0);
}

}  // namespace

const Implementation ops::spell::implementation = {checkSpell, runSpell};

}  // namespace ostinato
