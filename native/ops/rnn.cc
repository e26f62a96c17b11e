// rnn and rnnGradient; the equations are in kernels/rnn_cell.h.
#include <cstring>

#include "kernels/rnn_cell.h"
#include "ops/manifest.h"
#include "ops/recurrent.h"

namespace ostinato {
namespace {

constexpr int kGateOrder[] = {0};
constexpr RecurrentOperands kForward = {0, 1, 2, 3, 4, 5, 6};
constexpr RecurrentOperands kGradient = {0, 1, 2, 3, -1, -1, 4};

RnnActivation activationOf(const Call& call) {
  return call.integer(0) == 0 ? RnnActivation::tanh : RnnActivation::relu;
}

struct ForwardScratch {
  int32_t* rows;
  float* bias;
  StepRows h[2];
  InputProduct ih;
  RecurrentProduct hh;
  int64_t chunk;
  size_t bytes;

  ForwardScratch(const Call& call, const RecurrentSizes& s) {
    ScratchLayout layout(call.scratch);
    rows = layout.ints(s.Hp);
    bias = layout.floats(s.Hp);
    // The products are made in y itself, whose rows have H columns and no padding.
    chunk = stepsPerChunk(s);
    ih = InputProduct(s, call.operand(0), call.operand(2), kHiddenBlock, nullptr, nullptr, chunk, layout);
    hh = forwardProduct(s, call.operand(3), s.H, kHiddenBlock, nullptr, nullptr, s.B);
    place(hh, layout);
    for (StepRows& state : h) state = stepRows(s, hh, s.ldh(), layout);
    bytes = layout.used();
  }
};

size_t checkRnn(const Call& call) {
  const char* op = "rnn";
  expectCounts(op, call, 7, 2, 2);
  expectInteger(op, call, 0, 0, 1);
  const RecurrentSizes s = checkedSizes(op, call, kForward, 1, 1);
  expectStepsResult(op, call, s, 0);
  expectStateResult(op, call, s, 1);
  return ForwardScratch(call, s).bytes;
}

void runRnn(const Call& call) {
  const RecurrentSizes s = sizesOf(call, kForward, 1);
  checkIds(call, s, kForward);
  const int32_t* lengths = checkedLengths(call, s, kForward.lengths);
  const ForwardScratch scratch(call, s);
  float* y = call.result(0).mutableF32();

  fillRowMap(s, kGateOrder, 1, scratch.rows);
  addBiases(call.operand(4).f32(), call.operand(5).f32(), scratch.rows, s.Hp, scratch.bias);
  copyState(s, call.operand(1).f32(), scratch.h[0].values, s.ldh());
  for (const StepRows& state : scratch.h) clearTiles(scratch.hh, state);
  stageAll(scratch.hh, scratch.h[0]);

  for (int64_t step = 0; step < s.T; step++) {
    const ChunkPlace place = placeInChunk(s, step, scratch.chunk);
    const StepRows &hPrev = scratch.h[step & 1], &hNext = scratch.h[(step + 1) & 1];
    if (place.first) scratch.ih.prepare(place, call.pool);
    call.pool.parallel(s.parts, [&](int part) {
      if (step == 0) {
        scratch.ih.pack(part);
        scratch.hh.pack(part);
      }
      if (place.first) scratch.ih.compute(part, place, y + place.firstTime * s.B * s.H, s.H);
      float* yt = y + place.t * s.B * s.H;
      scratch.hh.multiply(part, hPrev, yt, s.H, true);
      const BlockRange own = s.blocksOf(part);
      rnnCellKernels().forward({s.B, s.H, own.begin, own.end, place.t, lengths, activationOf(call), scratch.bias,
                                hPrev.values, hNext.values, s.ldh(), yt});
      scratch.hh.stage(part, hNext);
    });
  }
  copyStateBack(s, scratch.h[s.T & 1].values, s.ldh(), call.result(1).mutableF32());
}

struct GradientScratch {
  int32_t* rows;
  float* gradient;  // [T,B,Hp]
  StepRows staged[2];
  float *dh, *dbias, *sums;
  float* first;
  RecurrentProduct hh;
  StateWeightGradient state;
  InputGradient input;
  void* products;
  size_t bytes;

  GradientScratch(const Call& call, const RecurrentSizes& s) : GradientScratch(call, s, ScratchLayout(call.scratch)) {}

