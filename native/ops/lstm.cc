// lstm and lstmGradient; the equations are in kernels/lstm_gates.h.
#include <cstring>
#include <optional>

#include "kernels/lstm_gates.h"
#include "ops/gradient_tiles.h"
#include "ops/manifest.h"
#include "ops/recurrent.h"

namespace ostinato {
namespace {

constexpr int kGates = 4;
constexpr int kGateOrder[] = {0, 1, 2, 3};
constexpr RecurrentOperands kForward = {0, 1, 3, 4, 5, 6, 7};
constexpr RecurrentOperands kGradient = {0, 1, 3, 4, -1, -1, 5};

struct ForwardScratch {
  int32_t* rows;
  float* bias;
  StepRows h[2];
  float* c0;
  float* gates;  // one chunk of steps, where the op need not save them
  InputProduct ih;
  RecurrentProduct hh;
  int64_t chunk;
  size_t bytes;

  ForwardScratch(const Call& call, const RecurrentSizes& s) {
    ScratchLayout layout(call.scratch);
    rows = layout.ints(kGates * s.Hp);
    bias = layout.floats(kGates * s.Hp);
    chunk = stepsPerChunk(s);
    ih = InputProduct(s, call.operand(0), call.operand(3), kGates * kHiddenBlock, rows, nullptr, chunk, layout);
    hh = forwardProduct(s, call.operand(4), s.H, kGates * kHiddenBlock, rows, nullptr, s.B);
    place(hh, layout);
    for (StepRows& state : h) state = stepRows(s, hh, s.ldh(), layout);
    c0 = layout.floats(s.B * s.Hp);
    gates = layout.floats(chunk * s.B * kGates * s.Hp);
    bytes = layout.used();
  }
};

size_t checkLstm(const Call& call) {
  const char* op = "lstm";
  expectCounts(op, call, 8, 5, 1);
  const RecurrentSizes s = checkedSizes(op, call, kForward, kGates, 0);
  expectState(op, call, s, 2, false);
  expectStepsResult(op, call, s, 0);
  expectStateResult(op, call, s, 1);
  expectStateResult(op, call, s, 2);
  expectSavedResult(op, call, s, 3, kGates * s.Hp);
  expectSavedResult(op, call, s, 4, s.Hp);
  return ForwardScratch(call, s).bytes;
}

void runLstm(const Call& call) {
  const RecurrentSizes s = sizesOf(call, kForward, 0);
  checkIds(call, s, kForward);
  const int32_t* lengths = checkedLengths(call, s, kForward.lengths);
  const ForwardScratch scratch(call, s);
  float* y = call.result(0).mutableF32();
  float* savedGates = call.result(3).mutableF32();
  float* savedCells = call.result(4).mutableF32();
  const int64_t gateRow = kGates * s.Hp;

  fillRowMap(s, kGateOrder, kGates, scratch.rows);
  addBiases(call.operand(5).f32(), call.operand(6).f32(), scratch.rows, gateRow, scratch.bias);
  copyState(s, call.operand(1).f32(), scratch.h[0].values, s.ldh());
  copyState(s, call.operand(2).f32(), scratch.c0, s.Hp);
  for (const StepRows& state : scratch.h) clearTiles(scratch.hh, state);
  stageAll(scratch.hh, scratch.h[0]);

  const float* c = scratch.c0;
  for (int64_t step = 0; step < s.T; step++) {
    const ChunkPlace place = placeInChunk(s, step, scratch.chunk);
    const int64_t t = place.t;
    float* chunkGates = savedGates ? savedGates + place.firstTime * s.B * gateRow : scratch.gates;
    float* gates = chunkGates + (t - place.firstTime) * s.B * gateRow;
    float* cNext = savedCells ? savedCells + t * s.B * s.Hp : scratch.c0;
    const StepRows &hPrev = scratch.h[step & 1], &hNext = scratch.h[(step + 1) & 1];
    if (place.first) scratch.ih.prepare(place, call.pool);
    call.pool.parallel(s.parts, [&](int part) {
      if (step == 0) {
        scratch.ih.pack(part);
        scratch.hh.pack(part);
      }
      if (place.first) scratch.ih.compute(part, place, chunkGates, gateRow);
      scratch.hh.multiply(part, hPrev, gates, gateRow, true);
      const BlockRange own = s.blocksOf(part);
      lstmGateKernels().forward({s.B, s.H, own.begin, own.end, t, lengths, scratch.bias, gates, savedGates != nullptr,
                                 c, cNext, hPrev.values, hNext.values, s.ldh(), y + t * s.B * s.H});
      scratch.hh.stage(part, hNext);
    });
    c = cNext;
  }
  copyStateBack(s, scratch.h[s.T & 1].values, s.ldh(), call.result(1).mutableF32());
  copyStateBack(s, c, s.Hp, call.result(2).mutableF32());
}

struct GradientScratch {
  int32_t* rows;
  StepRows staged[2];
  float *dh, *dc, *c0, *dbias, *sums;
  float* first = nullptr;
  RecurrentProduct hh;
  // The gates' gradients are kept for the matrix unit, or else in place of the gates, for these products.
  std::optional<GradientTiles> tiles;
  GradientTiles::Factor inputs, states;
  StateWeightGradient state;
  InputGradient input;
  void* products;
  size_t bytes;

