// Packing of the matrix product's operands into panels (products/own/own_kernels.h says how they lie). For SIMD files
// only.
#if defined(OSTINATO_OWN_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSTINATO_OWN_PACK_INL_H_
#undef OSTINATO_OWN_PACK_INL_H_
#else
#define OSTINATO_OWN_PACK_INL_H_
#endif

#include "hwy/highway.h"
#include "products/own/own_kernels.h"
#include "products/own/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

// Four rows of four floats become four columns: to[i*stride + r] = from[r][i]. In blocks of 128 bits, which all tiers
// have.
HWY_INLINE void transpose4x4(const float* const (&from)[4], int64_t offset, float* to, int64_t stride) {
#if HWY_TARGET == HWY_SCALAR
  for (int i = 0; i < 4; i++) {
    for (int r = 0; r < 4; r++) to[i * stride + r] = from[r][offset + i];
  }
#else
  const hn::FixedTag<float, 4> d;
  const hn::RepartitionToWide<decltype(d)> pairs;
  const auto a = hn::LoadU(d, from[0] + offset);
  const auto b = hn::LoadU(d, from[1] + offset);
  const auto c = hn::LoadU(d, from[2] + offset);
  const auto e = hn::LoadU(d, from[3] + offset);
  const auto ab01 = hn::BitCast(pairs, hn::InterleaveLower(d, a, b));  // a0 b0 a1 b1
  const auto ce01 = hn::BitCast(pairs, hn::InterleaveLower(d, c, e));
  const auto ab23 = hn::BitCast(pairs, hn::InterleaveUpper(d, a, b));  // a2 b2 a3 b3
  const auto ce23 = hn::BitCast(pairs, hn::InterleaveUpper(d, c, e));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab01, ce01)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab01, ce01)), d, to + stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab23, ce23)), d, to + 2 * stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab23, ce23)), d, to + 3 * stride);
#endif
}

// One panel of `rows` rows of a stored [M,K]. Each group of four rows may scribble over the first rows of the next
// depth, so the groups go from the last to the first.
HWY_INLINE void packPanelOfRows(const Gemm& g, int64_t m0, int rows, int64_t k0, int64_t k, float* packed) {
  int64_t done = 0;
  while (done < k) {
    // A run of stored columns: all that is left, or what is left of one group.
    const int64_t depth = k0 + done;
    int64_t column = depth, run = k - done;
    if (g.maps.aGroups) {
      column = g.maps.aGroups[depth / kGroup] + depth % kGroup;
      if (run > kGroup - depth % kGroup) run = kGroup - depth % kGroup;
    }
    const float* from = g.a + m0 * g.lda + column;
    float* to = packed + done * rows;
    int64_t i = 0;
    for (; i + 4 <= run; i += 4) {
      for (int r = (rows - 1) / 4 * 4; r >= 0; r -= 4) {
        const float* four[4];
        for (int j = 0; j < 4; j++) four[j] = from + (r + j < rows ? r + j : rows - 1) * g.lda;
        transpose4x4(four, i, to + i * rows + r, rows);
      }
    }
    for (; i < run; i++) {
      for (int r = 0; r < rows; r++) to[i * rows + r] = from[r * g.lda + i];
    }
    done += run;
  }
}

// `length` floats, at most a panel's rows, from each of `depths` rows of a into a packed panel.
HWY_INLINE void packRun(const float* from, int64_t lda, int length, int depths, float* to, int rows) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
  static_assert(kMaxRows <= kLanes, "one vector holds a panel's rows");
  const FloatTag d;
  const auto mask = hn::FirstN(d, static_cast<size_t>(length));
  for (int i = 0; i < depths; i++, from += lda, to += rows)
    hn::BlendedStore(hn::MaskedLoad(mask, d, from), mask, d, to);
#else
  for (int i = 0; i < depths; i++, from += lda, to += rows) {
    int j = 0;
    for (; j + kLanes <= length; j += kLanes) storeFloats(loadFloats(from + j), to + j);
    for (; j < length; j++) to[j] = from[j];
  }
#endif
}

