// gru and gruGradient, in both published forms; the equations are in kernels/gru_gates.h.
#include <cstring>

#include "kernels/gru_gates.h"
#include "ops/manifest.h"
#include "ops/recurrent.h"

namespace ostinato {
namespace {

constexpr int kGates = 3;
constexpr int kSlots = 4;  // of the saved gates: r, z, n, q or s
constexpr int kGateOrder[] = {0, 1, 2};
constexpr int kCandidateOrder[] = {2};
constexpr int kInputSlots[] = {0, 1, 2};
constexpr int kStateSlots[] = {0, 1, 3};
constexpr int kCandidateSlots[] = {2};
constexpr int kResetSlots[] = {3};
constexpr RecurrentOperands kForward = {0, 1, 2, 3, 4, 5, 6};
constexpr RecurrentOperands kGradient = {0, 1, 2, 3, -1, 4, 5};

bool resetsAfter(const Call& call) { return call.integer(0) != 0; }

// Biases in the slots of the gates. Reset after keeps b_hn apart, for it is multiplied by r.
void fillBias(const RecurrentSizes& s, const float* ih, const float* hh, bool after, float* bias) {
  for (int64_t unit = 0; unit < s.Hp; unit++) {
    float* slots = bias + unit / kHiddenBlock * kSlots * kHiddenBlock + unit % kHiddenBlock;
    const auto at = [&](const float* b, int gate) { return b && unit < s.H ? b[gate * s.H + unit] : 0.0f; };
    slots[0 * kHiddenBlock] = at(ih, 0) + at(hh, 0);
    slots[1 * kHiddenBlock] = at(ih, 1) + at(hh, 1);
    slots[2 * kHiddenBlock] = at(ih, 2) + (after ? 0.0f : at(hh, 2));
    slots[3 * kHiddenBlock] = after ? at(hh, 2) : 0.0f;
  }
}

struct ForwardScratch {
  int32_t *rows, *inputGroups, *gateRows, *candidateRows;
  float* bias;
  StepRows h[2], reset;
  float *product, *candidateProduct;
  float* gates;  // one chunk of steps, where the op need not save them
  InputProduct ih;
  RecurrentProduct hh, candidate;
  int64_t chunk;
  size_t bytes;