  GradientScratch(const Call& call, const RecurrentSizes& s) : GradientScratch(call, s, ScratchLayout(call.scratch)) {}

 private:
  GradientScratch(const Call& call, const RecurrentSizes& s, ScratchLayout layout)
      : rows(layout.ints(kGates * s.Hp)),
        input{s, kGates, nullptr, rows, call.operand(0), call.operand(3), call.result(0), call.result(3)} {
    const int64_t gateRow = kGates * s.Hp;
    hh = backwardProduct(s, call.operand(4).f32(), gateRow, rows);
    place(hh, layout);
    for (StepRows& gradients : staged) gradients = stepRows(s, hh, gateRow + 16, layout);
    dh = layout.floats(s.B * s.ldh());
    dc = layout.floats(s.B * s.Hp);
    c0 = layout.floats(s.B * s.Hp);
    dbias = layout.floats(gateRow);
    sums = layout.floats(gateRow);
    const int threads = call.pool.threads();
    if (hh.sharesRows() && GradientTiles::pays(s.T * s.B, s.precision)) {
      tiles.emplace(GradientTiles::Sizes{s.T, s.B, gateRow}, rows, threads, layout);
      states = tiles->placeFactor(s.H, layout);
      if (!s.ids) {
        inputs = tiles->placeFactor(s.I, layout);
        tiles->placeInput(s.I, layout);
      }
      bytes = layout.used();
      return;
    }
    first = s.reverse ? layout.floats(s.B * gateRow) : nullptr;
    const float* gates = call.operand(7).f32();
    state = {gates,
             gateRow,
             gateRow,
             nullptr,
             rows,
             call.operand(6).f32(),
             call.operand(1).f32(),
             nullptr,
             first,
             call.result(4).mutableF32()};
    products = layout.bytes(
        std::max(stateWeightGradientScratch(s, state, threads), input.scratchBytes(gates, gateRow, threads)));
    bytes = layout.used();
  }
};

size_t checkLstmGradient(const Call& call) {
  const char* op = "lstmGradient";
  expectCounts(op, call, 12, 6, 1);
  const RecurrentSizes s = checkedSizes(op, call, kGradient, kGates, 0);
  expectState(op, call, s, 2, false);
  expectSteps(op, call, s, 6, false);
  expectSaved(op, call, s, 7, kGates * s.Hp);
  expectSaved(op, call, s, 8, s.Hp);
  expectSteps(op, call, s, 9, true);
  expectState(op, call, s, 10, true);
  expectState(op, call, s, 11, true);
  expectGradients(op, call, s, kGates, 0, 1, 3);
  expectStateResult(op, call, s, 2);
  const int64_t bias[] = {kGates * s.H};
  expectResult(op, call, 5, DType::f32, bias, 1);
  return GradientScratch(call, s).bytes;
}

void runLstmGradient(const Call& call) {
  const RecurrentSizes s = sizesOf(call, kGradient, 0);
  checkIds(call, s, kGradient);
  const int32_t* lengths = checkedLengths(call, s, kGradient.lengths);
  GradientScratch scratch(call, s);
  const int64_t gateRow = kGates * s.Hp;
  float* gates = call.operand(7).mutableF32();
  const float* cells = call.operand(8).f32();
  const float* dy = call.operand(9).f32();

  fillRowMap(s, kGateOrder, kGates, scratch.rows);
  copyState(s, call.operand(10).f32(), scratch.dh, s.ldh());
  copyState(s, call.operand(11).f32(), scratch.dc, s.Hp);
  copyState(s, call.operand(2).f32(), scratch.c0, s.Hp);
  std::memset(scratch.dbias, 0, static_cast<size_t>(gateRow) * sizeof(float));
  for (const StepRows& gradients : scratch.staged) clearTiles(scratch.hh, gradients);
  const std::optional<GradientTiles>& tiles = scratch.tiles;
  if (tiles) tiles->clear();
  scratch.input.clearTable();
  const auto stagedAt = [&](int64_t step) {
    StepRows rows = scratch.staged[step & 1];
    uint16_t* own = tiles ? tiles->tilesOf(s.timeOf(step)) : nullptr;
    if (own) rows.tiles = own;
    return rows;
  };

  // One more section than steps: the product of the first step's gradients, which leads to h0.
  for (int64_t step = s.T - 1; step >= -1; step--) {
    call.pool.parallel(s.parts, [&](int part) {
      if (step == s.T - 1) {
        scratch.hh.pack(part);
      } else {
        scratch.hh.multiply(part, stagedAt(step + 1), scratch.dh, s.ldh(), true);
      }
      if (step < 0) return;
      const int64_t t = s.timeOf(step);
      const BlockRange own = s.blocksOf(part);
      const StepRows& staged = scratch.staged[step & 1];
      lstmGateKernels().backward(
          {s.B, s.H, own.begin, own.end, t, lengths, gates + t * s.B * gateRow, !tiles, staged.values, staged.ld,
           cells + t * s.B * s.Hp, step == 0 ? scratch.c0 : cells + s.timeOf(step - 1) * s.B * s.Hp,
           dy ? dy + t * s.B * s.H : nullptr, scratch.dh, s.ldh(), scratch.dc, scratch.dbias, scratch.sums});
      if (tiles) {
        tiles->stage(t, 0, s.B, own.begin * kGates, own.end * kGates, staged.values + own.begin * kGates * kHiddenBlock,
                     staged.ld);
      }
      scratch.input.addToTable(part, t, staged.values, staged.ld);
      if (!tiles || !tiles->tilesOf(t)) scratch.hh.stage(part, staged);
    });
  }
  copyStateBack(s, scratch.dh, s.ldh(), call.result(1).mutableF32());
  copyStateBack(s, scratch.dc, s.Hp, call.result(2).mutableF32());
  scatterBias(scratch.dbias, scratch.rows, gateRow, call.result(5).mutableF32());
  if (tiles) {
    const StatesBefore before{s, call.operand(6).f32(), call.operand(1).f32(), lengths};
    tiles->fill(scratch.states, [&](int64_t t, int64_t b) { return before.at(t, b); });
    if (!s.ids) {
      const float* x = call.operand(0).f32();
      tiles->fill(scratch.inputs, [&](int64_t t, int64_t b) { return x + (t * s.B + b) * s.I; });
    }
    const GradientTiles::Factor factors[] = {scratch.states, scratch.inputs};
    float* const dweights[] = {call.result(4).mutableF32(), call.result(3).mutableF32()};
    tiles->weightGradients(factors, dweights, s.ids ? 1 : 2, call.pool);
    float* dx = call.result(0).mutableF32();
    if (!s.ids && dx) tiles->inputGradient(call.operand(3).f32(), dx, call.pool);
    return;
  }
  scratch.state.lengths = lengths;
  stateWeightGradient(s, scratch.state, scratch.products, call.pool);
  scratch.input.multiply(gates, gateRow, scratch.products, call.pool);
}

}  // namespace

const Implementation ops::lstm::implementation = {checkLstm, runLstm};
const Implementation ops::lstmGradient::implementation = {checkLstmGradient, runLstmGradient};

}  // namespace ostinato