// All panels of a block of op(A) where a is stored [K,M]: a few depths at a time, so that the rows of a are read from
// end to end and the lines that the panels are written to stay in L1. What one panel takes of a row is one or two runs
// of floats.
HWY_INLINE void packColumns(const Gemm& g, int64_t m0, int64_t m, int64_t k0, int64_t k, int panelRows, float* packed) {
  constexpr int64_t kDepths = 16;
  for (int64_t depth = 0; depth < k; depth += kDepths) {
    const int depths = static_cast<int>(k - depth < kDepths ? k - depth : kDepths);
    for (int64_t done = 0; done < m; done += panelRows) {
      const int rows = static_cast<int>(m - done < panelRows ? m - done : panelRows);
      for (int r = 0; r < rows;) {
        int64_t column = m0 + done + r;
        int length = rows - r;
        if (g.maps.aGroups) {
          const int left = static_cast<int>(kGroup - column % kGroup);
          if (length > left) length = left;
          column = g.maps.aGroups[column / kGroup] + column % kGroup;
        }
        packRun(g.a + (k0 + depth) * g.lda + column, g.lda, length, depths, packed + done * k + depth * rows + r, rows);
        r += length;
      }
    }
  }
}

HWY_NOINLINE void packA(const Gemm& g, int64_t m0, int64_t m, int64_t k0, int64_t k, int panelRows, void* to) {
  float* packed = static_cast<float*>(to);
  if (g.transposeA) {
    packColumns(g, m0, m, k0, k, panelRows, packed);
    return;
  }
  for (int64_t done = 0; done < m; done += panelRows) {
    const int rows = static_cast<int>(m - done < panelRows ? m - done : panelRows);
    packPanelOfRows(g, m0 + done, rows, k0, k, packed + done * k);
  }
}

HWY_INLINE int64_t storedColumn(const Gemm& g, int64_t n) {
  return g.maps.bGroups ? g.maps.bGroups[n / kGroup] + n % kGroup : n;
}

// b stored [K,N]
HWY_INLINE void packPanelOfB(const Gemm& g, int64_t k0, int64_t k, int64_t n0, int columns, float* packed) {
  for (int64_t i = 0; i < k; i++) {
    float* to = packed + i * kPanelColumns;
    const int64_t row = g.maps.bRows ? g.maps.bRows[k0 + i] : k0 + i;
    const float* from = g.b + row * g.ldb;
    if (row >= 0 && columns == kPanelColumns) {
      HWY_UNROLL(2)
      for (int v = 0; v < kPanelVectors; v++) {
        storeFloats(loadFloats(from + storedColumn(g, n0 + v * kLanes)), to + v * kLanes);
      }
    } else {
      int j = 0;
      if (row >= 0) {
        for (; j + kLanes <= columns; j += kLanes) storeFloats(loadFloats(from + storedColumn(g, n0 + j)), to + j);
        for (; j < columns; j++) to[j] = from[storedColumn(g, n0 + j)];
      }
      for (; j < kPanelColumns; j++) to[j] = 0.0f;
    }
  }
}

// b stored [N,K]. A few depths at a time, for the same reasons as in packColumns.
HWY_INLINE void packPanelOfTransposedB(const Gemm& g, int64_t k0, int64_t k, int64_t n0, int columns, float* packed) {
  constexpr int64_t kDepths = 32;
  for (int64_t depth = 0; depth < k; depth += kDepths) {
    const int64_t depths = k - depth < kDepths ? k - depth : kDepths;
    float* to = packed + depth * kPanelColumns;
    for (int n = 0; n < kPanelColumns; n += 4) {
      const float* four[4];
      bool all = true;
      for (int j = 0; j < 4; j++) {
        const int64_t row = n + j >= columns ? -1 : g.maps.bRows ? g.maps.bRows[n0 + n + j] : n0 + n + j;
        all = all && row >= 0;
        four[j] = row >= 0 ? g.b + row * g.ldb + k0 + depth : nullptr;
      }
      int64_t i = 0;
      if (all) {
        for (; i + 4 <= depths; i += 4) transpose4x4(four, i, to + i * kPanelColumns + n, kPanelColumns);
      }
      for (; i < depths; i++) {
        for (int j = 0; j < 4; j++) to[i * kPanelColumns + n + j] = four[j] ? four[j][i] : 0.0f;
      }
    }
  }
}

HWY_NOINLINE void packB(const Gemm& g, int64_t k0, int64_t k, int64_t n0, int64_t n, void* to) {
  float* packed = static_cast<float*>(to);
  for (int64_t done = 0; done < n; done += kPanelColumns) {
    const int columns = static_cast<int>(n - done < kPanelColumns ? n - done : kPanelColumns);
    if (g.transposeB) {
      packPanelOfTransposedB(g, k0, k, n0 + done, columns, packed);
    } else {
      packPanelOfB(g, k0, k, n0 + done, columns, packed);
    }
    packed += k * kPanelColumns;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#endif  // per-tier include guard