 private:
  GradientScratch(const Call& call, const RecurrentSizes& s, ScratchLayout layout)
      : rows(layout.ints(s.Hp)),
        input{s, 1, nullptr, rows, call.operand(0), call.operand(2), call.result(0), call.result(2)} {
    hh = backwardProduct(s, call.operand(3).f32(), s.Hp, rows);
    place(hh, layout);
    gradient = layout.floats(s.T * s.B * s.Hp);
    for (StepRows& gradients : staged) gradients = stepRows(s, hh, s.ldh(), layout);
    dh = layout.floats(s.B * s.ldh());
    dbias = layout.floats(s.Hp);
    sums = layout.floats(s.Hp);
    first = layout.floats(s.B * s.Hp);
    state = {gradient,
             s.Hp,
             s.Hp,
             nullptr,
             rows,
             call.operand(5).f32(),
             call.operand(1).f32(),
             nullptr,
             first,
             call.result(3).mutableF32()};
    const int threads = call.pool.threads();
    products = layout.bytes(
        std::max(stateWeightGradientScratch(s, state, threads), input.scratchBytes(gradient, s.Hp, threads)));
    bytes = layout.used();
  }
};

size_t checkRnnGradient(const Call& call) {
  const char* op = "rnnGradient";
  expectCounts(op, call, 8, 5, 2);
  expectInteger(op, call, 0, 0, 1);
  const RecurrentSizes s = checkedSizes(op, call, kGradient, 1, 1);
  expectSteps(op, call, s, 5, false);
  expectSteps(op, call, s, 6, true);
  expectState(op, call, s, 7, true);
  expectGradients(op, call, s, 1, 0, 1, 2);
  expectResult(op, call, 4, DType::f32, &s.H, 1);
  return GradientScratch(call, s).bytes;
}

void runRnnGradient(const Call& call) {
  const RecurrentSizes s = sizesOf(call, kGradient, 1);
  checkIds(call, s, kGradient);
  const int32_t* lengths = checkedLengths(call, s, kGradient.lengths);
  GradientScratch scratch(call, s);
  const float* y = call.operand(5).f32();
  const float* dy = call.operand(6).f32();

  fillRowMap(s, kGateOrder, 1, scratch.rows);
  copyState(s, call.operand(7).f32(), scratch.dh, s.ldh());
  std::memset(scratch.dbias, 0, static_cast<size_t>(s.Hp) * sizeof(float));
  for (const StepRows& gradients : scratch.staged) clearTiles(scratch.hh, gradients);
  scratch.input.clearTable();

  // One more section than steps: the product of the first step's gradients, which leads to h0.
  for (int64_t step = s.T - 1; step >= -1; step--) {
    call.pool.parallel(s.parts, [&](int part) {
      if (step == s.T - 1) {
        scratch.hh.pack(part);
      } else {
        scratch.hh.multiply(part, scratch.staged[(step + 1) & 1], scratch.dh, s.ldh(), true);
      }
      if (step < 0) return;
      const int64_t t = s.timeOf(step);
      const BlockRange own = s.blocksOf(part);
      rnnCellKernels().backward({s.B, s.H, own.begin, own.end, t, lengths, activationOf(call), y + t * s.B * s.H,
                                 dy ? dy + t * s.B * s.H : nullptr, scratch.dh, s.ldh(),
                                 scratch.gradient + t * s.B * s.Hp, scratch.staged[step & 1].values, s.ldh(),
                                 scratch.dbias, scratch.sums});
      scratch.hh.stage(part, scratch.staged[step & 1]);
      scratch.input.addToTable(part, t, scratch.staged[step & 1].values, s.ldh());
    });
  }
  copyStateBack(s, scratch.dh, s.ldh(), call.result(1).mutableF32());
  scatterBias(scratch.dbias, scratch.rows, s.Hp, call.result(4).mutableF32());
  scratch.state.lengths = lengths;
  stateWeightGradient(s, scratch.state, scratch.products, call.pool);
  scratch.input.multiply(scratch.gradient, s.Hp, scratch.products, call.pool);
}

}  // namespace

const Implementation ops::rnn::implementation = {checkRnn, runRnn};
const Implementation ops::rnnGradient::implementation = {checkRnnGradient, runRnnGradient};

}  // namespace ostinato
