#include "products/bfloat16/operands.h"

#include "products/bfloat16/instructions.h"

#ifdef OSTINATO_BFLOAT16

#include "base/cpu.h"
#include "kernels/tiers.h"

namespace ostinato::bfloat16 {

bool dotsAvailable() { return cpuFeatures().bfloat16 && currentTier() >= Tier::avx512; }

namespace {

// Takes 16 numbers of one row and 16 of the next to pairs.
alignas(64) constexpr int16_t kInterleave[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};

// 32 floats as bfloat16, in order.
OSTINATO_VECTORS inline __m512i rounded(__m512 first, __m512 second) {
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
}

// x minus its bfloat16; 0 where that is infinite or NaN, which the first part carries alone.
OSTINATO_VECTORS inline __m512 rest(__m512 x) {
  const __m256i half = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x));
  const __m512 hi = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
  constexpr int kInfiniteOrNan = 0x99;
  return _mm512_maskz_sub_ps(static_cast<__mmask16>(~_mm512_fpclass_ps_mask(hi, kInfiniteOrNan)), x, hi);
}

// One tile of at most 16 rows of 32 bfloat16 (16 pairs).
struct Tile {
  __m512i rows[16];
};

// rows[i] lane j <-> rows[j] lane i, lanes of 32 bits.
OSTINATO_VECTORS inline void transpose(Tile& tile) {
  __m512i t[16];
  __m512i* r = tile.rows;
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xDD);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xDD);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xDD);
  }
}

// 16 floats from a row of groups: those of the group that holds column i.
OSTINATO_VECTORS inline __m512 loadGroup(const float* row, const int32_t* groups, int64_t i, __mmask16 lanes) {
  return _mm512_maskz_loadu_ps(lanes, row + (groups ? groups[i / kGroup] : i));
}

// Tiles of both parts from rows that hold 32 depths each: A as it is, B transposed.
// `row(i)` is the i-th row or null for zeros; columns [k,k+left) of the operand.
template <int Parts, class Row>
OSTINATO_VECTORS inline void tileOfRows(int count, int64_t k, int64_t left, const int32_t* groups, const Row& row,
                                        Tile (&tiles)[2]) {
  const __mmask16 first = firstLanes(left), second = firstLanes(left - 16);
  for (int i = 0; i < 16; i++) {
    const float* from = i < count ? row(i) : nullptr;
    if (from == nullptr) {
      tiles[0].rows[i] = tiles[1].rows[i] = _mm512_setzero_si512();
      continue;
    }
    const __m512 x = loadGroup(from, groups, k, first);
    const __m512 y = left > 16 ? loadGroup(from, groups, k + 16, second) : _mm512_setzero_ps();
    tiles[0].rows[i] = rounded(x, y);
    if (Parts == 2) tiles[1].rows[i] = rounded(rest(x), rest(y));
  }
}

// Tiles of pairs of depths from rows that hold 16 columns each: B as it is, A transposed.
// `row(i)` is the row of the i-th of `left` depths, or null for zeros.
template <int Parts, class Row>
OSTINATO_VECTORS inline void tileOfPairs(int64_t left, int64_t column, __mmask16 lanes, const int32_t* groups,
                                         const Row& row, Tile (&tiles)[2]) {
  const __m512i order = _mm512_load_si512(kInterleave);
  for (int i = 0; i < 16; i++) {
    const float* even = 2 * i < left ? row(2 * i) : nullptr;
    const float* odd = 2 * i + 1 < left ? row(2 * i + 1) : nullptr;
    const __m512 x = even ? loadGroup(even, groups, column, lanes) : _mm512_setzero_ps();
    const __m512 y = odd ? loadGroup(odd, groups, column, lanes) : _mm512_setzero_ps();
    tiles[0].rows[i] = _mm512_permutexvar_epi16(order, rounded(x, y));
    if (Parts == 2) tiles[1].rows[i] = _mm512_permutexvar_epi16(order, rounded(rest(x), rest(y)));
  }
}

OSTINATO_VECTORS inline void storeRows(const Tile& tile, int count, BFloat16* to) {
  for (int i = 0; i < count; i++) _mm512_store_si512(to + i * kDepth, tile.rows[i]);
}