  ForwardScratch(const Call& call, const RecurrentSizes& s, bool after) {
    ScratchLayout layout(call.scratch);
    const TensorView& weightHh = call.operand(3);
    rows = layout.ints(kGates * s.Hp);
    inputGroups = layout.ints(kGates * s.blocks);
    gateRows = layout.ints(2 * s.Hp);
    candidateRows = layout.ints(s.Hp);
    bias = layout.floats(kSlots * s.Hp);
    chunk = stepsPerChunk(s);
    ih = InputProduct(s, call.operand(0), call.operand(2), kGates * kHiddenBlock, rows, inputGroups, chunk, layout);
    hh = forwardProduct(s, weightHh, s.H, (after ? kGates : 2) * kHiddenBlock, after ? rows : gateRows, nullptr, s.B);
    candidate = forwardProduct(s, weightHh, s.H, kHiddenBlock, candidateRows, nullptr, s.B);
    place(hh, layout);
    if (!after) place(candidate, layout);
    for (StepRows& state : h) state = stepRows(s, hh, s.ldh(), layout);
    reset = stepRows(s, candidate, s.ldh(), layout);
    product = layout.floats(s.B * kGates * s.Hp);
    candidateProduct = layout.floats(s.B * s.Hp);
    gates = layout.floats(chunk * s.B * kSlots * s.Hp);
    bytes = layout.used();
  }
};

size_t checkGru(const Call& call) {
  const char* op = "gru";
  expectCounts(op, call, 7, 3, 2);
  expectInteger(op, call, 0, 0, 1);
  const RecurrentSizes s = checkedSizes(op, call, kForward, kGates, 1);
  expectStepsResult(op, call, s, 0);
  expectStateResult(op, call, s, 1);
  expectSavedResult(op, call, s, 2, kSlots * s.Hp);
  return ForwardScratch(call, s, resetsAfter(call)).bytes;
}

void runGru(const Call& call) {
  const RecurrentSizes s = sizesOf(call, kForward, 1);
  const bool after = resetsAfter(call);
  checkIds(call, s, kForward);
  const int32_t* lengths = checkedLengths(call, s, kForward.lengths);
  const ForwardScratch scratch(call, s, after);
  const GruGateKernels& kernels = gruGateKernels();
  float* y = call.result(0).mutableF32();
  float* saved = call.result(2).mutableF32();
  const int64_t gateRow = kSlots * s.Hp;

  fillRowMap(s, kGateOrder, kGates, scratch.rows);
  fillRowMap(s, kGateOrder, 2, scratch.gateRows);
  fillRowMap(s, kCandidateOrder, 1, scratch.candidateRows);
  fillGroupMap(s, kInputSlots, kGates, kSlots, scratch.inputGroups);
  fillBias(s, call.operand(4).f32(), call.operand(5).f32(), after, scratch.bias);
  copyState(s, call.operand(1).f32(), scratch.h[0].values, s.ldh());
  for (const StepRows& state : scratch.h) clearTiles(scratch.hh, state);
  clearTiles(scratch.candidate, scratch.reset);
  stageAll(scratch.hh, scratch.h[0]);

  for (int64_t step = 0; step < s.T; step++) {
    const ChunkPlace place = placeInChunk(s, step, scratch.chunk);
    float* chunkGates = saved ? saved + place.firstTime * s.B * gateRow : scratch.gates;
    const StepRows &hPrev = scratch.h[step & 1], &hNext = scratch.h[(step + 1) & 1];
    const GruForward work{s.B,
                          s.H,
                          0,
                          s.blocks,
                          place.t,
                          lengths,
                          scratch.bias,
                          chunkGates + (place.t - place.firstTime) * s.B * gateRow,
                          scratch.product,
                          hPrev.values,
                          hNext.values,
                          s.ldh(),
                          scratch.reset.values,
                          y + place.t * s.B * s.H};
    const auto ownOf = [&](int part) {
      GruForward own = work;
      own.begin = s.blocksOf(part).begin;
      own.end = s.blocksOf(part).end;
      return own;
    };
    if (place.first) scratch.ih.prepare(place, call.pool);
    call.pool.parallel(s.parts, [&](int part) {
      if (step == 0) {
        scratch.ih.pack(part);
        scratch.hh.pack(part);
        if (!after) scratch.candidate.pack(part);
      }
      if (place.first) scratch.ih.compute(part, place, chunkGates, gateRow);
      scratch.hh.multiply(part, hPrev, scratch.product, (after ? kGates : 2) * s.Hp, false);
      (after ? kernels.forwardAfter : kernels.forwardReset)(ownOf(part));
      if (after) {
        scratch.hh.stage(part, hNext);
      } else {
        scratch.candidate.stage(part, scratch.reset);
      }
    });
    if (after) continue;
    // The second product needs all of r ⊙ h_prev.
    call.pool.parallel(s.parts, [&](int part) {
      scratch.candidate.multiply(part, scratch.reset, scratch.candidateProduct, s.Hp, false);
      GruForward own = ownOf(part);
      own.product = scratch.candidateProduct;
      kernels.forwardCandidate(own);
      scratch.hh.stage(part, hNext);
    });
  }
  copyStateBack(s, scratch.h[s.T & 1].values, s.ldh(), call.result(1).mutableF32());
}

struct GradientScratch {
  // Rows of the weights by packed gate; groups of the gates' slots: those of a (r,z,n), those of the state's product
  // (r,z,q), and n and s alone.
  int32_t *rows, *inputGroups;
  int32_t *gateRows, *candidateRows, *stateGroups, *candidateGroups, *resetGroups;
  StepRows staged[2], stagedN;
  float* ds;
  float *dh, *dbias, *sums, *first;
  RecurrentProduct hh, candidate;
  StateWeightGradient state;
  Gemm candidateWeight;
  InputGradient input;
  void* products;
  size_t bytes;

  GradientScratch(const Call& call, const RecurrentSizes& s, bool after)
      : GradientScratch(call, s, after, ScratchLayout(call.scratch)) {}

