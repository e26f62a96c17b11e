#include "ops/kept_product.h"

#include <algorithm>
#include <cstring>

#include "ops/scratch_layout.h"
#include "products/provider.h"
#include "products/recurrent_product.h"

namespace ostinato {
namespace {

// Columns of a block that is shown: with the rows of a packing's block they stay in L2 beside the packed rows.
constexpr int64_t kShownColumns = 256;
// Tiles of fewer rows add in another order.
constexpr int64_t kSteadyRows = 4;

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

// Rows with which no panel has fewer than kSteadyRows.
int64_t steadyRows(const Packing& packing, int64_t rows) {
  const int64_t most = std::max(rows, kSteadyRows), last = most % packing.panelRowsFor(most);
  return last == 0 ? most : most + std::max<int64_t>(kSteadyRows - last, 0);
}

// The memory of one part: rows of a, the same packed, and a block of c.
struct ShownBlock {
  int64_t rows, depth, columns;
  float* a;
  char* packedA;
  float* c;

  ShownBlock(const Packing& p, const Gemm& g, ScratchLayout layout)
      : rows(std::min(g.M, p.blockRows)),
        depth(p.sharesRows ? g.K : std::min(g.K, p.blockDepth)),
        columns(roundUp(std::min(g.N, kShownColumns), p.panelColumns)),
        a(layout.floats((rows + kSteadyRows) * g.K)),
        packedA(layout.array<char>(p.bytesOfA(rows + kSteadyRows, depth, p.panelRows) + p.slackBytes)),
        c(layout.floats((rows + kSteadyRows) * columns)),
        bytes(layout.used()) {}

  size_t bytes;
};

// A part's columns of some rows of a, block by block.
void showRows(const RecurrentProduct& product, int part, const Gemm& g, const ShownBlock& block,
              std::span<const int32_t> rows, BlockReader& reader) {
  const Packing& p = product.packing();
  const int64_t count = static_cast<int64_t>(rows.size()), m = steadyRows(p, count);
  for (int64_t i = 0; i < m; i++) {
    const int64_t row = rows[static_cast<size_t>(std::min(i, count - 1))];
    std::memcpy(block.a + i * g.K, g.a + row * g.lda, static_cast<size_t>(g.K) * sizeof(float));
  }
  Gemm gathered = product.weights;
  gathered.M = m;
  gathered.a = block.a;
  gathered.lda = g.K;
  const int panelRows = p.panelRowsFor(m);
  const RecurrentProduct::Columns own = product.columns(part);
  const bool packsOnce = block.depth >= g.K;
  if (packsOnce) p.packA(gathered, 0, m, 0, g.K, panelRows, block.packedA);
  for (int64_t n0 = 0; n0 < own.count; n0 += block.columns) {
    const int64_t n = std::min(block.columns, own.count - n0);
    BlockOutput out{.m = m, .n = n, .c = block.c, .ldc = block.columns};
    if (g.bias) out.bias = g.bias + own.first + n0;
    for (int64_t k0 = 0; k0 < g.K; k0 += block.depth) {
      const int64_t k = std::min(block.depth, g.K - k0);
      if (!packsOnce) p.packA(gathered, 0, m, k0, k, panelRows, block.packedA);
      p.multiply(p.panelsOfA(block.packedA, k, panelRows), panelRows,
                 p.from(product.panels(part), k0, n0 / p.panelColumns, p.panelColumns), k, out);
      out.accumulate = true;
      out.bias = nullptr;
    }
    for (int64_t i = 0; i < count; i++) {
      reader.read(part, rows[static_cast<size_t>(i)], own.first + n0, block.c + i * block.columns, n);
    }
  }
}

}  // namespace

KeptForm keptProductForm(const Gemm& g, const ThreadPool& pool) {
  // A provider that keeps no operands stays the choice.
  if (!providerOf(g).packing(g.precision)) return {};
  // In float32, products of few rows read the matrix where it lies as fast; rounded it is half as large.
  const int64_t fewestRows = g.precision == Precision::highest ? 16 : 4;
  if (g.transposeA || g.accumulate || g.M < fewestRows || g.N < kHiddenBlock || g.K < kHiddenBlock) return {};
  const RecurrentProduct product = productOf(g, pool.threads());
  return {.bytes = static_cast<size_t>(product.packedFloats()) * sizeof(float),
          .layout = &product.packing(),
          .parts = product.parts,
          .transposed = g.transposeB,
          .rows = g.K,
          .columns = g.N};
}

size_t keptProductScratchBytes(const Gemm& g, const ThreadPool& pool) {
  if (keptProductForm(g, pool).bytes == 0) return 0;
  const RecurrentProduct product = productOf(g, pool.threads());
  const size_t shown = ShownBlock(product.packing(), g, ScratchLayout(nullptr)).bytes;
  return std::max(static_cast<size_t>(product.scratchFloats()) * sizeof(float),
                  static_cast<size_t>(product.parts) * shown);
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

void keptProductInBlocks(const Gemm& g, Kept& kept, void* scratch, ThreadPool& pool, BlockReader& reader) {
  RecurrentProduct product = productOf(g, pool.threads());
  product.packed = static_cast<float*>(kept.memory);
  const size_t bytes = ShownBlock(product.packing(), g, ScratchLayout(nullptr)).bytes;
  reader.begin(product.parts);
  const std::span<const int32_t> rows = reader.rows();
  pool.parallel(product.parts, [&](int part) {
    if (!kept.made) product.pack(part);
    const ScratchLayout layout(static_cast<char*>(scratch) + static_cast<size_t>(part) * bytes);
    const ShownBlock block(product.packing(), g, layout);
    for (size_t m = 0; m < rows.size(); m += static_cast<size_t>(block.rows)) {
      const size_t count = std::min(rows.size() - m, static_cast<size_t>(block.rows));
      showRows(product, part, g, block, rows.subspan(m, count), reader);
    }
  });
  kept.made = true;
}

}  // namespace ostinato
