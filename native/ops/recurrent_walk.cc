#include "ops/recurrent_walk.h"

#include <cstring>

#include "base/thread_pool.h"
#include "ops/gate_gradients.h"
#include "ops/recurrent_products.h"

namespace ostinato {
namespace {

// Index of a unit in a slot of a row of gates.
int64_t slotAt(const RecurrentCell& cell, int slot, int64_t unit) {
  return (unit / kHiddenBlock * cell.slots + slot) * kHiddenBlock + unit % kHiddenBlock;
}

// The biases in the slots of their products, added where both are in one; absent ones are 0.
void fillBias(const RecurrentCell& cell, const RecurrentSizes& s, const float* ih, const float* hh, float* bias) {
  std::memset(bias, 0, static_cast<size_t>(cell.slots * s.Hp) * sizeof(float));
  for (int gate = 0; gate < cell.gates; gate++) {
    for (int64_t unit = 0; unit < s.H; unit++) {
      if (ih) bias[slotAt(cell, gate, unit)] = ih[gate * s.H + unit];
      if (hh) bias[slotAt(cell, cell.stateSlots[gate], unit)] += hh[gate * s.H + unit];
    }
  }
}

float* memoryOf(const Kept* kept) { return kept ? static_cast<float*>(kept->memory) : nullptr; }

struct ForwardWalk {
  const RecurrentCell& cell;
  const RecurrentSizes& s;
  const Call& call;
  Kept *keptInput, *keptState;
  ScratchLayout layout;
  CellMaps maps;
  int64_t chunk, gateRow;
  float* bias;
  InputProduct input;
  RecurrentProduct products[kMostProducts];
  // Where a product is made that is not added to the gates.
  float* made[kMostProducts] = {};
  StepRows h[2], middle;
  float* c0 = nullptr;
  float* gates = nullptr;  // one chunk of steps, where the op need not save them

  ForwardWalk(const RecurrentCell& cell, const RecurrentSizes& s, const Call& call)
      : cell(cell),
        s(s),
        call(call),
        keptInput(call.keptOf(cell.forward.weightIh)),
        keptState(call.keptOf(cell.forward.weightHh)),
        layout(call.scratch),
        maps(cell, s, layout),
        chunk(stepsPerChunk(s)),
        gateRow(cell.savesGates() ? cell.slots * s.Hp : s.H),
        bias(layout.floats(cell.slots * s.Hp)),
        input(s, call.operand(cell.forward.x), call.operand(cell.forward.weightIh), cell.gates,
              cell.savesGates() ? maps.rows : nullptr, maps.groups, chunk, layout, memoryOf(keptInput)) {
    float* packed = memoryOf(keptState);
    for (int p = 0; p < cell.productCount; p++) {
      const int count = cell.products[p].gates;
      products[p] = forwardProduct(s, call.operand(cell.forward.weightHh), s.H, count * kHiddenBlock,
                                   cell.savesGates() ? maps.stateRows[p] : nullptr, nullptr, s.B);
      place(products[p], layout, packed);
      if (packed) packed += keptFloats(products[p]);
      if (cell.apart()) made[p] = layout.floats(s.B * count * s.Hp);
    }
    for (StepRows& state : h) state = stepRows(s, products[0], s.ldh(), layout);
    if (cell.productCount > 1) middle = stepRows(s, products[1], s.ldh(), layout);
    if (cell.hasCells()) c0 = layout.floats(s.B * s.Hp);
    if (cell.savesGates()) gates = layout.floats(chunk * s.B * gateRow);
  }