 private:
  GradientScratch(const Call& call, const RecurrentSizes& s, bool after, ScratchLayout layout)
      : rows(layout.ints(kGates * s.Hp)),
        inputGroups(layout.ints(kGates * s.blocks)),
        input{s, kGates, inputGroups, rows, call.operand(0), call.operand(2), call.result(0), call.result(2)} {
    const int64_t gateRow = kSlots * s.Hp;
    const int stateGates = after ? kGates : 2;
    gateRows = layout.ints(2 * s.Hp);
    candidateRows = layout.ints(s.Hp);
    stateGroups = layout.ints(kGates * s.blocks);
    candidateGroups = layout.ints(s.blocks);
    resetGroups = layout.ints(s.blocks);
    const float* weightHh = call.operand(3).f32();
    const int32_t* stateRows = after ? rows : gateRows;
    hh = backwardProduct(s, weightHh, stateGates * s.Hp, stateRows);
    place(hh, layout);
    candidate = backwardProduct(s, weightHh, s.Hp, candidateRows);
    if (!after) place(candidate, layout);
    for (StepRows& gradients : staged) gradients = stepRows(s, hh, stateGates * s.Hp + 16, layout);
    stagedN = stepRows(s, candidate, s.ldh(), layout);
    ds = layout.floats(s.B * s.ldh());
    dh = layout.floats(s.B * s.ldh());
    dbias = layout.floats(gateRow);
    sums = layout.floats(gateRow);
    first = layout.floats(s.B * gateRow);

    const float* gates = call.operand(7).f32();
    float* dweightHh = call.result(3).mutableF32();
    state = {gates,   gateRow, stateGates * s.Hp, stateGroups, stateRows, call.operand(6).f32(), call.operand(1).f32(),
             nullptr, first,   dweightHh};
    // Reset before: dW_hn = sum of da_n^T s over all steps; both lie in the gates.
    candidateWeight = inputWeightGradient(s, gates, gateRow, s.Hp, candidateGroups, candidateRows, gates, dweightHh);
    candidateWeight.N = candidateWeight.ldc = s.H;
    candidateWeight.ldb = gateRow;
    candidateWeight.maps.bGroups = resetGroups;
    const int threads = call.pool.threads();
    products = layout.bytes(
        std::max({stateWeightGradientScratch(s, state, threads), gemmScratchBytes(candidateWeight, threads),
                  input.scratchBytes(gates, gateRow, threads)}));
    bytes = layout.used();
  }
};

size_t checkGruGradient(const Call& call) {
  const char* op = "gruGradient";
  expectCounts(op, call, 10, 6, 2);
  expectInteger(op, call, 0, 0, 1);
  const RecurrentSizes s = checkedSizes(op, call, kGradient, kGates, 1);
  expectSteps(op, call, s, 6, false);
  expectSaved(op, call, s, 7, kSlots * s.Hp);
  expectSteps(op, call, s, 8, true);
  expectState(op, call, s, 9, true);
  expectGradients(op, call, s, kGates, 0, 1, 2);
  const int64_t bias[] = {kGates * s.H};
  expectResult(op, call, 4, DType::f32, bias, 1);
  expectResult(op, call, 5, DType::f32, bias, 1);
  return GradientScratch(call, s, resetsAfter(call)).bytes;
}

void runGruGradient(const Call& call) {
  const RecurrentSizes s = sizesOf(call, kGradient, 1);
  const bool after = resetsAfter(call);
  checkIds(call, s, kGradient);
  const int32_t* lengths = checkedLengths(call, s, kGradient.lengths);
  GradientScratch scratch(call, s, after);
  const GruGateKernels& kernels = gruGateKernels();
  const int64_t gateRow = kSlots * s.Hp;
  const float* h0 = call.operand(1).f32();
  const float* y = call.operand(6).f32();
  float* gates = call.operand(7).mutableF32();
  const float* dy = call.operand(8).f32();

  fillRowMap(s, kGateOrder, kGates, scratch.rows);
  fillRowMap(s, kGateOrder, 2, scratch.gateRows);
  fillRowMap(s, kCandidateOrder, 1, scratch.candidateRows);
  fillGroupMap(s, kInputSlots, kGates, kSlots, scratch.inputGroups);
  fillGroupMap(s, kStateSlots, after ? kGates : 2, kSlots, scratch.stateGroups);
  fillGroupMap(s, kCandidateSlots, 1, kSlots, scratch.candidateGroups);
  fillGroupMap(s, kResetSlots, 1, kSlots, scratch.resetGroups);
  copyState(s, call.operand(9).f32(), scratch.dh, s.ldh());
  std::memset(scratch.dbias, 0, static_cast<size_t>(gateRow) * sizeof(float));
  // The product leaves the units past H alone.
  for (const StepRows& gradients : scratch.staged) clearTiles(scratch.hh, gradients);
  clearTiles(scratch.candidate, scratch.stagedN);
  std::memset(scratch.ds, 0, static_cast<size_t>(s.B * s.ldh()) * sizeof(float));
  scratch.input.clearTable();

  // One more section than steps: the product of the first step's gradients, which leads to h0.
  for (int64_t step = s.T - 1; step >= -1; step--) {
    const int64_t t = step < 0 ? 0 : s.timeOf(step);
    const GruBackward work{s.B,
                           s.H,
                           0,
                           s.blocks,
                           t,
                           lengths,
                           gates + t * s.B * gateRow,
                           step <= 0 ? h0 : y + s.timeOf(step - 1) * s.B * s.H,
                           h0,
                           s.reverse && lengths,
                           dy ? dy + t * s.B * s.H : nullptr,
                           scratch.dh,
                           s.ldh(),
                           scratch.staged[step & 1].values,
                           scratch.staged[step & 1].ld,
                           scratch.stagedN.values,
                           scratch.ds,
                           scratch.dbias,
                           scratch.sums};
    const auto ownOf = [&](int part) {
      GruBackward own = work;
      own.begin = s.blocksOf(part).begin;
      own.end = s.blocksOf(part).end;
      return own;
    };
    call.pool.parallel(s.parts, [&](int part) {
      if (step == s.T - 1) {
        scratch.hh.pack(part);
        if (!after) scratch.candidate.pack(part);
      } else {
        scratch.hh.multiply(part, scratch.staged[(step + 1) & 1], scratch.dh, s.ldh(), true);
      }
      if (step < 0) return;
      (after ? kernels.backwardAfter : kernels.backwardCandidate)(ownOf(part));
      if (after) {
        scratch.hh.stage(part, scratch.staged[step & 1]);
        scratch.input.addToTable(part, t, work.gates, gateRow);
      } else {
        scratch.candidate.stage(part, scratch.stagedN);
      }
    });
    if (after || step < 0) continue;
    call.pool.parallel(s.parts, [&](int part) {
      scratch.candidate.multiply(part, scratch.stagedN, scratch.ds, s.ldh(), false);
      kernels.backwardReset(ownOf(part));
      scratch.hh.stage(part, scratch.staged[step & 1]);
      scratch.input.addToTable(part, t, work.gates, gateRow);
    });
  }
  copyStateBack(s, scratch.dh, s.ldh(), call.result(1).mutableF32());

  float* dbiasIh = call.result(4).mutableF32();
  float* dbiasHh = call.result(5).mutableF32();
  for (int64_t unit = 0; unit < s.H; unit++) {
    const float* slots = scratch.dbias + unit / kHiddenBlock * kSlots * kHiddenBlock + unit % kHiddenBlock;
    for (int gate = 0; gate < kGates; gate++) {
      dbiasIh[gate * s.H + unit] = slots[gate * kHiddenBlock];
      dbiasHh[gate * s.H + unit] = slots[(after ? kStateSlots[gate] : gate) * kHiddenBlock];
    }
  }

  scratch.state.lengths = lengths;
  stateWeightGradient(s, scratch.state, scratch.products, call.pool);
  if (!after) gemm(scratch.candidateWeight, scratch.products, call.pool);
  scratch.input.multiply(gates, gateRow, scratch.products, call.pool);
}

}  // namespace

const Implementation ops::gru::implementation = {checkGru, runGru};
const Implementation ops::gruGradient::implementation = {checkGruGradient, runGruGradient};

}  // namespace ostinato