// One tile of A from `rows` rows of op(A) and `left` depths.
template <int Parts>
OSTINATO_VECTORS inline void tileOfA(const Gemm& g, int64_t m, int rows, int64_t k, int64_t left, int panelRows,
                                     BFloat16* packed) {
  Tile tiles[2];
  if (g.transposeA) {
    // Groups are 16 wide and panels may not be: the columns of a panel come from at most two of them.
    const int64_t toNext = kGroup - m % kGroup;
    const int firstRows = g.maps.aGroups && toNext < rows ? static_cast<int>(toNext) : rows;
    const auto columnAt = [&](int64_t i) { return g.maps.aGroups ? g.maps.aGroups[i / kGroup] + i % kGroup : i; };
    const float* from = g.a + k * g.lda;
    const auto row = [&](int64_t i) { return from + i * g.lda; };
    tileOfPairs<Parts>(left, columnAt(m), firstLanes(firstRows), nullptr, row, tiles);
    for (int part = 0; part < Parts; part++) transpose(tiles[part]);
    if (firstRows < rows) {
      Tile others[2];
      tileOfPairs<Parts>(left, columnAt(m + firstRows), firstLanes(rows - firstRows), nullptr, row, others);
      for (int part = 0; part < Parts; part++) {
        transpose(others[part]);
        for (int i = firstRows; i < rows; i++) tiles[part].rows[i] = others[part].rows[i - firstRows];
      }
    }
  } else {
    const auto row = [&](int i) { return g.a + (m + i) * g.lda; };
    tileOfRows<Parts>(rows, k, left, g.maps.aGroups, row, tiles);
  }
  for (int part = 0; part < Parts; part++, packed += panelRows * kDepth) storeRows(tiles[part], panelRows, packed);
}

// One tile of B from `columns` columns of op(B) and `left` depths; `packed` is its half of the panel.
template <int Parts>
OSTINATO_VECTORS inline void tileOfB(const Gemm& g, int64_t k, int64_t left, int64_t n, int columns, BFloat16* packed) {
  Tile tiles[2];
  const auto stored = [&](int64_t i) -> const float* {
    const int64_t r = g.maps.bRows ? g.maps.bRows[i] : i;
    return r < 0 ? nullptr : g.b + r * g.ldb;
  };
  if (g.transposeB) {
    tileOfRows<Parts>(columns, k, left, nullptr, [&](int i) { return stored(n + i); }, tiles);
    for (int part = 0; part < Parts; part++) transpose(tiles[part]);
  } else {
    tileOfPairs<Parts>(left, n, firstLanes(columns), g.maps.bGroups, [&](int64_t i) { return stored(k + i); }, tiles);
  }
  for (int part = 0; part < Parts; part++, packed += 2 * kTile) storeRows(tiles[part], kRows, packed);
}

// Calls f(i, depth) for i in [0,m) by `width` and depths in [0,k) by 32, so that memory is read from end to end: rows
// of what is stored inside, the others outside.
template <class F>
OSTINATO_VECTORS inline void forTiles(int64_t m, int64_t width, int64_t k, bool depthsInRows, const F& f) {
  if (depthsInRows) {
    for (int64_t i = 0; i < m; i += width) {
      for (int64_t depth = 0; depth < k; depth += kDepth) f(i, depth);
    }
  } else {
    for (int64_t depth = 0; depth < k; depth += kDepth) {
      for (int64_t i = 0; i < m; i += width) f(i, depth);
    }
  }
}

template <int Parts>
OSTINATO_VECTORS void packRowsOfA(const Gemm& g, int64_t m0, int64_t m, int64_t k0, int64_t k, int panelRows,
                                  BFloat16* packed) {
  const int64_t tile = panelRows * kDepth * Parts, depths = steps(k);
  forTiles(m, panelRows, k, !g.transposeA, [&](int64_t i, int64_t depth) OSTINATO_VECTORS {
    const int rows = static_cast<int>(m - i < panelRows ? m - i : panelRows);
    tileOfA<Parts>(g, m0 + i, rows, k0 + depth, k - depth, panelRows,
                   packed + (i / panelRows * depths + depth / kDepth) * tile);
  });
}

// A float as bfloat16 in one part, or in two parts `apart` elements from each other.
template <int Parts>
OSTINATO_VECTORS inline void storeHalf(__m512 x, BFloat16* to, int64_t apart) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(to), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x)));
  if (Parts == 2) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to + apart), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(rest(x))));
  }
}

template <int Parts>
OSTINATO_VECTORS void packGroupsOfA(const float* a, int64_t lda, int64_t m, int64_t k, int64_t g0, int64_t g1,
                                    int64_t row, int panelRows, BFloat16* packed) {
  const int64_t tile = panelRows * kDepth, panel = steps(k) * Parts * tile;
  for (int64_t last = row + m; row < last; row++, a += lda) {
    BFloat16* to = packed + row / panelRows * panel + row % panelRows * kDepth;
    for (int64_t g = g0; g < g1; g++) {
      const __m512 x = _mm512_maskz_loadu_ps(firstLanes(k - g * kGroup), a + (g - g0) * kGroup);
      storeHalf<Parts>(x, to + g / 2 * Parts * tile + g % 2 * kGroup, tile);
    }
  }
}

