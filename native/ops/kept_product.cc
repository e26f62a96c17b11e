#include "ops/kept_product.h"

#include <algorithm>

#include "products/provider.h"
#include "products/recurrent_product.h"

namespace ostinato {
namespace {

RecurrentProduct productOf(const Gemm& g, int parts) {
  const int64_t blocks = hiddenBlocks(g.N);
  RecurrentProduct product = {.weights = g,
                              .blocks = blocks,
                              .columnsPerBlock = kHiddenBlock,
                              .parts = static_cast<int>(std::min<int64_t>(parts, blocks)),
                              .mostRows = g.M};
  product.weights.compact = nullptr;
  product.weights.bias = nullptr;
  return product;
}

Gemm columnsOf(Gemm g, const RecurrentProduct::Columns& columns) {
  g.c += columns.first;
  g.bias += columns.first;
  g.N = columns.count;
  return g;
}

}  // namespace

size_t keptProductBytes(const Gemm& g, const ThreadPool& pool) {
  // A provider that keeps no operands stays the choice.
  if (!providerOf(g).packing(g.precision)) return 0;
  // In float32, products of few rows read the matrix where it lies as fast; rounded it is half as large.
  const int64_t fewestRows = g.precision == Precision::highest ? 16 : 4;
  if (g.transposeA || g.accumulate || g.M < fewestRows || g.N < kHiddenBlock || g.K < kHiddenBlock) return 0;
  return static_cast<size_t>(productOf(g, pool.threads()).packedFloats()) * sizeof(float);
}

size_t keptProductScratchBytes(const Gemm& g, const ThreadPool& pool) {
  if (keptProductBytes(g, pool) == 0) return 0;
  return static_cast<size_t>(productOf(g, pool.threads()).scratchFloats()) * sizeof(float);
}

void keptProduct(const Gemm& g, Kept& kept, void* scratch, ThreadPool& pool) {
  RecurrentProduct product = productOf(g, pool.threads());
  product.packed = static_cast<float*>(kept.memory);
  product.scratch = static_cast<float*>(scratch);
  pool.parallel(product.parts, [&](int part) {
    if (!kept.made) product.pack(part);
    product.packRows(part, g.a, g.lda, g.M);
  });
  kept.made = true;
  pool.parallel(product.parts, [&](int part) {
    if (g.bias) startWithBias(columnsOf(g, product.columns(part)));
    product.multiply(part, g.a, g.lda, g.M, g.c, g.ldc, g.bias != nullptr);
  });
}

}  // namespace ostinato
