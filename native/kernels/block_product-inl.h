// Products of small blocks that lie in the nearest caches, in tiles of registers. For SIMD files only.
//
//   c[i][j] = keep[i] c[i][j] + sum over k of a[i][k] b[k][j]
//
//   a  element (i,k) at a + i * rowStep + k * columnStep: a block, or one transposed
//   b  K rows of N floats, ldb apart;   c  M rows of N floats, ldc apart. N is a multiple of 16
//   keep  factor of row i at keep + i * keepStep; null: c begins at 0
//
// No alignment is needed; c overlaps neither a nor b.
#if defined(OSTINATO_BLOCK_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSTINATO_BLOCK_PRODUCT_INL_H_
#undef OSTINATO_BLOCK_PRODUCT_INL_H_
#else
#define OSTINATO_BLOCK_PRODUCT_INL_H_
#endif

#include <stdint.h>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

// A divisor of 16 lanes on every tier.
using BlockTag = hwy::HWY_NAMESPACE::CappedTag<float, 16>;
using BlockVector = hwy::HWY_NAMESPACE::Vec<BlockTag>;
constexpr int64_t kBlockLanes = static_cast<int64_t>(hwy::HWY_NAMESPACE::MaxLanes(BlockTag()));

// Floats in whole vectors of every tier.
HWY_INLINE int64_t wholeVectors(int64_t floats) { return (floats + 15) / 16 * 16; }

struct BlockProduct {
  int64_t M, N, K;
  const float* a;
  int64_t rowStep, columnStep;
  const float* b;
  int64_t ldb;
  float* c;
  int64_t ldc;
  const float* keep;
  int64_t keepStep;
};

// Rows i.. and columns j.. of the result: R rows of C vectors, in R * C registers.
template <int R, int C>
HWY_INLINE void productTile(const BlockProduct& g, int64_t i, int64_t j) {
  namespace hn = hwy::HWY_NAMESPACE;
  const BlockTag d;
  BlockVector sum[R][C];
  float* c = g.c + i * g.ldc + j;
  for (int r = 0; r < R; r++) {
    for (int v = 0; v < C; v++) {
      sum[r][v] = hn::Zero(d);
      if (!g.keep) continue;
      const BlockVector before = hn::LoadU(d, c + r * g.ldc + v * kBlockLanes);
      sum[r][v] = hn::Mul(hn::Set(d, g.keep[(i + r) * g.keepStep]), before);
    }
  }
  const float *a = g.a + i * g.rowStep, *b = g.b + j;
  for (int64_t k = 0; k < g.K; k++, a += g.columnStep, b += g.ldb) {
    BlockVector row[C];
    for (int v = 0; v < C; v++) row[v] = hn::LoadU(d, b + v * kBlockLanes);
    for (int r = 0; r < R; r++) {
      const BlockVector factor = hn::Set(d, a[r * g.rowStep]);
      for (int v = 0; v < C; v++) sum[r][v] = hn::MulAdd(factor, row[v], sum[r][v]);
    }
  }
  for (int r = 0; r < R; r++) {
    for (int v = 0; v < C; v++) hn::StoreU(sum[r][v], d, c + r * g.ldc + v * kBlockLanes);
  }
}

// Enough sums at once to hide the latency of an addition, in 16 or 32 registers.
#if HWY_TARGET == HWY_AVX2
constexpr int kTileVectors = 2, kTileRows = 4;
#else
constexpr int kTileVectors = 4, kTileRows = 4;
#endif

template <int C>
HWY_INLINE void productColumns(const BlockProduct& g, int64_t j) {
  constexpr int R = kTileRows * kTileVectors / C;
  int64_t i = 0;
  for (; i + R <= g.M; i += R) productTile<R, C>(g, i, j);
  if constexpr (R > 4) {
    for (; i + 4 <= g.M; i += 4) productTile<4, C>(g, i, j);
  }
  for (; i < g.M; i++) productTile<1, C>(g, i, j);
}

HWY_NOINLINE void blockProduct(const BlockProduct& g) {
  int64_t j = 0;
  for (; j + kTileVectors * kBlockLanes <= g.N; j += kTileVectors * kBlockLanes) productColumns<kTileVectors>(g, j);
  if constexpr (kTileVectors > 2) {
    for (; j + 2 * kBlockLanes <= g.N; j += 2 * kBlockLanes) productColumns<2>(g, j);
  }
  for (; j < g.N; j += kBlockLanes) productColumns<1>(g, j);
}

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#endif  // per-tier include guard
