#include "ops/gate_tiles.h"

#include <cstring>

namespace ostinato {
namespace {

using matrix_unit::BFloat16;
using matrix_unit::kColumns;
using matrix_unit::kDepth;
using matrix_unit::kRows;

// Fewer rows (T*B) are not worth it.
constexpr int64_t kFewestRows = 64;
// A block of a product: its sums, with these rows and columns, stay in L2 while depths pass by so many at a time, whose
// panels stay in L1.
constexpr int64_t kBlockRows = 512, kBlockColumns = 512, kBlockDepth = 256;
constexpr int64_t kInputRows = 256;
constexpr int64_t kLdBlock = kBlockColumns + 16;

int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t roundUp(int64_t n, int64_t multiple) { return ceilDivide(n, multiple) * multiple; }

int64_t share(int64_t units, int parts, int part) { return units * part / parts; }

}  // namespace

bool GateTiles::serves(const RecurrentSizes& s, const RecurrentProduct& steps, int64_t columns) {
  return steps.onUnit() && s.T * s.B >= kFewestRows && columns % kColumns == 0;
}

GateTiles::GateTiles(const RecurrentSizes& s, int64_t columns, const int32_t* rows, int threads, ScratchLayout& layout)
    : s_(s),
      columns_(columns),
      depth_(s.T * roundUp(s.B, 2)),
      weightRows_(rows),
      parts_(matrix_unit::partsOf(s.precision)),
      threads_(threads) {
  const auto tiles = [&](int64_t elements) {
    return static_cast<BFloat16*>(layout.bytes(static_cast<size_t>(elements) * sizeof(BFloat16)));
  };
  rows_ = tiles(matrix_unit::packedA(s.T * s.B, columns, kRows, parts_));
  pairs_ = tiles(matrix_unit::packedB(columns, depth_, parts_));
  inputs_ = tiles(matrix_unit::packedA(s.I, depth_, kRows, parts_));
  states_ = tiles(matrix_unit::packedA(s.H, depth_, kRows, parts_));
  weight_ = tiles(matrix_unit::packedB(s.I, columns, parts_));
  block_ = layout.floats(threads * kBlockRows * kLdBlock);
  pointers_ = static_cast<const float**>(layout.bytes(static_cast<size_t>(2 * roundUp(depth_, kDepth)) * sizeof(float*)));
}

void GateTiles::clear() const {
  if (depth_ % kDepth != 0) {
    const int64_t step = kDepth * kColumns * parts_, panel = matrix_unit::steps(depth_) * step;
    for (int64_t p = 1; p <= columns_ / kColumns; p++) {
      std::memset(pairs_ + p * panel - step, 0, static_cast<size_t>(step) * sizeof(BFloat16));
    }
  }
  const int64_t n = s_.T * s_.B;
  if (n % kRows != 0) {
    const int64_t first = matrix_unit::packedA(n / kRows * kRows, columns_, kRows, parts_);
    const int64_t all = matrix_unit::packedA(n, columns_, kRows, parts_);
    std::memset(rows_ + first, 0, static_cast<size_t>(all - first) * sizeof(BFloat16));
  }
}

void GateTiles::stage(int part, int64_t t, const float* values, int64_t ld) const {
  const int64_t groups = columns_ / kGroup / s_.blocks;
  const BlockRange own = s_.blocksOf(part);
  const int64_t g0 = own.begin * groups, g1 = own.end * groups;
  matrix_unit::packGroups(values, ld, s_.B, columns_, g0, g1, t * s_.B, kRows, parts_, rows_);
  matrix_unit::packPairs(values, ld, s_.B, depth_, g0, g1, t * roundUp(s_.B, 2), parts_, pairs_);
}

uint16_t* GateTiles::tilesOf(int64_t t) const {
  if (s_.B % kRows != 0) return nullptr;
  return rows_ + matrix_unit::packedA(t * s_.B, columns_, kRows, parts_);
}

Gemm GateTiles::inputWeights(const float* weight) const {
  Gemm g;
  g.N = s_.I;
  g.K = columns_;
  g.b = weight;
  g.ldb = s_.I;
  g.maps.bRows = weightRows_;
  return g;
}

// Every thread makes some columns of dx: those of weight_ih stay in its L2.
void GateTiles::inputGradient(const float* weight, float* dx, ThreadPool& pool) const {
  const int64_t panels = ceilDivide(s_.I, kColumns), n = s_.T * s_.B;
  const int threads = static_cast<int>(std::min<int64_t>(threads_, panels));
  const matrix_unit::Panels all = matrix_unit::panelsOfA(rows_, columns_, kRows, parts_);
  pool.parallel(threads, [&](int thread) {
    const int64_t first = share(panels, threads, thread) * kColumns;
    const int64_t columns = std::min(s_.I, share(panels, threads, thread + 1) * kColumns) - first;
    BFloat16* own = weight_ + matrix_unit::packedB(first, columns_, parts_);
    matrix_unit::packB(inputWeights(weight), 0, columns_, first, columns, parts_, own);
    const matrix_unit::Panels b = matrix_unit::panelsOfB(own, columns_, parts_);
    for (int64_t m = 0; m < n; m += kInputRows) {
      const BlockOutput out{std::min(kInputRows, n - m), columns, dx + m * s_.I + first, s_.I, nullptr, nullptr, false};
      matrix_unit::multiply(all.from(0, m / kRows, kRows, parts_), kRows, b, columns_, parts_, out);
    }
  });
}

// The state that time t of row b began with. Past a row's length any numbers do: the gradients there are zero.
const float* GateTiles::previousState(int64_t t, int64_t b, const float* y, const float* h0,
                                      const int32_t* lengths) const {
  if (!s_.reverse) return t == 0 ? h0 + b * s_.H : y + ((t - 1) * s_.B + b) * s_.H;
  const int64_t last = lengths ? lengths[b] - 1 : s_.T - 1;
  return t >= last ? h0 + b * s_.H : y + ((t + 1) * s_.B + b) * s_.H;
}

void GateTiles::weightGradients(const float* x, const float* y, const float* h0, const int32_t* lengths,
                                float* dweightIh, float* dweightHh, ThreadPool& pool) const {
  const int64_t evenRows = roundUp(s_.B, 2), depths = matrix_unit::steps(depth_);
  const float** inputs = pointers_;
  const float** states = pointers_ + depths * kDepth;
  for (int64_t k = 0; k < depths * kDepth; k++) {
    const int64_t t = k / evenRows, b = k % evenRows;
    const bool real = k < depth_ && b < s_.B;
    inputs[k] = real ? x + (t * s_.B + b) * s_.I : nullptr;
    states[k] = real ? previousState(t, b, y, h0, lengths) : nullptr;
  }
  pool.parallel(threads_, [&](int thread) {
    const int64_t s0 = share(depths, threads_, thread), s1 = share(depths, threads_, thread + 1);
    matrix_unit::packDepths(inputs, s_.I, depth_, s0, s1, kRows, parts_, inputs_);
    matrix_unit::packDepths(states, s_.H, depth_, s0, s1, kRows, parts_, states_);
  });
  pool.parallel(threads_, [&](int thread) {
    weightGradient(thread, inputs_, s_.I, dweightIh);
    weightGradient(thread, states_, s_.H, dweightHh);
  });
}

// dweight [rows,features] for one thread's columns: block by block of its transpose [features,columns].
void GateTiles::weightGradient(int thread, const BFloat16* left, int64_t features, float* dweight) const {
  const int64_t panels = columns_ / kColumns;
  const int64_t end = share(panels, threads_, thread + 1) * kColumns;
  float* block = block_ + thread * kBlockRows * kLdBlock;
  const matrix_unit::Panels a = matrix_unit::panelsOfA(left, depth_, kRows, parts_);
  const matrix_unit::Panels b = matrix_unit::panelsOfB(pairs_, depth_, parts_);
  for (int64_t n = share(panels, threads_, thread) * kColumns; n < end; n += kBlockColumns) {
    const int64_t columns = std::min(kBlockColumns, end - n);
    for (int64_t m = 0; m < features; m += kBlockRows) {
      const int64_t rows = std::min(kBlockRows, features - m);
      for (int64_t k = 0; k < depth_; k += kBlockDepth) {
        const BlockOutput out{rows, columns, block, kLdBlock, nullptr, nullptr, k > 0};
        matrix_unit::multiply(a.from(k, m / kRows, kRows, parts_), kRows, b.from(k, n / kColumns, kColumns, parts_),
                              std::min(kBlockDepth, depth_ - k), parts_, out);
      }
      matrix_unit::transposeTo(block, kLdBlock, rows, columns, weightRows_ + n, dweight + m, features);
    }
  }
}

}  // namespace ostinato
