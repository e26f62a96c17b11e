#include "ops/gradient_tiles.h"

#include <algorithm>
#include <cstring>

#include "base/rounding.h"
#include "base/thread_pool.h"

namespace ostinato {
namespace {

using matrix_unit::BFloat16;
using matrix_unit::kColumns;
using matrix_unit::kDepth;
using matrix_unit::kRows;

// A block of a weight's gradient stays in L2 while depths pass by so many at a time, whose panels stay in L1.
constexpr int64_t kBlockRows = 512, kBlockColumns = 512, kBlockDepth = 256;
constexpr int64_t kLdBlock = kBlockColumns + 16;
// dx: rows times a block of the weight's rows, which stays in L2.
constexpr int64_t kInputRows = 256, kInputDepth = 2048;

// bfloat16 operands as they are.
constexpr int kParts = 1;

int64_t share(int64_t units, int parts, int part) { return units * part / parts; }

}  // namespace

GradientTiles::GradientTiles(const Sizes& s, const int32_t* weightRows, int threads, ScratchLayout& layout)
    : s_(s),
      evenRows_(roundUp(s.rowsPerStep, 2)),
      depth_(s.steps * evenRows_),
      weightRows_(weightRows),
      threads_(threads),
      rows_(layout.array<BFloat16>(matrix_unit::packedA(s.rows(), s.columns, kRows, kParts))),
      pairs_(layout.array<BFloat16>(matrix_unit::packedB(s.columns, depth_, kParts))),
      block_(layout.floats(threads * kBlockRows * kLdBlock)) {}

void GradientTiles::placeInput(int64_t features, Columns columns, ScratchLayout& layout) {
  inputFeatures_ = features;
  inputColumns_ = columns;
  weight_ = layout.array<BFloat16>(matrix_unit::packedB(features, columns.count, kParts));
}

GradientTiles::Factor GradientTiles::placeFactor(int64_t features, ScratchLayout& layout) const {
  return {.features = features,
          .columns = {0, s_.columns},
          .rows = layout.array<const float*>(paddedDepth()),
          .packed = layout.array<BFloat16>(matrix_unit::packedA(features, depth_, kRows, kParts))};
}

void GradientTiles::clear() const {
  if (depth_ % kDepth != 0) {
    const int64_t step = kDepth * kColumns, panel = matrix_unit::steps(depth_) * step;
    for (int64_t p = 1; p <= s_.columns / kColumns; p++) {
      std::memset(pairs_ + p * panel - step, 0, static_cast<size_t>(step) * sizeof(BFloat16));
    }
  }
  if (s_.rows() % kRows != 0) {
    const int64_t first = matrix_unit::packedA(s_.rows() / kRows * kRows, s_.columns, kRows, kParts);
    const int64_t all = matrix_unit::packedA(s_.rows(), s_.columns, kRows, kParts);
    std::memset(rows_ + first, 0, static_cast<size_t>(all - first) * sizeof(BFloat16));
  }
}

void GradientTiles::clearGroup(int64_t group) const {
  constexpr float kZeros[kGroup] = {};
  matrix_unit::packGroups(kZeros, 0, s_.rows(), s_.columns, group, group + 1, 0, kRows, kParts, rows_);
}

void GradientTiles::stage(int64_t step, int64_t row, int64_t m, int64_t g0, int64_t g1, const float* values,
                          int64_t ld) const {
  matrix_unit::packGroups(values, ld, m, s_.columns, g0, g1, step * s_.rowsPerStep + row, kRows, kParts, rows_);
  matrix_unit::packPairs(values, ld, m, depth_, g0, g1, step * evenRows_ + row, pairs_);
}

uint16_t* GradientTiles::tilesOf(int64_t step) const {
  if (s_.rowsPerStep % kRows != 0) return nullptr;
  return rows_ + matrix_unit::packedA(step * s_.rowsPerStep, s_.columns, kRows, kParts);
}

// Every thread makes some columns of dx: its part of the weight stays near it.
void GradientTiles::inputGradient(const float* weight, float* dx, ThreadPool& pool) const {
  const int64_t panels = ceilDivide(inputFeatures_, kColumns), n = s_.rows();
  const int threads = static_cast<int>(std::min<int64_t>(threads_, panels));
  const auto [firstColumn, depth] = inputColumns_;
  const matrix_unit::Panels all =
      matrix_unit::panelsOfA(rows_, s_.columns, kRows, kParts).from(firstColumn, 0, kRows, kParts);
  Gemm g;
  g.N = inputFeatures_;
  g.K = depth;
  g.b = weight;
  g.ldb = inputFeatures_;
  g.maps.bRows = weightRows_ + firstColumn;
  pool.parallel(threads, [&](int thread) {
    const int64_t first = share(panels, threads, thread) * kColumns;
    const int64_t columns = std::min(inputFeatures_, share(panels, threads, thread + 1) * kColumns) - first;
    BFloat16* own = weight_ + matrix_unit::packedB(first, depth, kParts);
    for (int64_t k0 = 0; k0 < depth; k0 += kInputDepth) {
      const int64_t k = std::min(kInputDepth, depth - k0);
      matrix_unit::packB(g, k0, k, first, columns, kParts, own);
      for (int64_t m = 0; m < n; m += kInputRows) {
        const BlockOutput out{.m = std::min(kInputRows, n - m),
                              .n = columns,
                              .c = dx + m * inputFeatures_ + first,
                              .ldc = inputFeatures_,
                              .accumulate = k0 > 0};
        matrix_unit::multiply(all.from(k0, m / kRows, kRows, kParts), kRows, matrix_unit::panelsOfB(own, k, kParts), k,
                              kParts, out);
      }
    }
  });
}

void GradientTiles::weightGradients(const Factor* factors, float* const* dweights, int count, ThreadPool& pool) const {
  const int64_t steps = matrix_unit::steps(depth_);
  pool.parallel(threads_, [&](int thread) {
    const int64_t s0 = share(steps, threads_, thread), s1 = share(steps, threads_, thread + 1);
    for (int i = 0; i < count; i++) {
      matrix_unit::packDepths(factors[i].rows, factors[i].features, depth_, s0, s1, kRows, factors[i].groups,
                              factors[i].packed);
    }
  });
  pool.parallel(threads_, [&](int thread) {
    for (int i = 0; i < count; i++) weightGradient(thread, factors[i], dweights[i]);
  });
}

// dweight [rows,features] for one thread's columns: block by block of its transpose [features,columns].
void GradientTiles::weightGradient(int thread, const Factor& factor, float* dweight) const {
  const int64_t panels = factor.columns.count / kColumns, first = factor.columns.first;
  const int64_t end = first + share(panels, threads_, thread + 1) * kColumns;
  float* block = block_ + thread * kBlockRows * kLdBlock;
  const matrix_unit::Panels a = matrix_unit::panelsOfA(factor.packed, depth_, kRows, kParts);
  const matrix_unit::Panels b = matrix_unit::panelsOfB(pairs_, depth_, kParts);
  for (int64_t n = first + share(panels, threads_, thread) * kColumns; n < end; n += kBlockColumns) {
    const int64_t columns = std::min(kBlockColumns, end - n);
    for (int64_t m = 0; m < factor.features; m += kBlockRows) {
      const int64_t rows = std::min(kBlockRows, factor.features - m);
      for (int64_t k = 0; k < depth_; k += kBlockDepth) {
        const BlockOutput out{.m = rows, .n = columns, .c = block, .ldc = kLdBlock, .accumulate = k > 0};
        matrix_unit::multiply(a.from(k, m / kRows, kRows, kParts), kRows, b.from(k, n / kColumns, kColumns, kParts),
                              std::min(kBlockDepth, depth_ - k), kParts, out);
      }
      matrix_unit::transposeTo(block, kLdBlock, rows, columns, weightRows_ + n, dweight + m, factor.features);
    }
  }
}

}  // namespace ostinato
