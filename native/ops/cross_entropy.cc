// The output layer and its cross-entropy in one op: losses of softmax(x Wᵀ + b) against targets.
//
// Both directions walk the vocabulary in blocks of columns, whose logits, or their gradients, are in the cache while
// they are looked at. Training keeps the logits [N,V] for the gradient op: at V = 10,000 they are the largest values of
// a model, and making them again would cost a third product. Evaluation gives them no memory.
//
// Beside them it keeps, for each row, the largest logit and the sum of exp(logit - largest), and not the logarithm of
// the whole sum: that is as large as the logits, and rounding it would cost digits that the differences between logits
// have.
#include <cmath>
#include <limits>

#include "kernels/elementwise.h"
#include "ops/data_checks.h"
#include "ops/logits.h"
#include "ops/manifest.h"
#include "ops/scratch_layout.h"
#include "products/provider.h"

namespace ostinato {
namespace {

using op = ops::linearCrossEntropy;

// Rows of a block of logits, and what threads divide rows and columns by.
constexpr int64_t kBlockRows = 1024, kRowUnit = 16, kColumnUnit = 32;

// How x and weight are kept, where all of them are packed before they are multiplied; null: by no means.
const Packing* sharedPacking(const LogitSizes& s) {
  const Packing* packing = providerOf(logitsProduct(s, s.N, s.V, nullptr, nullptr, nullptr, s.V)).packing(s.precision);
  return packing && packing->sharesRows ? packing : nullptr;
}

// Blocks of logits [m,n] of operands that lie as they are.
class PlainBlocks {
 public:
  static constexpr int64_t rowUnit() { return kRowUnit; }

  // ld: floats from row to row of a block.
  PlainBlocks(const LogitSizes& s, const float* x, const float* weight, const LogitGrid& grid, int64_t ld,
              ScratchLayout& layout)
      : s_(s), x_(x), weight_(weight) {
    const int64_t rows = std::min(s.N, kBlockRows), columns = std::min(s.V, kLogitColumns);
    const Gemm block = logitsProduct(s, rows, columns, nullptr, nullptr, nullptr, ld);
    partBytes_ = roundUp(static_cast<int64_t>(gemmScratchBytes(block, 1)), 64);
    scratch_ = layout.array<char>(partBytes_ * grid.parts());
  }

  void packRows(const LogitGrid&, ThreadPool&) const {}
  void packColumns(int, int64_t, int64_t) const {}
  void multiply(int part, int64_t m0, int64_t m, int64_t n0, int64_t n, float* block, int64_t ld,
                ThreadPool& pool) const {
    gemm(logitsProduct(s_, m, n, x_ + m0 * s_.H, weight_ + n0 * s_.H, block, ld), scratch_ + part * partBytes_, pool);
  }

 private:
  const LogitSizes& s_;
  const float *x_, *weight_;
  int64_t partBytes_;
  char* scratch_;
};

// The same of operands that are packed: x as a whole, and a block of weight by each part.
class PackedBlocks {
 public:
  PackedBlocks(const Packing& packing, const LogitSizes& s, const float* x, const float* weight, const LogitGrid& grid,
               ScratchLayout& layout)
      : packing_(packing),
        all_(logitsProduct(s, s.N, s.V, x, weight, nullptr, s.V)),
        x_(layout.array<char>(packing.bytesOfA(s.N, s.H, packing.panelRows))),
        partBytes_(packing.bytesOfB(std::min(s.V, kLogitColumns), s.H)),
        weight_(layout.array<char>(grid.parts() * partBytes_)) {}

  int64_t rowUnit() const { return packing_.panelRows; }

  void packRows(const LogitGrid& grid, ThreadPool& pool) const {
    pool.parallel(grid.parts(), [&](int part) {
      const Range own = share(all_.M, packing_.panelRows, grid.parts(), part);
      if (own.size() == 0) return;
      packing_.packA(all_, own.begin, own.size(), 0, all_.K, packing_.panelRows,
                     x_ + packing_.bytesOfA(own.begin, all_.K, packing_.panelRows));
    });
  }
  void packColumns(int part, int64_t n0, int64_t n) const {
    packing_.packB(all_, 0, all_.K, n0, n, weight_ + part * partBytes_);
  }
  void multiply(int part, int64_t m0, int64_t m, int64_t, int64_t n, float* block, int64_t ld, ThreadPool&) const {
    const int rows = packing_.panelRows;
    packing_.multiply(packing_.from(packing_.panelsOfA(x_, all_.K, rows), 0, m0 / rows, rows), rows,
                      packing_.panelsOfB(weight_ + part * partBytes_, all_.K), all_.K,
                      {.m = m, .n = n, .c = block, .ldc = ld});
  }