  void run() const {
    const ForwardPlaces& at = cell.forward;
    const RecurrentGateKernels& kernels = cell.kernels();
    const int32_t* lengths = call.operand(at.lengths).i32();
    float* y = call.result(at.y).mutableF32();
    // All steps' gates and cells, where they are saved. Gates that no cell saves take the place of y.
    float* savedGates = cell.savesGates() ? call.result(at.gates).mutableF32() : y;
    float* savedCells = resultAt(call, at.cells).mutableF32();

    maps.fill(cell, s);
    fillBias(cell, s, call.operand(at.biasIh).f32(), call.operand(at.biasHh).f32(), bias);
    copyState(s, call.operand(at.h0).f32(), h[0].values, s.ldh());
    if (cell.hasCells()) copyState(s, call.operand(at.c0).f32(), c0, s.Hp);
    for (const StepRows& state : h) clearTiles(products[0], state);
    clearTiles(products[1], middle);
    for (int part = 0; part < s.parts; part++) products[0].stage(part, h[0]);

    const float* c = c0;
    for (int64_t step = 0; step < s.T; step++) {
      const ChunkPlace place = placeInChunk(s, step, chunk);
      float* chunkGates = savedGates ? savedGates + place.firstTime * s.B * gateRow : gates;
      const StepRows &hPrev = h[step & 1], &hNext = h[(step + 1) & 1];
      const RecurrentForward work = {.B = s.B,
                                     .H = s.H,
                                     .begin = 0,
                                     .end = s.blocks,
                                     .t = place.t,
                                     .lengths = lengths,
                                     .bias = bias,
                                     .gates = chunkGates + (place.t - place.firstTime) * s.B * gateRow,
                                     .keepGates = savedGates != nullptr,
                                     .product = nullptr,
                                     .cPrev = c,
                                     .c = savedCells ? savedCells + place.t * s.B * s.Hp : c0,
                                     .hPrev = hPrev.values,
                                     .h = hNext.values,
                                     .ldh = s.ldh(),
                                     .middle = middle.values,
                                     .y = y + place.t * s.B * s.H};
      if (place.first) input.prepare(place, call.pool);
      for (int p = 0; p < cell.productCount; p++) {
        call.pool.parallel(s.parts, [&](int part) {
          if (step == 0 && p == 0) {
            if (!keptInput || !keptInput->made) input.pack(part);
            if (!keptState || !keptState->made) packState(part);
          }
          if (place.first && p == 0) input.compute(part, place, chunkGates, gateRow);
          const StepRows& read = p == 0 ? hPrev : middle;
          if (cell.apart()) {
            products[p].multiply(part, read, made[p], cell.products[p].gates * s.Hp, false);
          } else {
            products[p].multiply(part, read, work.gates, gateRow, true);
          }
          RecurrentForward own = work;
          own.begin = s.blocksOf(part).begin;
          own.end = s.blocksOf(part).end;
          own.product = made[p];
          kernels.forward[p](own);
          if (p + 1 == cell.productCount) {
            products[0].stage(part, hNext);
          } else {
            products[p + 1].stage(part, middle);
          }
        });
      }
      c = work.c;
    }
    for (Kept* kept : {keptInput, keptState}) {
      if (kept) kept->made = true;
    }
    copyStateBack(s, h[s.T & 1].values, s.ldh(), call.result(at.hLast).mutableF32());
    if (cell.hasCells()) copyStateBack(s, c, s.Hp, call.result(at.cLast).mutableF32());
  }

  void packState(int part) const {
    for (int p = 0; p < cell.productCount; p++) products[p].pack(part);
  }
};

struct BackwardWalk {
  const RecurrentCell& cell;
  const RecurrentSizes& s;
  const Call& call;
  ScratchLayout layout;
  CellMaps maps;
  RecurrentProduct products[kMostProducts];
  StepRows staged[2], middle;
  float *dh, *dmiddle = nullptr, *dc = nullptr, *c0 = nullptr;
  float *dbias, *sums;
  GateGradients gradients;

  BackwardWalk(const RecurrentCell& cell, const RecurrentSizes& s, const Call& call)
      : cell(cell),
        s(s),
        call(call),
        layout(call.scratch),
        maps(cell, s, layout),
        products{product(0), product(cell.productCount - 1)},
        dh(layout.floats(s.B * s.ldh())),
        dbias(layout.floats(cell.slots * s.Hp)),
        sums(layout.floats(cell.slots * s.Hp)),
        gradients(cell, s, maps, call, products[0], layout) {
    for (int p = 0; p < cell.productCount; p++) place(products[p], layout);
    for (StepRows& rows : staged) rows = stepRows(s, products[0], products[0].weights.K + 16, layout);
    if (cell.productCount > 1) {
      middle = stepRows(s, products[1], s.ldh(), layout);
      dmiddle = layout.floats(s.B * s.ldh());
    }
    if (cell.hasCells()) {
      dc = layout.floats(s.B * s.Hp);
      c0 = layout.floats(s.B * s.Hp);
    }
  }

  RecurrentProduct product(int p) const {
    return backwardProduct(s, call.operand(cell.gradient.weightHh).f32(), cell.products[p].gates * s.Hp,
                           maps.stateRows[p]);
  }

  // The gradients that the product of a step reads.
  StepRows stagedAt(int64_t step) const {
    StepRows rows = staged[step & 1];
    if (void* tiles = gradients.tilesOf(s.timeOf(step))) rows.tiles = tiles;
    return rows;
  }

  void begin() const {
    const GradientPlaces& at = cell.gradient;
    maps.fill(cell, s);
    copyState(s, call.operand(at.dhLast).f32(), dh, s.ldh());
    if (cell.hasCells()) {
      copyState(s, call.operand(at.dcLast).f32(), dc, s.Hp);
      copyState(s, call.operand(at.c0).f32(), c0, s.Hp);
    }
    std::memset(dbias, 0, static_cast<size_t>(cell.slots * s.Hp) * sizeof(float));
    for (const StepRows& rows : staged) clearTiles(products[0], rows);
    clearTiles(products[1], middle);
    // The product leaves the units past H alone.
    if (dmiddle) std::memset(dmiddle, 0, static_cast<size_t>(s.B * s.ldh()) * sizeof(float));
    gradients.begin();
  }