// A panel whose second half has no columns is never multiplied there.
template <int Parts>
OSTINATO_VECTORS void packColumnsOfB(const Gemm& g, int64_t k0, int64_t k, int64_t n0, int64_t n, BFloat16* packed) {
  const int64_t depths = steps(k);
  forTiles(n, kRows, k, g.transposeB, [&](int64_t i, int64_t depth) OSTINATO_VECTORS {
    const int columns = static_cast<int>(n - i < kRows ? n - i : kRows);
    tileOfB<Parts>(g, k0 + depth, k - depth, n0 + i, columns,
                   packed + (i / kColumns * depths + depth / kDepth) * Parts * 2 * kTile + i / kRows % 2 * kTile);
  });
}

}  // namespace

void packA(const Gemm& g, int64_t m0, int64_t m, int64_t k0, int64_t k, int panelRows, int parts, BFloat16* packed) {
  (parts == 2 ? packRowsOfA<2> : packRowsOfA<1>)(g, m0, m, k0, k, panelRows, packed);
}

void packGroups(const float* a, int64_t lda, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t row, int panelRows,
                int parts, BFloat16* packed) {
  (parts == 2 ? packGroupsOfA<2> : packGroupsOfA<1>)(a, lda, m, k, g0, g1, row, panelRows, packed);
}

OSTINATO_VECTORS void packPairs(const float* b, int64_t ldb, int64_t m, int64_t k, int64_t g0, int64_t g1,
                                int64_t depth, BFloat16* packed) {
  const __m512i order = _mm512_load_si512(kInterleave);
  const int64_t panel = steps(k) * 2 * kTile;
  for (int64_t i = 0; i < m; i += 2, depth += 2, b += 2 * ldb) {
    BFloat16* to = packed + depth / kDepth * 2 * kTile + depth % kDepth * kGroup;
    for (int64_t g = g0; g < g1; g++) {
      const float* from = b + (g - g0) * kGroup;
      const __m512 x = _mm512_loadu_ps(from);
      const __m512 y = i + 1 < m ? _mm512_loadu_ps(from + ldb) : _mm512_setzero_ps();
      _mm512_store_si512(to + g / 2 * panel + g % 2 * kTile, _mm512_permutexvar_epi16(order, rounded(x, y)));
    }
  }
}

OSTINATO_VECTORS void packDepths(const float* const* depths, int64_t m, int64_t k, int64_t s0, int64_t s1,
                                 int panelRows, const int32_t* groups, BFloat16* packed) {
  const int64_t tile = panelRows * kDepth, panel = steps(k) * tile;
  for (int64_t step = s0; step < s1; step++) {
    const float* const* own = depths + step * kDepth;
    const auto row = [own](int64_t i) { return own[i]; };
    for (int64_t i = 0; i < m; i += panelRows) {
      Tile tiles[2];
      tileOfPairs<1>(k - step * kDepth, i, firstLanes(m - i < panelRows ? m - i : panelRows), groups, row, tiles);
      transpose(tiles[0]);
      storeRows(tiles[0], panelRows, packed + i / panelRows * panel + step * tile);
    }
  }
}

void packB(const Gemm& g, int64_t k0, int64_t k, int64_t n0, int64_t n, int parts, BFloat16* packed) {
  (parts == 2 ? packColumnsOfB<2> : packColumnsOfB<1>)(g, k0, k, n0, n, packed);
}

OSTINATO_VECTORS void transposeTo(const float* from, int64_t ldFrom, int64_t m, int64_t n, const int32_t* rows,
                                  float* to, int64_t ldTo) {
  for (int64_t j = 0; j < n; j += 16) {
    for (int64_t i = 0; i < m; i += 16) {
      Tile tile;
      for (int r = 0; r < 16; r++) {
        tile.rows[r] = i + r < m ? _mm512_loadu_si512(from + (i + r) * ldFrom + j) : _mm512_setzero_si512();
      }
      transpose(tile);
      for (int r = 0; r < 16; r++) {
        if (rows[j + r] >= 0) _mm512_mask_storeu_epi32(to + rows[j + r] * ldTo + i, firstLanes(m - i), tile.rows[r]);
      }
    }
  }
}

}  // namespace ostinato::bfloat16

#else

#include <cstdlib>

namespace ostinato::bfloat16 {

bool dotsAvailable() { return false; }

// Never called: whoever multiplies bfloat16 is not available here.
void packA(const Gemm&, int64_t, int64_t, int64_t, int64_t, int, int, BFloat16*) { std::abort(); }
void packGroups(const float*, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int, int, BFloat16*) {
  std::abort();
}
void packPairs(const float*, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, BFloat16*) { std::abort(); }
void packDepths(const float* const*, int64_t, int64_t, int64_t, int64_t, int, const int32_t*, BFloat16*) {
  std::abort();
}
void packB(const Gemm&, int64_t, int64_t, int64_t, int64_t, int, BFloat16*) { std::abort(); }
void transposeTo(const float*, int64_t, int64_t, int64_t, const int32_t*, float*, int64_t) { std::abort(); }

}  // namespace ostinato::bfloat16

#endif
