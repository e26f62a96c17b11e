#include "products/own/own_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "products/own/own_kernels.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "products/own/direct-inl.h"
#include "products/own/pack-inl.h"
#include "products/own/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

// How many depths a single tile fetches ahead of itself.
constexpr int64_t kStreamAhead = 64;

HWY_INLINE const float* floatsOf(const char* packed) { return reinterpret_cast<const float*>(packed); }

// Fetches what the sums of the tile from row m and column n on begin with, while those of the tile before it are made;
// they would wait for it otherwise.
HWY_INLINE void fetchSums(const BlockOutput& block, int64_t m, int rows, int64_t n) {
  if (!block.accumulate) return;
  for (int v = 0; v < kPanelVectors; v++, n += kLanes) {
    if (n >= block.n) return;
    const int64_t column = block.cGroups ? block.cGroups[n / kGroup] + n % kGroup : n;
    for (int64_t r = m; r < m + rows && r < block.m; r++) {
      const int64_t row = block.cRows ? block.cRows[r] : r;
      if (row >= 0) hwy::Prefetch(block.c + row * block.ldc + column);
    }
  }
}

// Panels of B outside, so that one stays in L1 while the panels of A stream past it from L2.
HWY_NOINLINE void multiplyPacked(Panels packedA, int panelRows, Panels packedB, int64_t k, const BlockOutput& block) {
  const float* a = floatsOf(packedA.first);
  TileOutput output;
  output.accumulate = block.accumulate;
  for (int64_t n = 0; n < block.n; n += kPanelColumns, packedB.first += packedB.stride) {
    const float* b = floatsOf(packedB.first);
    setTileColumns(block, n, output);
    for (int64_t m = 0; m < block.m; m += panelRows) {
      const int rows = static_cast<int>(block.m - m < panelRows ? block.m - m : panelRows);
      setTileRows(block, m, rows, output);
      if (m + rows < block.m) {
        fetchSums(block, m + rows, rows, n);
      } else {
        fetchSums(block, 0, panelRows, n + kPanelColumns);
      }
      const TileInput input{k, a + m * k, 0, b, kPanelColumns, nullptr, 0};
      runTile<true, true>(rows, input, output);
    }
  }
}

// The same with A as it lies. Rows are dealt out evenly (64 rows of at most 14 are 13,13,13,13,12), and k is cut so
// that the part of the panel in use stays in L1. Panels follow each other in memory; the first two tiles fetch the part
// after the one in use, half each, for reading it all in the first tile would be more than L3 can give: 59 % of the
// peak become 89 % where the weights are too large for L2.
HWY_NOINLINE void multiplyRows(const float* a, int64_t lda, int64_t k, Panels packedB, const BlockOutput& block) {
  const int64_t tiles = (block.m + kMaxRows - 1) / kMaxRows;
  // With many tiles one part is used for long enough to get by on half of what is fetched ahead.
  const int64_t depth = tiles <= 1 ? k : (tiles <= 3 ? 16 : 32) * 1024 / (kPanelColumns * 4);
  for (int64_t n = 0; n < block.n; n += kPanelColumns, packedB.first += packedB.stride) {
    const float* b = floatsOf(packedB.first);
    TileOutput output;
    setTileColumns(block, n, output);
    output.accumulate = block.accumulate;
    for (int64_t k0 = 0; k0 < k; k0 += depth) {
      const float* part = b + k0 * kPanelColumns;
      int64_t m = 0;
      for (int64_t t = 0; t < tiles; t++) {
        const int rows = static_cast<int>((block.m - m) / (tiles - t));
        setTileRows(block, m, rows, output);
        if (k - k0 <= depth) fetchSums(block, m, rows, n + kPanelColumns);
        TileInput input{k - k0 < depth ? k - k0 : depth, a + m * lda + k0, lda, part, kPanelColumns, nullptr, 0};
        if (tiles == 1) {
          input.ahead = part + kStreamAhead * kPanelColumns;
          input.aheadStep = kPanelColumns;
        } else if (t < 2) {
          input.ahead = part + depth * kPanelColumns + t * depth * (kPanelColumns / 2);
          input.aheadStep = kPanelColumns / 2;
        }
        runTile<false, true>(rows, input, output);
        m += rows;
      }
      output.accumulate = true;
      output.bias = nullptr;
    }
  }
}

// AVX-512 machines have 1 MB of L2 or more (measured on 2 MB: 80 % of the peak at depth 704, 78 % at 512, 75 % at 256);
// others may have 256 KB.
#if HWY_TARGET <= HWY_AVX3
constexpr int64_t kBlockDepth = 704, kBlockRows = 168;
#else
constexpr int64_t kBlockDepth = 384, kBlockRows = 96;
#endif

// Floats past the end of a packed A that packing may scribble on.
constexpr int64_t kPackSlack = 32;

// Dot products need vectors to be worth it; a tile reads b once for all its rows.
constexpr int64_t kDirectRowsTransposed = HWY_TARGET == HWY_SCALAR ? 4 : 64;

const OwnKernels kOwnKernels = {
    .packing = {.panelRows = kMaxRows,
                .panelColumns = kPanelColumns,
                .depthUnit = 1,
                .elementBytes = sizeof(float),
                .slackBytes = kPackSlack * sizeof(float),
                .blockDepth = kBlockDepth,
                .depthStep = kGroup,
                .blockRows = kBlockRows,
                .blockColumns = 2048,
                .splitRows = kMaxRows,
                .splitColumns = kPanelColumns > kGroup ? kPanelColumns : kGroup,
                .packingCost = 12,
                .fewestRows = 0,
                .sharesRows = false,
                .packA = packA,
                .packB = packB,
                .multiply = multiplyPacked,
                .multiplyRows = multiplyRows,
                .packGroups = nullptr,
                .gradients = nullptr},
    .directRowsTransposed = kDirectRowsTransposed,
    .directRows = kMaxRows,
    .multiplyDirect = multiplyDirect,
};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const OwnKernels& ownKernels() { return OSTINATO_TIER_TABLE(kOwnKernels); }

}  // namespace ostinato
#endif
