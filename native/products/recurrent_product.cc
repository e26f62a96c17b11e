#include "products/recurrent_product.h"

#include <algorithm>

#include "products/own/own_kernels.h"
#include "products/provider.h"

namespace ostinato {
namespace {

// From this many rows of a on, packing them pays also where they can be read as they lie: it makes their elements lie
// in the order in which the tiles want them.
constexpr int64_t kPackedRows = 128;

int64_t floats(int64_t bytes) { return bytes / static_cast<int64_t>(sizeof(float)); }

}  // namespace

const Packing& RecurrentProduct::packing() const {
  return packingFor(packs ? weights.precision : Precision::highest, mostRows);
}

RecurrentProduct::Columns RecurrentProduct::columns(int part) const {
  const BlockRange range = blocksOfPart(blocks, parts, part);
  const int64_t first = range.begin * columnsPerBlock;
  return {first, std::min(range.end * columnsPerBlock, weights.N) - first};
}

BlockOutput RecurrentProduct::output(int part, int64_t rows, float* c, int64_t ldc, bool accumulate) const {
  const Columns own = columns(part);
  BlockOutput out{.m = rows, .n = own.count, .c = c, .ldc = ldc, .accumulate = accumulate};
  if (weights.maps.cGroups) {
    out.cGroups = weights.maps.cGroups + own.first / kGroup;
  } else {
    out.c += own.first;
  }
  return out;
}

int64_t RecurrentProduct::packedFloats() const { return partOffset(parts); }

int64_t RecurrentProduct::partOffset(int part) const {
  const Packing& p = packing();
  int64_t all = 0;
  for (int before = 0; before < part; before++) all += roundUp(columns(before).count, p.panelColumns);
  return floats(p.bytesOfB(all, weights.K));
}

int64_t RecurrentProduct::partScratch() const {
  if (mostRows < kPackedRows) return 0;
  const Packing& p = packing();
  const int64_t rows = std::min(mostRows, p.blockRows), depth = std::min(weights.K, p.blockDepth);
  return floats(roundUp(p.bytesOfA(rows, depth, p.panelRows) + p.slackBytes, 64));
}

int64_t RecurrentProduct::scratchFloats() const {
  const Packing& p = packing();
  if (!p.sharesRows) return parts * partScratch();
  return floats(roundUp(p.bytesOfA(mostRows, weights.K, p.panelRows), 64));
}

int64_t RecurrentProduct::tileFloats() const {
  const Packing& p = packing();
  if (!p.packGroups) return 0;
  return floats(roundUp(p.bytesOfA(mostRows, weights.K, p.panelRowsFor(mostRows)), 64));
}

void RecurrentProduct::pack(int part) const {
  if (!packs) return;
  const Columns own = columns(part);
  packing().packB(weights, 0, weights.K, own.first, own.count, packed + partOffset(part));
}

void RecurrentProduct::stage(int part, const StepRows& rows) const {
  if (rows.tiles == nullptr) return;
  const Packing& p = packing();
  const BlockRange own = blocksOfPart(blocks, parts, part);
  const int64_t all = ceilDivide(weights.K, kGroup), groups = ceilDivide(all, blocks);
  p.packGroups(rows.values + own.begin * groups * kGroup, rows.ld, mostRows, weights.K, own.begin * groups,
               std::min(own.end * groups, all), 0, p.panelRowsFor(mostRows), rows.tiles);
}

void RecurrentProduct::packRows(int part, const float* a, int64_t lda, int64_t rows) const {
  const Packing& p = packing();
  if (!p.sharesRows) return;
  const int64_t panels = ceilDivide(rows, p.panelRows);
  const int64_t first = panels * part / parts * p.panelRows;
  const int64_t last = std::min(rows, panels * (part + 1) / parts * p.panelRows);
  if (first >= last) return;
  p.packA(rowsOf(a, lda, rows), first, last - first, 0, weights.K, p.panelRows,
          scratch + floats(p.bytesOfA(first, weights.K, p.panelRows)));
}

Gemm RecurrentProduct::rowsOf(const float* a, int64_t lda, int64_t rows) const {
  Gemm g = weights;
  g.M = rows;
  g.a = a;
  g.lda = lda;
  return g;
}

void RecurrentProduct::multiply(int part, const StepRows& rows, float* c, int64_t ldc, bool accumulate) const {
  if (rows.tiles == nullptr) return multiply(part, rows.values, rows.ld, mostRows, c, ldc, accumulate);
  const Packing& p = packing();
  const int panelRows = p.panelRowsFor(mostRows);
  p.multiply(p.panelsOfA(rows.tiles, weights.K, panelRows), panelRows, panels(part), weights.K,
             output(part, mostRows, c, ldc, accumulate));
}

void RecurrentProduct::multiply(int part, const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc,
                                bool accumulate) const {
  const Columns own = columns(part);
  Gemm g = rowsOf(a, lda, rows);
  if (!packs) {
    g.c = c;
    g.ldc = ldc;
    g.accumulate = accumulate;
    return ownKernels().multiplyDirect(g, own.first, own.count);
  }
  const Packing& p = packing();
  const Panels b = panels(part);
  BlockOutput out = output(part, rows, c, ldc, accumulate);
  if (!p.sharesRows && rows < kPackedRows) return p.multiplyRows(a, lda, g.K, b, out);
  for (int64_t m = 0; m < rows; m += p.blockRows, out.c += p.blockRows * ldc) {
    out.m = std::min(p.blockRows, rows - m);
    out.accumulate = accumulate;
    if (p.sharesRows) {
      const Panels all = p.panelsOfA(scratch, g.K, p.panelRows);
      p.multiply(p.from(all, 0, m / p.panelRows, p.panelRows), p.panelRows, b, g.K, out);
      continue;
    }
    const int panelRows = p.panelRowsFor(out.m);
    float* room = scratch + part * partScratch();
    for (int64_t k0 = 0; k0 < g.K; k0 += p.blockDepth) {
      const int64_t k = std::min(p.blockDepth, g.K - k0);
      p.packA(g, m, out.m, k0, k, panelRows, room);
      p.multiply(p.panelsOfA(room, k, panelRows), panelRows, p.from(b, k0, 0, p.panelColumns), k, out);
      out.accumulate = true;
    }
  }
}

}  // namespace ostinato
