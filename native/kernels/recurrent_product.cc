#include "kernels/recurrent_product.h"

#include <algorithm>

#include "base/rounding.h"
#include "kernels/gemm_kernels.h"
#include "kernels/matrix_unit.h"

namespace ostinato {
namespace {

// From so many rows of a on, packing them pays: it makes their elements lie in the order in which the tiles want them.
constexpr int64_t kPackedRows = 128;
// Fewer rows leave the matrix unit's tiles too empty.
constexpr int64_t kUnitRows = 4;
// Rows that it multiplies by all columns before the next ones, to stay in L2.
constexpr int64_t kUnitBlockRows = 128;

matrix_unit::BFloat16* asTiles(float* memory) { return reinterpret_cast<matrix_unit::BFloat16*>(memory); }

BlockOutput outputOf(const Gemm& weights, int64_t rows, int64_t n0, int64_t n, float* c, int64_t ldc, bool accumulate) {
  BlockOutput out{rows, n, c, ldc, nullptr, weights.maps.cGroups, accumulate};
  if (out.cGroups) {
    out.cGroups += n0 / kGroup;
  } else {
    out.c += n0;
  }
  return out;
}

}  // namespace

// Columns of one part, as far as the weights go.
RecurrentProduct::Columns RecurrentProduct::columns(int part) const {
  const BlockRange range = blocksOfPart(blocks, parts, part);
  const int64_t first = range.begin * columnsPerBlock;
  return {first, std::min(range.end * columnsPerBlock, weights.N) - first};
}

bool RecurrentProduct::onUnit() const {
  return packs && weights.precision != Precision::highest && mostRows >= kUnitRows && weights.K > 0 &&
         matrixUnitAvailable();
}

int64_t RecurrentProduct::packedFloats() const { return partOffset(parts); }

int64_t RecurrentProduct::partOffset(int part) const {
  const int64_t panelColumns = onUnit() ? matrix_unit::kColumns : gemmKernels().panelColumns;
  int64_t panels = 0;
  for (int p = 0; p < part; p++) panels += ceilDivide(columns(p).count, panelColumns);
  const int64_t elements = panels * panelColumns;
  // Two bfloat16 are as large as a float.
  if (onUnit()) return matrix_unit::packedB(elements, weights.K, matrix_unit::partsOf(weights.precision)) / 2;
  return elements * weights.K;
}

int64_t RecurrentProduct::partScratch() const {
  if (mostRows < kPackedRows) return 0;
  const GemmKernels& kernels = gemmKernels();
  const int64_t block = std::min(mostRows, kernels.blockRows) * std::min(weights.K, kernels.blockDepth);
  return roundUp(block + kPackSlack, 16);
}

int64_t RecurrentProduct::scratchFloats() const {
  if (!onUnit()) return parts * partScratch();
  const int unitParts = matrix_unit::partsOf(weights.precision);
  return roundUp(matrix_unit::packedA(mostRows, weights.K, matrix_unit::kRows, unitParts) / 2, 16);
}

int64_t RecurrentProduct::tileFloats() const {
  if (!onUnit()) return 0;
  const int panelRows = matrix_unit::panelRowsFor(mostRows);
  return roundUp(matrix_unit::packedA(mostRows, weights.K, panelRows, matrix_unit::partsOf(weights.precision)) / 2, 16);
}

void RecurrentProduct::pack(int part) const {
  if (!packs) return;
  const Columns own = columns(part);
  if (onUnit()) {
    matrix_unit::packB(weights, 0, weights.K, own.first, own.count, matrix_unit::partsOf(weights.precision),
                       asTiles(packed + partOffset(part)));
    return;
  }
  const GemmKernels& kernels = gemmKernels();
  kernels.packB(weights, 0, weights.K, own.first, own.count, packed + partOffset(part),
                weights.K * kernels.panelColumns);
}

void RecurrentProduct::stage(int part, const StepRows& rows) const {
  if (rows.tiles == nullptr) return;
  const BlockRange own = blocksOfPart(blocks, parts, part);
  const int64_t all = ceilDivide(weights.K, kGroup), groups = ceilDivide(all, blocks);
  matrix_unit::packGroups(rows.values + own.begin * groups * kGroup, rows.ld, mostRows, weights.K, own.begin * groups,
                          std::min(own.end * groups, all), 0, matrix_unit::panelRowsFor(mostRows),
                          matrix_unit::partsOf(weights.precision), rows.tiles);
}

void RecurrentProduct::packRows(int part, const float* a, int64_t lda, int64_t rows) const {
  if (!onUnit()) return;
  const int64_t panels = ceilDivide(rows, matrix_unit::kRows);
  const int64_t first = panels * part / parts * matrix_unit::kRows;
  const int64_t last = std::min(rows, panels * (part + 1) / parts * matrix_unit::kRows);
  if (first >= last) return;
  Gemm g = weights;
  g.M = rows;
  g.a = a;
  g.lda = lda;
  const int unitParts = matrix_unit::partsOf(weights.precision);
  matrix_unit::packA(g, first, last - first, 0, g.K, matrix_unit::kRows, unitParts,
                     asTiles(scratch) + matrix_unit::packedA(first, g.K, matrix_unit::kRows, unitParts));
}

void RecurrentProduct::multiply(int part, const StepRows& rows, float* c, int64_t ldc, bool accumulate) const {
  if (rows.tiles == nullptr) return multiply(part, rows.values, rows.ld, mostRows, c, ldc, accumulate);
  const Columns own = columns(part);
  const int panelRows = matrix_unit::panelRowsFor(mostRows), unitParts = matrix_unit::partsOf(weights.precision);
  matrix_unit::multiply(matrix_unit::panelsOfA(rows.tiles, weights.K, panelRows, unitParts), panelRows,
                        matrix_unit::panelsOfB(asTiles(packed + partOffset(part)), weights.K, unitParts), weights.K,
                        unitParts, outputOf(weights, mostRows, own.first, own.count, c, ldc, accumulate));
}

void RecurrentProduct::multiply(int part, const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc,
                                bool accumulate) const {
  const Columns own = columns(part);
  const int64_t n0 = own.first, n = own.count;
  Gemm g = weights;
  g.M = rows;
  g.a = a;
  g.lda = lda;
  g.c = c;
  g.ldc = ldc;
  g.accumulate = accumulate;
  const GemmKernels& kernels = gemmKernels();
  if (!packs) return kernels.multiplyDirect(g, n0, n);
  float* b = packed + partOffset(part);
  BlockOutput out = outputOf(weights, rows, n0, n, c, ldc, accumulate);
  if (onUnit()) {
    constexpr int kPanelRows = matrix_unit::kRows;
    const int unitParts = matrix_unit::partsOf(weights.precision);
    const matrix_unit::Panels all = matrix_unit::panelsOfA(asTiles(scratch), g.K, kPanelRows, unitParts);
    const matrix_unit::Panels columns = matrix_unit::panelsOfB(asTiles(b), g.K, unitParts);
    for (int64_t m = 0; m < rows; m += kUnitBlockRows, out.c += kUnitBlockRows * ldc) {
      out.m = std::min(kUnitBlockRows, rows - m);
      matrix_unit::multiply(all.from(0, m / kPanelRows, kPanelRows, unitParts), kPanelRows, columns, g.K, unitParts,
                            out);
    }
    return;
  }
  float* room = scratch + part * partScratch();
  const int64_t panelStride = weights.K * kernels.panelColumns;
  if (rows < kPackedRows) return kernels.multiplyRows(a, lda, weights.K, b, panelStride, out);
  for (int64_t m = 0; m < rows; m += kernels.blockRows, out.c += kernels.blockRows * ldc) {
    out.m = std::min(kernels.blockRows, rows - m);
    const int panelRows = static_cast<int>(ceilDivide(out.m, ceilDivide(out.m, kernels.maxPanelRows)));
    for (int64_t k0 = 0; k0 < g.K; k0 += kernels.blockDepth) {
      const int64_t k = std::min(kernels.blockDepth, g.K - k0);
      kernels.packA(g, m, out.m, k0, k, panelRows, room);
      out.accumulate = accumulate || k0 > 0;
      kernels.multiplyPacked(room, panelRows, k, b + k0 * kernels.panelColumns, panelStride, out);
    }
  }
}

}  // namespace ostinato
