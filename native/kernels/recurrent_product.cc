#include "kernels/recurrent_product.h"

#include <algorithm>

#include "kernels/gemm_kernels.h"

namespace ostinato {
namespace {

// From so many rows of a on, packing them pays: it makes their elements lie in the order in which the tiles want them.
constexpr int64_t kPackedRows = 128;

int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

// Columns of one part, as far as the weights go.
RecurrentProduct::Columns RecurrentProduct::columns(int part) const {
  const BlockRange range = blocksOfPart(blocks, parts, part);
  const int64_t first = range.begin * columnsPerBlock;
  return {first, std::min(range.end * columnsPerBlock, weights.N) - first};
}

int64_t RecurrentProduct::packedFloats() const { return partOffset(parts); }

int64_t RecurrentProduct::partOffset(int part) const {
  const int64_t panelColumns = gemmKernels().panelColumns;
  int64_t panels = 0;
  for (int p = 0; p < part; p++) panels += ceilDivide(columns(p).count, panelColumns);
  return panels * panelColumns * weights.K;
}

int64_t RecurrentProduct::scratchFloats(int64_t rows) const {
  if (rows < kPackedRows) return 0;
  const GemmKernels& kernels = gemmKernels();
  return ceilDivide(std::min(rows, kernels.blockRows) * std::min(weights.K, kernels.blockDepth) + kPackSlack, 16) * 16;
}

void RecurrentProduct::pack(int part) const {
  if (packed == nullptr) return;
  const GemmKernels& kernels = gemmKernels();
  const Columns own = columns(part);
  kernels.packB(weights, 0, weights.K, own.first, own.count, packed + partOffset(part),
                weights.K * kernels.panelColumns);
}

void RecurrentProduct::multiply(int part, const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc,
                                bool accumulate, float* scratch) const {
  const GemmKernels& kernels = gemmKernels();
  const Columns own = columns(part);
  const int64_t n0 = own.first, n = own.count;
  if (packed == nullptr) {
    Gemm g = weights;
    g.M = rows;
    g.a = a;
    g.lda = lda;
    g.c = c;
    g.ldc = ldc;
    g.accumulate = accumulate;
    kernels.multiplyDirect(g, n0, n);
    return;
  }
  const int64_t panelStride = weights.K * kernels.panelColumns;
  const float* b = packed + partOffset(part);
  BlockOutput out{rows, n, c, ldc, nullptr, weights.maps.cGroups, accumulate};
  if (out.cGroups) {
    out.cGroups += n0 / kGroup;
  } else {
    out.c += n0;
  }
  if (scratch == nullptr || rows < kPackedRows) {
    kernels.multiplyRows(a, lda, weights.K, b, panelStride, out);
    return;
  }
  Gemm g = weights;
  g.M = rows;
  g.a = a;
  g.lda = lda;
  for (int64_t m = 0; m < rows; m += kernels.blockRows) {
    out.m = std::min(kernels.blockRows, rows - m);
    const int panelRows = static_cast<int>(ceilDivide(out.m, ceilDivide(out.m, kernels.maxPanelRows)));
    for (int64_t k0 = 0; k0 < g.K; k0 += kernels.blockDepth) {
      const int64_t k = std::min(kernels.blockDepth, g.K - k0);
      kernels.packA(g, m, out.m, k0, k, panelRows, scratch);
      out.accumulate = accumulate || k0 > 0;
      kernels.multiplyPacked(scratch, panelRows, k, b + k0 * kernels.panelColumns, panelStride, out);
    }
    out.c += kernels.blockRows * ldc;
  }
}

}  // namespace ostinato
