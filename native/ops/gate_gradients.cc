#include "ops/gate_gradients.h"

#include <algorithm>
#include <cstring>

#include "base/rounding.h"
#include "base/thread_pool.h"

namespace ostinato {
namespace {

// Whether step t of row b is past the row's length.
bool isPadding(const TensorView& lengths, int64_t t, int64_t b) { return lengths.present && t >= lengths.i32()[b]; }

// The state that a row's step began with, a row of y or h0. Past its length any row will do: gradients are 0 there.
const float* stateBefore(const RecurrentSizes& s, const TensorView& y, const TensorView& h0, const TensorView& lengths,
                         int64_t t, int64_t b) {
  const int64_t last = lengths.present ? lengths.i32()[b] - 1 : s.T - 1;
  const bool first = s.reverse ? t >= last : t == 0;
  return first ? h0.f32() + b * s.H : y.f32() + ((s.reverse ? t + 1 : t - 1) * s.B + b) * s.H;
}

// Leading gates whose products with x and with the state have one gradient.
int sharedGates(const RecurrentCell& cell) {
  int n = 0;
  while (n < cell.products[0].gates && cell.stateSlots[n] == n) n++;
  return n;
}

}  // namespace

GateGradients::GateGradients(const RecurrentCell& cell, const RecurrentSizes& s, const CellMaps& maps, const Call& call,
                             const RecurrentProduct& product, ScratchLayout& layout)
    : cell_(cell), s_(s), maps_(maps), call_(call), at_(cell.gradient) {
  if (GradientTiles::pays(s.T * s.B, product.packing())) {
    placeTiles(product.packing(), call.pool.threads(), layout);
  } else {
    placeRows(call.pool.threads(), layout);
  }
}

void GateGradients::placeTiles(const Packing& packing, int threads, ScratchLayout& layout) {
  const int shared = sharedGates(cell_), others = cell_.gates - shared;
  const int apart = others > 0 && cell_.stateSlots[shared] != shared ? others : 0;
  const auto section = [&](Section& section, int firstSlot, int slots, int firstGate) {
    section = {.firstSlot = firstSlot, .slots = slots, .firstGate = firstGate, .column = columns_};
    columns_ += roundUp(slots * s_.Hp, packing.panelColumns);
  };
  section(sections_[0], shared, others, shared);
  section(sections_[1], 0, shared, 0);
  section(sections_[2], cell_.stateSlots[cell_.gates - 1] + 1 - apart, apart, shared);
  const int64_t ofStates = sections_[1].column, apartColumn = sections_[2].column;

  columnRows_ = layout.ints(columns_);
  tiles_.emplace(packing, GradientTiles::Sizes{.steps = s_.T, .rowsPerStep = s_.B, .columns = columns_}, columnRows_,
                 threads, layout);
  states_ = tiles_->placeFactor(s_.H, layout);
  states_.columns = {ofStates, columns_ - ofStates};
  if (cell_.productCount > 1) {
    middles_ = tiles_->placeFactor(s_.H, layout);
    middles_.columns = {0, ofStates};
    middles_.groups = maps_.middleGroups;
  }
  if (!s_.ids) {
    inputs_ = tiles_->placeFactor(s_.I, layout);
    inputs_.columns = {0, apartColumn};
    tiles_->placeInput(s_.I, inputs_.columns, layout);
  }
  if (!cell_.apart()) return;
  step_.ld = cell_.slots * s_.Hp + kHiddenBlock;
  step_.first = layout.floats(s_.B * step_.ld);
}

void GateGradients::placeRows(int threads, ScratchLayout& layout) {
  all_.ld = cell_.slots * s_.Hp;
  all_.first = cell_.savesGates() ? in(at_.gates).mutableF32() : layout.floats(s_.T * s_.B * all_.ld);
  if (s_.reverse) first_ = layout.floats(s_.B * all_.ld);
  if (in(at_.lengths).present && !s_.ids) inputRows_ = layout.ints(s_.T * s_.B);
  size_t bytes =
      std::max(gemmScratchBytes(firstStateGradient(), threads), gemmScratchBytes(otherStatesGradient(), threads));
  if (cell_.productCount > 1) bytes = std::max(bytes, gemmScratchBytes(middleGradient(), threads));
  if (!s_.ids) {
    bytes =
        std::max({bytes, gemmScratchBytes(inputWeightGradient(), threads), gemmScratchBytes(inputGradient(), threads)});
  }
  products_ = layout.bytes(bytes);
}

void GateGradients::begin() const {
  if (s_.ids)
    std::memset(call_.result(at_.dweightIh).data, 0,
                static_cast<size_t>(call_.result(at_.dweightIh).elements()) * sizeof(float));
  if (!tiles_) return;
  std::fill_n(columnRows_, columns_, -1);
  for (const Section& section : sections_)
    fillRowMap(s_, section.firstGate, section.slots, columnRows_ + section.column);
  tiles_->clear();
  for (const Section& section : sections_) {
    const int64_t end = section.column + section.slots * s_.Hp;
    for (int64_t i = end; i % tiles_->panelColumns() != 0; i += kGroup) tiles_->clearGroup(i / kGroup);
  }
}

GateGradients::Rows GateGradients::rowsOf(int64_t t) const {
  if (tiles_) return step_;
  return {all_.first + t * s_.B * all_.ld, all_.ld};
}

void* GateGradients::tilesOf(int64_t t) const { return tiles_ && !cell_.apart() ? tiles_->tilesOf(t) : nullptr; }

void GateGradients::take(int part, int64_t t, const StepRows& staged) const {
  const Rows from = cell_.apart() ? rowsOf(t) : Rows{staged.values, staged.ld};
  if (tiles_) stage(part, t, from);
  if (s_.ids) addToTable(part, t, from);
}

void GateGradients::stage(int part, int64_t t, Rows from) const {
  const BlockRange own = s_.blocksOf(part);
  for (const auto& [firstSlot, slots, firstGate, column] : sections_) {
    // All slots of a block, and then all blocks, lie one after the other.
    const int64_t blocks = slots == cell_.slots ? own.end - own.begin : 1;
    for (int64_t block = own.begin; block < own.end && slots > 0; block += blocks) {
      const int64_t group = column / kGroup + block * slots;
      tiles_->stage(t, 0, s_.B, group, group + blocks * slots, from.first + (block * cell_.slots + firstSlot) * kGroup,
                    from.ld);
    }
  }
}

void GateGradients::addToTable(int part, int64_t t, Rows from) const {
  const int64_t width = call_.result(at_.dweightIh).dims[1];
  const float* gradient = from.first;
  for (int64_t b = 0; b < s_.B; b++, gradient += from.ld) {
    float* row = call_.result(at_.dweightIh).mutableF32() + in(at_.x).i32()[t * s_.B + b] * width;
    forOwnGates(s_, part, cell_.gates, maps_.groups, maps_.rows, [&](int64_t column, int64_t at, int64_t units) {
      const float* own = gradient + column;
      float* to = row + at;
      // A number of times that is known becomes vectors.
      if (units == kHiddenBlock) {
        for (int64_t i = 0; i < kHiddenBlock; i++) to[i] += own[i];
      } else {
        for (int64_t i = 0; i < units; i++) to[i] += own[i];
      }
    });
  }
}

void GateGradients::finish() const {
  if (tiles_) {
    finishTiles();
  } else {
    finishRows();
  }
}

void GateGradients::finishTiles() const {
  GradientTiles::Factor factors[3];
  float* dweights[3];
  int count = 0;
  const auto factor = [&](const GradientTiles::Factor& which, const TensorView& dweight, const auto& rowOf) {
    tiles_->fill(which, rowOf);
    factors[count] = which;
    dweights[count++] = dweight.mutableF32();
  };
  factor(states_, call_.result(at_.dweightHh),
         [&](int64_t t, int64_t b) { return stateBefore(s_, in(at_.y), in(at_.h0), in(at_.lengths), t, b); });
  if (cell_.productCount > 1) {
    factor(middles_, call_.result(at_.dweightHh),
           [&](int64_t t, int64_t b) { return in(at_.gates).f32() + (t * s_.B + b) * cell_.slots * s_.Hp; });
  }
  if (!s_.ids)
    factor(inputs_, call_.result(at_.dweightIh), [&](int64_t t, int64_t b) -> const float* {
      return isPadding(in(at_.lengths), t, b) ? nullptr : in(at_.x).f32() + (t * s_.B + b) * s_.I;
    });
  tiles_->weightGradients(factors, dweights, count, call_.pool);
  if (!s_.ids && call_.result(at_.dx).data)
    tiles_->inputGradient(in(at_.weightIh).f32(), call_.result(at_.dx).mutableF32(), call_.pool);
}

// dweight = gradientᵀ b over some steps, from the first on: of `gates` gates, at `groups` of the gradient and `rows` of
// the weight.
Gemm GateGradients::weightGradient(int gates, const int32_t* groups, const int32_t* rows, int64_t steps, const float* b,
                                   int64_t columns, const TensorView& dweight) const {
  return {.M = gates * s_.Hp,
          .N = columns,
          .K = steps * s_.B,
          .a = all_.first,
          .lda = all_.ld,
          .transposeA = true,
          .b = b,
          .ldb = columns,
          .c = dweight.mutableF32(),
          .ldc = columns,
          .maps = {.aGroups = groups, .cRows = rows},
          .precision = s_.precision};
}

Gemm GateGradients::inputWeightGradient() const {
  Gemm g =
      weightGradient(cell_.gates, maps_.groups, maps_.rows, s_.T, in(at_.x).f32(), s_.I, call_.result(at_.dweightIh));
  g.maps.bRows = inputRows_;
  return g;
}

// The gradients of each row's first step, which h0 belongs to, and of all other steps, which follow a y.
Gemm GateGradients::firstStateGradient() const {
  Gemm g = weightGradient(cell_.products[0].gates, maps_.stateGroups[0], maps_.stateRows[0], 1, in(at_.h0).f32(), s_.H,
                          call_.result(at_.dweightHh));
  g.a += s_.timeOf(0) * s_.B * all_.ld;
  return g;
}

Gemm GateGradients::otherStatesGradient() const {
  Gemm g = weightGradient(cell_.products[0].gates, maps_.stateGroups[0], maps_.stateRows[0], s_.T - 1, in(at_.y).f32(),
                          s_.H, call_.result(at_.dweightHh));
  g.accumulate = true;
  if (s_.reverse) {
    g.b += s_.B * s_.H;
  } else {
    g.a += s_.B * all_.ld;
  }
  return g;
}

Gemm GateGradients::middleGradient() const {
  Gemm g = weightGradient(cell_.products[1].gates, maps_.stateGroups[1], maps_.stateRows[1], s_.T, all_.first, s_.H,
                          call_.result(at_.dweightHh));
  g.ldb = all_.ld;
  g.maps.bGroups = maps_.middleGroups;
  return g;
}

Gemm GateGradients::inputGradient() const {
  return {.M = s_.T * s_.B,
          .N = s_.I,
          .K = cell_.gates * s_.Hp,
          .a = all_.first,
          .lda = all_.ld,
          .b = in(at_.weightIh).f32(),
          .ldb = s_.I,
          .c = call_.result(at_.dx).mutableF32(),
          .ldc = s_.I,
          .maps = {.aGroups = maps_.groups, .bRows = maps_.rows},
          .precision = s_.precision};
}

void GateGradients::finishRows() const {
  Gemm first = firstStateGradient();
  if (s_.reverse && in(at_.lengths).present) {
    const size_t bytes = static_cast<size_t>(all_.ld) * sizeof(float);
    for (int64_t b = 0; b < s_.B; b++) {
      const int64_t length = in(at_.lengths).i32()[b];
      if (length == 0) {
        std::memset(first_ + b * all_.ld, 0, bytes);
      } else {
        std::memcpy(first_ + b * all_.ld, all_.first + ((length - 1) * s_.B + b) * all_.ld, bytes);
      }
    }
    first.a = first_;
  }
  gemm(first, products_, call_.pool);
  if (s_.T > 1) gemm(otherStatesGradient(), products_, call_.pool);
  if (cell_.productCount > 1) gemm(middleGradient(), products_, call_.pool);
  if (s_.ids) return;
  for (int64_t n = 0; inputRows_ && n < s_.T * s_.B; n++) {
    inputRows_[n] = isPadding(in(at_.lengths), n / s_.B, n % s_.B) ? -1 : static_cast<int32_t>(n);
  }
  gemm(inputWeightGradient(), products_, call_.pool);
  if (call_.result(at_.dx).data) gemm(inputGradient(), products_, call_.pool);
}

}  // namespace ostinato