  RecurrentBackward workOf(int64_t step) const {
    const GradientPlaces& at = cell.gradient;
    const int64_t t = s.timeOf(step), before = step > 0 ? s.timeOf(step - 1) : 0;
    const int32_t* lengths = call.operand(at.lengths).i32();
    const float *y = call.operand(at.y).f32(), *h0 = call.operand(at.h0).f32(), *dy = call.operand(at.dy).f32();
    const float *gates = operandAt(call, at.gates).f32(), *cells = operandAt(call, at.cells).f32();
    const GateGradients::Rows gradient = gradients.rowsOf(t);
    return {.B = s.B,
            .H = s.H,
            .begin = 0,
            .end = s.blocks,
            .t = t,
            .lengths = lengths,
            .gates = gates ? gates + t * s.B * cell.slots * s.Hp : nullptr,
            .gradient = gradient.first,
            .ldGradient = gradient.ld,
            .staged = staged[step & 1].values,
            .ldStaged = staged[step & 1].ld,
            .middle = middle.values,
            .dmiddle = dmiddle,
            .c = cells ? cells + t * s.B * s.Hp : nullptr,
            .cPrev = cells && step > 0 ? cells + before * s.B * s.Hp : c0,
            .y = y + t * s.B * s.H,
            .hPrev = step > 0 ? y + before * s.B * s.H : h0,
            .h0 = h0,
            .startsAtLength = s.reverse && lengths,
            .dy = dy ? dy + t * s.B * s.H : nullptr,
            .dh = dh,
            .ldh = s.ldh(),
            .dc = dc,
            .dbias = dbias,
            .sums = sums};
  }

  void run() const {
    const RecurrentGateKernels& kernels = cell.kernels();
    const int last = cell.productCount - 1;
    begin();
    for (int64_t step = s.T - 1; step >= 0; step--) {
      const RecurrentBackward work = workOf(step);
      const StepRows now = stagedAt(step);
      for (int p = last; p >= 0; p--) {
        call.pool.parallel(s.parts, [&](int part) {
          if (p < last) {
            products[p + 1].multiply(part, middle, dmiddle, s.ldh(), false);
          } else if (step < s.T - 1) {
            products[0].multiply(part, stagedAt(step + 1), dh, s.ldh(), true);
          } else {
            for (int q = 0; q <= last; q++) products[q].pack(part);
          }
          RecurrentBackward own = work;
          own.begin = s.blocksOf(part).begin;
          own.end = s.blocksOf(part).end;
          kernels.backward[p](own);
          if (p > 0) {
            products[p].stage(part, middle);
            return;
          }
          gradients.take(part, work.t, now);
          if (!gradients.tilesOf(work.t)) products[0].stage(part, now);
        });
      }
    }
    // The product of the first step's gradients leads to h0.
    call.pool.parallel(s.parts, [&](int part) { products[0].multiply(part, stagedAt(0), dh, s.ldh(), true); });
    end();
  }

  void end() const {
    const GradientPlaces& at = cell.gradient;
    copyStateBack(s, dh, s.ldh(), call.result(at.dh0).mutableF32());
    if (cell.hasCells()) copyStateBack(s, dc, s.Hp, call.result(at.dc0).mutableF32());
    float *ofInput = call.result(at.dbiasIh).mutableF32(), *ofState = resultAt(call, at.dbiasHh).mutableF32();
    for (int gate = 0; gate < cell.gates; gate++) {
      for (int64_t unit = 0; unit < s.H; unit++) {
        ofInput[gate * s.H + unit] = dbias[slotAt(cell, gate, unit)];
        if (ofState) ofState[gate * s.H + unit] = dbias[slotAt(cell, cell.stateSlots[gate], unit)];
      }
    }
    gradients.finish();
  }
};

}  // namespace

size_t checkForward(const RecurrentCell& cell, const Call& call) {
  const RecurrentSizes s = checkedForwardSizes(cell, call);
  return ForwardWalk(cell, s, call).layout.used();
}

void runForward(const RecurrentCell& cell, const Call& call) {
  const RecurrentSizes s = forwardSizes(cell, call);
  ForwardWalk(cell, s, call).run();
}

// Each half of the cell stands for the order in which it takes the rows of its weights.
KeptForm keepsForward(const RecurrentCell& cell, const Call& call, int operand) {
  const RecurrentSizes s = checkedForwardSizes(cell, call);
  const ForwardWalk walk(cell, s, call);
  if (operand == cell.forward.weightIh) return walk.input.form(&cell.forward);
  if (operand == cell.forward.weightHh) return keptForm(walk.products, cell.productCount, &cell.products);
  return {};
}

size_t checkBackward(const RecurrentCell& cell, const Call& call) {
  const RecurrentSizes s = checkedBackwardSizes(cell, call);
  return BackwardWalk(cell, s, call).layout.used();
}

void runBackward(const RecurrentCell& cell, const Call& call) {
  const RecurrentSizes s = backwardSizes(cell, call);
  BackwardWalk(cell, s, call).run();
}

}  // namespace ostinato
