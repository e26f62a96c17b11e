// Steps and losses of an n-gram model: ngram/ngram_table.h has the layout and the equation.
//
//   ngrams   i32 [W]    in: the packed table
//   states   i32 [N]    in: contexts, 0 .. states - 1
//   ids      i32 [N]    in: 0 .. V-1
//   logits   [N,V]      out: log p(w | context, id), in nats; may be absent
//   after    i32 [N]    out
//
//   inputs   i32 [T,B]  in: 0 .. V-1
//   targets  i32 [T,B]  in: -1 .. V-1
//   lengths  i32 [B]    in: 0 .. T; may be absent
//   losses   [T,B]      out: -log p, 0 where there is no target
//   count    []         out
//   orders   i32 [T,B]  out: words of the n-gram that was found, 0 where there is no target; may be absent
//   last     i32 [B]    out; may be absent
//
// Rows are dealt out to the threads.
#include "ngram/ngram_scores.h"

#include <cstdint>
#include <string>

#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

// V < 0 takes the table's own.
NgramTable openTable(const TensorView& ngrams, int64_t V) {
  const int64_t W = ngrams.elements();
  NgramTable table;
  const char* wrong = table.open(ngrams.i32(), W, V < 0 && W > 3 ? ngrams.i32()[3] : V);
  if (wrong) throw InputError(std::string("the n-grams cannot be used: ") + wrong);
  return table;
}

size_t checkStep(const Call& call) {
  expectOperand(call, ngramStep::ngrams, DType::i32, 1);
  expectOperand(call, ngramStep::states, DType::i32, 1);
  const int64_t N = call.operand(ngramStep::states).elements();
  expectShape(call, ngramStep::ids, DType::i32, &N, 1);
  const TensorView& logits = call.result(ngramStep::logits);
  const int64_t rows[] = {N, logits.rank == 2 ? logits.dims[1] : 1};
  expectResult(call, ngramStep::logits, DType::f32, rows, 2);
  expectResult(call, ngramStep::after, DType::i32, &N, 1);
  return 0;
}

void runStep(const Call& call) {
  const TensorView &states = call.operand(ngramStep::states), &ids = call.operand(ngramStep::ids),
                   &logits = call.result(ngramStep::logits);
  const int64_t V = logits.dims[1];
  const NgramTable table = openTable(call.operand(ngramStep::ngrams), V);
  expectIds(states, table.states());
  expectIds(ids, V);
  int32_t* after = call.result(ngramStep::after).mutableI32();
  forRanges(call.pool, states.elements(), logits.data ? V : 64, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; n++) {
      after[n] = table.step(states.i32()[n], ids.i32()[n]).state;
      if (logits.data) table.all(after[n], logits.mutableF32() + n * V);
    }
  });
}

size_t checkLosses(const Call& call) {
  expectOperand(call, ngramLosses::ngrams, DType::i32, 1);
  expectOperand(call, ngramLosses::inputs, DType::i32, 2);
  const TensorView& inputs = call.operand(ngramLosses::inputs);
  const int64_t B = inputs.dims[1];
  expectShape(call, ngramLosses::states, DType::i32, &B, 1);
  expectShape(call, ngramLosses::targets, DType::i32, inputs.dims, 2);
  expectShape(call, ngramLosses::lengths, DType::i32, &B, 1);
  expectResult(call, ngramLosses::losses, DType::f32, inputs.dims, 2);
  expectResult(call, ngramLosses::count, DType::f32, nullptr, 0);
  expectResult(call, ngramLosses::orders, DType::i32, inputs.dims, 2);
  expectResult(call, ngramLosses::last, DType::i32, &B, 1);
  return 0;
}

void runLosses(const Call& call) {
  const TensorView &states = call.operand(ngramLosses::states), &inputs = call.operand(ngramLosses::inputs),
                   &targets = call.operand(ngramLosses::targets);
  const int64_t T = inputs.dims[0], B = inputs.dims[1];
  const NgramTable table = openTable(call.operand(ngramLosses::ngrams), -1);
  expectIds(states, table.states());
  expectIds(inputs, table.vocabulary());
  expectTargets(targets, table.vocabulary());
  const int32_t* lengths = checkedLengths(call.operand(ngramLosses::lengths), T, "the steps of the inputs");
  float* losses = call.result(ngramLosses::losses).mutableF32();
  int32_t *orders = call.result(ngramLosses::orders).mutableI32(), *last = call.result(ngramLosses::last).mutableI32();
  const NgramTexts texts{T, B, states.i32(), inputs.i32(), targets.i32(), lengths, losses, orders, last};
  forRanges(call.pool, B, 64 * T, [&](int64_t begin, int64_t end) { scoreTexts(table, texts, begin, end); });
  int64_t count = 0;
  for (int64_t b = 0; b < B; b++) {
    for (int64_t t = 0; t < (lengths ? lengths[b] : T); t++) count += targets.i32()[t * B + b] >= 0;
  }
  call.result(ngramLosses::count).mutableF32()[0] = static_cast<float>(count);
}

}  // namespace

const Implementation ops::ngramStep::implementation = {checkStep, runStep};
const Implementation ops::ngramLosses::implementation = {checkLosses, runLosses};

}  // namespace ostinato