 private:
  const Packing& packing_;
  Gemm all_;
  char* x_;
  int64_t partBytes_;
  char* weight_;
};

// Sums and maxima that the parts find in the rows.
struct RowStatistics {
  // Per part of columns: each row's largest logit so far, and its sum of exp(logit - largest).
  float* largest;
  double* sums;
  // Per row: the target's logit.
  float* targetLogits;

  RowStatistics(const LogitSizes& s, const LogitGrid& grid, ScratchLayout& layout)
      : largest(layout.floats(grid.columnParts * s.N)),
        sums(layout.array<double>(grid.columnParts * s.N)),
        targetLogits(layout.floats(s.N)) {}

  void clear(int64_t first, int64_t count) const {
    std::fill_n(largest + first, count, -std::numeric_limits<float>::infinity());
    std::fill_n(sums + first, count, 0.0);
  }

  // n logits of a row of a part, entry `at`.
  void add(int64_t at, const float* logits, int64_t n) const {
    const ElementwiseKernels& k = elementwiseKernels();
    const float most = k.maximum(logits, n);
    // Impossible words add nothing.
    if (most == -std::numeric_limits<float>::infinity()) return;
    if (!(most <= largest[at])) {  // also for NaN, which the sum then keeps
      sums[at] *= std::exp(static_cast<double>(largest[at]) - static_cast<double>(most));
      largest[at] = most;
    }
    sums[at] += k.sumExpShifted(logits, largest[at], n);
  }
};

template <class Blocks>
void visitLogits(const Call& call, const LogitSizes& s, const LogitGrid& grid, const RowStatistics& statistics,
                 const Blocks& blocks, float* partLogits) {
  const float* bias = call.operand(op::bias).f32();
  const int32_t* targets = call.operand(op::targets).i32();
  float* kept = call.result(op::logits).mutableF32();
  const int64_t partBlock = std::min(s.N, kBlockRows) * std::min(s.V, kLogitColumns);
  const int64_t blockRows = kBlockRows / blocks.rowUnit() * blocks.rowUnit();
  blocks.packRows(grid, call.pool);
  call.pool.parallel(grid.parts(), [&](int part) {
    const int columnPart = part % grid.columnParts;
    const Range rows = share(s.N, blocks.rowUnit(), grid.rowParts, part / grid.columnParts);
    const Range columns = share(s.V, kColumnUnit, grid.columnParts, columnPart);
    statistics.clear(columnPart * s.N + rows.begin, rows.size());
    for (int64_t n0 = columns.begin; n0 < columns.end; n0 += kLogitColumns) {
      const int64_t n = std::min(kLogitColumns, columns.end - n0);
      blocks.packColumns(part, n0, n);
      for (int64_t m0 = rows.begin; m0 < rows.end; m0 += blockRows) {
        const int64_t m = std::min(blockRows, rows.end - m0), ld = kept ? s.V : n;
        float* block = kept ? kept + m0 * s.V + n0 : partLogits + part * partBlock;
        blocks.multiply(part, m0, m, n0, n, block, ld, call.pool);
        for (int64_t row = m0; row < m0 + m; row++) {
          float* logits = block + (row - m0) * ld;
          if (bias) elementwiseKernels().add(logits, bias + n0, logits, n);
          const int64_t target = targets[row] - n0;
          if (target >= 0 && target < n) statistics.targetLogits[row] = logits[target];
          statistics.add(columnPart * s.N + row, logits, n);
        }
      }
    }
  });
}

// Lays the scratch out, and calls f(statistics, blocks, partLogits) with the blocks that serve these sizes. Bytes of
// it.
template <class F>
size_t withScratch(const Call& call, const LogitSizes& s, const LogitGrid& grid, bool keepsLogits, const F& f) {
  const float* x = call.operand(op::x).f32();
  const float* weight = call.operand(op::weight).f32();
  const int64_t rows = std::min(s.N, kBlockRows), columns = std::min(s.V, kLogitColumns);
  ScratchLayout layout(call.scratch);
  const RowStatistics statistics(s, grid, layout);
  float* partLogits = keepsLogits ? nullptr : layout.floats(grid.parts() * rows * columns);
  if (const Packing* packing = sharedPacking(s)) {
    f(statistics, PackedBlocks(*packing, s, x, weight, grid, layout), partLogits);
  } else {
    f(statistics, PlainBlocks(s, x, weight, grid, keepsLogits ? s.V : columns, layout), partLogits);
  }
  return layout.used();
}

size_t check(const Call& call) {
  expectLogitInputs(call);
  const LogitSizes s(call, op::x, op::weight);
  const int64_t logits[] = {s.N, s.V}, normalizers[] = {s.N, 2};
  expectResult(call, op::losses, DType::f32, &s.N, 1);
  expectResult(call, op::count, DType::f32, nullptr, 0);
  expectResult(call, op::normalizers, DType::f32, normalizers, 2);
  expectResult(call, op::logits, DType::f32, logits, 2);
  const LogitGrid grid(s, call.pool);
  const auto bytes = [&](bool keeps) { return withScratch(call, s, grid, keeps, [](auto&&...) {}); };
  return std::max(bytes(true), bytes(false));
}

// From the statistics of all parts: losses, their number, and normalizers unless nobody reads them.
void finishRows(const Call& call, const LogitSizes& s, const LogitGrid& grid, const RowStatistics& statistics) {
  const int32_t* targets = call.operand(op::targets).i32();
  float* losses = call.result(op::losses).mutableF32();
  float* normalizers = call.result(op::normalizers).mutableF32();
  int64_t count = 0;
  for (int64_t row = 0; row < s.N; row++) {
    double most = statistics.largest[row], sum = statistics.sums[row];
    for (int part = 1; part < grid.columnParts; part++) {
      const double other = statistics.largest[part * s.N + row], its = statistics.sums[part * s.N + row];
      if (its == 0) continue;
      const double both = other <= most ? most : other;
      sum = (sum == 0 ? 0 : sum * std::exp(most - both)) + its * std::exp(other - both);
      most = both;
    }
    // 0 where every word is impossible: the loss is NaN then.
    if (sum == 0) sum = std::numeric_limits<double>::quiet_NaN();
    if (normalizers) {
      normalizers[2 * row] = static_cast<float>(most);
      normalizers[2 * row + 1] = static_cast<float>(sum);
    }
    const bool counts = targets[row] >= 0;
    const double below = most - static_cast<double>(statistics.targetLogits[row]);
    losses[row] = counts ? static_cast<float>(below + std::log(sum)) : 0.0f;
    count += counts;
  }
  *call.result(op::count).mutableF32() = static_cast<float>(count);
}

void run(const Call& call) {
  const LogitSizes s(call, op::x, op::weight);
  const LogitGrid grid(s, call.pool);
  expectTargets(call.operand(op::targets), s.V);
  withScratch(call, s, grid, call.result(op::logits).data != nullptr,
              [&](const RowStatistics& statistics, const auto& blocks, float* partLogits) {
                visitLogits(call, s, grid, statistics, blocks, partLogits);
                finishRows(call, s, grid, statistics);
              });
}

}  // namespace

void expectLogitInputs(const Call& call) {
  expectOperand(call, op::x, DType::f32, 2);
  expectOperand(call, op::weight, DType::f32, 2);
  const LogitSizes s(call, op::x, op::weight);
  if (call.operand(op::weight).dims[1] != s.H) {
    refuse(call, "x " + shapeText(call.operand(op::x)) + " does not fit weight " + shapeText(call.operand(op::weight)));
  }
  expectShape(call, op::bias, DType::f32, &s.V, 1);
  expectShape(call, op::targets, DType::i32, &s.N, 1);
}

const Implementation ops::linearCrossEntropy::implementation = {check, run};

}  // namespace ostinato
