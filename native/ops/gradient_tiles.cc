#include "ops/gradient_tiles.h"

#include <algorithm>
#include <cstring>

#include "base/rounding.h"
#include "base/thread_pool.h"

namespace ostinato {
namespace {

// A block of a weight's gradient stays in L2 while depths pass by, kBlockDepth at a time, whose panels stay in L1.
constexpr int64_t kBlockRows = 512, kBlockColumns = 512, kBlockDepth = 256;
constexpr int64_t kLdBlock = kBlockColumns + 16;
// dx: rows times a block of the weight's rows, which stays in L2.
constexpr int64_t kInputRows = 256, kInputDepth = 2048;

int64_t share(int64_t units, int parts, int part) { return units * part / parts; }

}  // namespace

bool GradientTiles::pays(int64_t rows, const Packing& p) {
  const bool whole = kBlockRows % p.panelRows == 0 && kInputRows % p.panelRows == 0 &&
                     kBlockColumns % p.panelColumns == 0 && kBlockDepth % p.depthUnit == 0;
  return rows >= 64 && p.gradients && whole;
}

GradientTiles::GradientTiles(const Packing& packing, const Sizes& s, const int32_t* weightRows, int threads,
                             ScratchLayout& layout)
    : p_(packing),
      s_(s),
      evenRows_(roundUp(s.rowsPerStep, 2)),
      depth_(s.steps * evenRows_),
      weightRows_(weightRows),
      threads_(threads),
      rows_(layout.array<char>(p_.bytesOfA(s.rows(), s.columns, p_.panelRows))),
      pairs_(layout.array<char>(p_.bytesOfB(s.columns, depth_))),
      block_(layout.floats(threads * kBlockRows * kLdBlock)) {}

void GradientTiles::placeInput(int64_t features, Columns columns, ScratchLayout& layout) {
  inputFeatures_ = features;
  inputColumns_ = columns;
  weight_ = layout.array<char>(p_.bytesOfB(features, columns.count));
}

GradientTiles::Factor GradientTiles::placeFactor(int64_t features, ScratchLayout& layout) const {
  return {.features = features,
          .columns = {0, s_.columns},
          .rows = layout.array<const float*>(paddedDepth()),
          .packed = layout.array<char>(p_.bytesOfA(features, depth_, p_.panelRows))};
}

void GradientTiles::clear() const {
  if (depth_ % p_.depthUnit != 0) {
    const int64_t panel = p_.bytesOfB(p_.panelColumns, depth_), last = p_.bytesOfB(p_.panelColumns, 1);
    for (int64_t p = 1; p <= s_.columns / p_.panelColumns; p++) {
      std::memset(pairs_ + p * panel - last, 0, static_cast<size_t>(last));
    }
  }
  if (s_.rows() % p_.panelRows != 0) {
    const int64_t first = p_.bytesOfA(s_.rows() / p_.panelRows * p_.panelRows, s_.columns, p_.panelRows);
    const int64_t all = p_.bytesOfA(s_.rows(), s_.columns, p_.panelRows);
    std::memset(rows_ + first, 0, static_cast<size_t>(all - first));
  }
}

void GradientTiles::clearGroup(int64_t group) const {
  constexpr float kZeros[kGroup] = {};
  p_.packGroups(kZeros, 0, s_.rows(), s_.columns, group, group + 1, 0, p_.panelRows, rows_);
}

void GradientTiles::stage(int64_t step, int64_t row, int64_t m, int64_t g0, int64_t g1, const float* values,
                          int64_t ld) const {
  p_.packGroups(values, ld, m, s_.columns, g0, g1, step * s_.rowsPerStep + row, p_.panelRows, rows_);
  p_.gradients->packPairs(values, ld, m, depth_, g0, g1, step * evenRows_ + row, pairs_);
}

void* GradientTiles::tilesOf(int64_t step) const {
  if (s_.rowsPerStep % p_.panelRows != 0) return nullptr;
  return rows_ + p_.bytesOfA(step * s_.rowsPerStep, s_.columns, p_.panelRows);
}

// Every thread makes some columns of dx: its part of the weight stays near it.
void GradientTiles::inputGradient(const float* weight, float* dx, ThreadPool& pool) const {
  const int64_t panels = ceilDivide(inputFeatures_, p_.panelColumns), n = s_.rows();
  const int threads = static_cast<int>(std::min<int64_t>(threads_, panels));
  const auto [firstColumn, depth] = inputColumns_;
  const Panels all = p_.from(p_.panelsOfA(rows_, s_.columns, p_.panelRows), firstColumn, 0, p_.panelRows);
  const Gemm g{.N = inputFeatures_,
               .K = depth,
               .b = weight,
               .ldb = inputFeatures_,
               .maps = {.bRows = weightRows_ + firstColumn}};
  pool.parallel(threads, [&](int thread) {
    const int64_t first = share(panels, threads, thread) * p_.panelColumns;
    const int64_t columns = std::min(inputFeatures_, share(panels, threads, thread + 1) * p_.panelColumns) - first;
    char* own = weight_ + p_.bytesOfB(first, depth);
    for (int64_t k0 = 0; k0 < depth; k0 += kInputDepth) {
      const int64_t k = std::min(kInputDepth, depth - k0);
      p_.packB(g, k0, k, first, columns, own);
      for (int64_t m = 0; m < n; m += kInputRows) {
        const BlockOutput out{.m = std::min(kInputRows, n - m),
                              .n = columns,
                              .c = dx + m * inputFeatures_ + first,
                              .ldc = inputFeatures_,
                              .accumulate = k0 > 0};
        p_.multiply(p_.from(all, k0, m / p_.panelRows, p_.panelRows), p_.panelRows, p_.panelsOfB(own, k), k, out);
      }
    }
  });
}

void GradientTiles::weightGradients(const Factor* factors, float* const* dweights, int count, ThreadPool& pool) const {
  const int64_t steps = paddedDepth() / p_.depthUnit;
  pool.parallel(threads_, [&](int thread) {
    const int64_t s0 = share(steps, threads_, thread), s1 = share(steps, threads_, thread + 1);
    for (int i = 0; i < count; i++) {
      p_.gradients->packDepths(factors[i].rows, factors[i].features, depth_, s0, s1, p_.panelRows, factors[i].groups,
                               factors[i].packed);
    }
  });
  pool.parallel(threads_, [&](int thread) {
    for (int i = 0; i < count; i++) weightGradient(thread, factors[i], dweights[i]);
  });
}

// dweight [rows,features] for one thread's columns: block by block of its transpose [features,columns].
void GradientTiles::weightGradient(int thread, const Factor& factor, float* dweight) const {
  const int64_t panels = factor.columns.count / p_.panelColumns, first = factor.columns.first;
  const int64_t end = first + share(panels, threads_, thread + 1) * p_.panelColumns;
  float* block = block_ + thread * kBlockRows * kLdBlock;
  const Panels a = p_.panelsOfA(factor.packed, depth_, p_.panelRows);
  const Panels b = p_.panelsOfB(pairs_, depth_);
  for (int64_t n = first + share(panels, threads_, thread) * p_.panelColumns; n < end; n += kBlockColumns) {
    const int64_t columns = std::min(kBlockColumns, end - n);
    for (int64_t m = 0; m < factor.features; m += kBlockRows) {
      const int64_t rows = std::min(kBlockRows, factor.features - m);
      for (int64_t k = 0; k < depth_; k += kBlockDepth) {
        const BlockOutput out{.m = rows, .n = columns, .c = block, .ldc = kLdBlock, .accumulate = k > 0};
        p_.multiply(p_.from(a, k, m / p_.panelRows, p_.panelRows), p_.panelRows,
                    p_.from(b, k, n / p_.panelColumns, p_.panelColumns), std::min(kBlockDepth, depth_ - k), out);
      }
      p_.gradients->transposeTo(block, kLdBlock, rows, columns, weightRows_ + n, dweight + m, factor.features);
    }
  }
}

}  // namespace ostinato
