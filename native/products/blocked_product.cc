#include "products/blocked_product.h"

namespace ostinato {
namespace {

// Below this many multiply-adds a second thread gains less than waking it costs.
constexpr int64_t kSerialWork = 150000;

// How a product is cut, and the bytes of one part's blocks.
struct Blocks {
  Split split;
  int64_t depth;
  int64_t a, b;

  Blocks(const Packing& p, const Gemm& g, int threads)
      : split(splitFor(g, threads, p.splitRows, p.splitColumns, p.packingCost)),
        // Blocks of nearly equal depth: 2600 by at most 704 is 656, 656, 656, 632.
        depth(std::min(g.K, roundUp(ceilDivide(g.K, ceilDivide(g.K, p.blockDepth)), p.depthStep))),
        a(roundUp(p.bytesOfA(std::min(split.rows, p.blockRows), depth, p.panelRows) + p.slackBytes, 64)),
        b(roundUp(p.bytesOfB(std::min(split.columns, p.blockColumns), depth), 64)) {}

  int64_t bytes() const { return a + b; }
};

// Where the block of C from row m0 and column n0 on goes. Its first depths bring the bias and what was there before.
BlockOutput outputOf(const Gemm& g, int64_t m0, int64_t m, int64_t n0, int64_t n, bool first) {
  BlockOutput out{.m = m,
                  .n = n,
                  .c = g.c,
                  .ldc = g.ldc,
                  .cRows = g.maps.cRows,
                  .cGroups = g.maps.cGroups,
                  .accumulate = g.accumulate || !first,
                  .bias = g.bias && first ? g.bias + n0 : nullptr};
  if (out.cRows) {
    out.cRows += m0;
  } else {
    out.c += m0 * g.ldc;
  }
  if (out.cGroups) {
    out.cGroups += n0 / kGroup;
  } else {
    out.c += n0;
  }
  return out;
}

void multiplyPart(const Packing& p, const Gemm& g, const Part& part, int64_t depth, char* packedA, char* packedB) {
  for (int64_t nb = 0; nb < part.n; nb += p.blockColumns) {
    const int64_t n0 = part.n0 + nb, columns = std::min(p.blockColumns, part.n - nb);
    for (int64_t k0 = 0; k0 < g.K; k0 += depth) {
      const int64_t k = std::min(depth, g.K - k0);
      p.packB(g, k0, k, n0, columns, packedB);
      for (int64_t mb = 0; mb < part.m; mb += p.blockRows) {
        const int64_t m0 = part.m0 + mb, rows = std::min(p.blockRows, part.m - mb);
        const int panelRows = p.panelRowsFor(rows);
        p.packA(g, m0, rows, k0, k, panelRows, packedA);
        p.multiply(p.panelsOfA(packedA, k, panelRows), panelRows, p.panelsOfB(packedB, k), k,
                   outputOf(g, m0, rows, n0, columns, k0 == 0));
      }
    }
  }
}

}  // namespace

Split splitFor(const Gemm& g, int threads, int64_t rowUnit, int64_t columnUnit, double packingCost) {
  Split best{g.M, g.N, 1, 1};
  if (threads <= 1 || g.M * g.N * g.K < kSerialWork) return best;
  const int64_t rowUnits = ceilDivide(g.M, rowUnit), columnUnits = ceilDivide(g.N, columnUnit);
  double bestCost = 0;
  for (int rowParts = 1; rowParts <= threads; rowParts++) {
    const int columnParts = threads / rowParts;
    const int64_t rows = ceilDivide(rowUnits, rowParts) * rowUnit;
    const int64_t columns = ceilDivide(columnUnits, columnParts) * columnUnit;
    // Time per depth of one part: its sums, and packing.
    const double cost = static_cast<double>(rows) * columns + packingCost * (rows + columns);
    if (rowParts == 1 || cost < bestCost) {
      bestCost = cost;
      best = {rows, columns, static_cast<int>(ceilDivide(g.M, rows)), static_cast<int>(ceilDivide(g.N, columns))};
    }
  }
  return best;
}

size_t blockedProductBytes(const Packing& packing, const Gemm& product, int threads) {
  const Blocks blocks(packing, product, threads);
  return static_cast<size_t>(blocks.bytes() * blocks.split.parts());
}

void blockedProduct(const Packing& packing, const Gemm& product, void* scratch, ThreadPool& pool) {
  const Blocks blocks(packing, product, pool.threadsHere());
  forParts(product, blocks.split, pool, [&](const Part& part) {
    char* packed = static_cast<char*>(scratch) + part.number * blocks.bytes();
    multiplyPart(packing, product, part, blocks.depth, packed, packed + blocks.a);
  });
}

}  // namespace ostinato
