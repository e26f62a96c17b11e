// Products of a few rows with a matrix that is used once, so that packing it would cost more than it saves. For SIMD
// files only.
#if defined(OSTINATO_OWN_DIRECT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSTINATO_OWN_DIRECT_INL_H_
#undef OSTINATO_OWN_DIRECT_INL_H_
#else
#define OSTINATO_OWN_DIRECT_INL_H_
#endif

#include <cstring>

#include "hwy/highway.h"
#include "products/own/own_kernels.h"
#include "products/own/pack-inl.h"
#include "products/own/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR
// A vector of any size folded into four lanes.
HWY_INLINE hn::Vec<hn::FixedTag<float, 4>> sumOfQuarters(hn::Vec<hn::FixedTag<float, 4>> x) { return x; }
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
HWY_INLINE hn::Vec<hn::FixedTag<float, 4>> sumOfQuarters(hn::Vec<hn::FixedTag<float, 8>> x) {
  const hn::FixedTag<float, 4> d;
  return hn::Add(hn::LowerHalf(d, x), hn::UpperHalf(d, x));
}
#endif
#if HWY_TARGET <= HWY_AVX3
HWY_INLINE hn::Vec<hn::FixedTag<float, 4>> sumOfQuarters(hn::Vec<hn::FixedTag<float, 16>> x) {
  const hn::FixedTag<float, 8> d;
  return sumOfQuarters(hn::Add(hn::LowerHalf(d, x), hn::UpperHalf(d, x)));
}
#endif
#endif

// The sums of four vectors' elements, in order.
HWY_INLINE void sumFour(Floats a, Floats b, Floats c, Floats e, float* sums) {
#if HWY_TARGET == HWY_SCALAR
  sums[0] = sumFloats(a);
  sums[1] = sumFloats(b);
  sums[2] = sumFloats(c);
  sums[3] = sumFloats(e);
#else
  const hn::FixedTag<float, 4> d;
  const auto a4 = sumOfQuarters(a), b4 = sumOfQuarters(b), c4 = sumOfQuarters(c), e4 = sumOfQuarters(e);
  const hn::RepartitionToWide<decltype(d)> pairs;
  const auto ab = hn::Add(hn::InterleaveLower(d, a4, b4), hn::InterleaveUpper(d, a4, b4));  // a02 b02 a13 b13
  const auto ce = hn::Add(hn::InterleaveLower(d, c4, e4), hn::InterleaveUpper(d, c4, e4));
  const auto low = hn::InterleaveLower(pairs, hn::BitCast(pairs, ab), hn::BitCast(pairs, ce));
  const auto high = hn::InterleaveUpper(pairs, hn::BitCast(pairs, ab), hn::BitCast(pairs, ce));
  hn::StoreU(hn::Add(hn::BitCast(d, low), hn::BitCast(d, high)), d, sums);
#endif
}

// 4 x 4 sums of 32 registers, 3 x 4 of 16.
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kDotRows = 4;
#else
constexpr int kDotRows = 3;
#endif

// Rows of b [N,K], K apart or in fewer bytes (kernels/compact_weights.h), whose rows end in zeros that may be read.
struct PlainRows {
  using Element = float;
  static constexpr bool kPadded = false;
  const float* row(const Gemm& g, int64_t n) const { return g.b + n * g.ldb; }
  float scale(const Gemm&, int64_t) const { return 1; }
};

struct BFloat16Rows {
  using Element = uint16_t;
  static constexpr bool kPadded = true;
  const uint16_t* row(const Gemm& g, int64_t n) const { return g.compact->bfloat16(n); }
  float scale(const Gemm&, int64_t) const { return 1; }
};

struct Int8Rows {
  using Element = int8_t;
  static constexpr bool kPadded = true;
  const int8_t* row(const Gemm& g, int64_t n) const { return g.compact->int8(n); }
  float scale(const Gemm& g, int64_t n) const { return g.compact->scale(n); }
};

HWY_INLINE Floats loadElements(const float* p) { return loadFloats(p); }
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE Floats loadElements(const uint16_t* p) {
  alignas(16) float line[kLanes];
  for (int i = 0; i < kLanes; i++) {
    const uint32_t bits = static_cast<uint32_t>(p[i]) << 16;
    std::memcpy(line + i, &bits, sizeof bits);
  }
  return loadFloats(line);
}
HWY_INLINE Floats loadElements(const int8_t* p) {
  alignas(16) float line[kLanes];
  for (int i = 0; i < kLanes; i++) line[i] = p[i];
  return loadFloats(line);
}
#else
HWY_INLINE Floats loadElements(const uint16_t* p) {
  const FloatTag d;
  const hn::RebindToUnsigned<FloatTag> words;
  const hn::Rebind<uint16_t, FloatTag> halves;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(words, hn::LoadU(halves, p))));
}
HWY_INLINE Floats loadElements(const int8_t* p) {
  const hn::RebindToSigned<FloatTag> words;
  const hn::Rebind<int8_t, FloatTag> bytes;
  return hn::ConvertTo(FloatTag(), hn::PromoteTo(words, hn::LoadU(bytes, p)));
}
#endif

// The first `count` elements; what comes after is met with zeros of a.
template <bool Padded, class Element>
HWY_INLINE Floats loadLast(const Element* p, int) {
  return loadElements(p);
}
template <>
HWY_INLINE Floats loadLast<false, float>(const float* p, int count) {
  return loadFirst(p, count);
}

// Sums that are made at once, as many as the registers hold with their operands. A row alone has twice the columns, not
// two sums for each: every sum is made in the same order, so that a row's bits do not depend on the rows beside it.
template <int Rows>
constexpr int kDotColumns = Rows == 1 ? 8 : 4;

// b stored [N,K]: dot products of Rows rows of a with kDotColumns rows of b, vectors along k.
template <int Rows, class Stored>
HWY_NOINLINE void dotTile(int64_t k, const float* const* a, const typename Stored::Element* const* b,
                          float (*sums)[kDotColumns<Rows>]) {
  constexpr int kColumns = kDotColumns<Rows>;
  Floats totals[Rows][kColumns];
  HWY_UNROLL(4)
  for (int r = 0; r < Rows; r++) {
    HWY_UNROLL(8)
    for (int c = 0; c < kColumns; c++) totals[r][c] = setFloats(0.0f);
  }
  int64_t i = 0;
  for (; i + kLanes <= k; i += kLanes) {
    Floats x[Rows];
    HWY_UNROLL(4)
    for (int r = 0; r < Rows; r++) x[r] = loadFloats(a[r] + i);
    HWY_UNROLL(8)
    for (int c = 0; c < kColumns; c++) {
      const Floats y = loadElements(b[c] + i);
      HWY_UNROLL(4)
      for (int r = 0; r < Rows; r++) totals[r][c] = multiplyAdd(x[r], y, totals[r][c]);
    }
  }
  if (i < k) {
    const int count = static_cast<int>(k - i);
    HWY_UNROLL(8)
    for (int c = 0; c < kColumns; c++) {
      const Floats y = loadLast<Stored::kPadded>(b[c] + i, count);
      HWY_UNROLL(4)
      for (int r = 0; r < Rows; r++) totals[r][c] = multiplyAdd(loadFirst(a[r] + i, count), y, totals[r][c]);
    }
  }
  HWY_UNROLL(4)
  for (int r = 0; r < Rows; r++) {
    HWY_UNROLL(2)
    for (int c = 0; c < kColumns; c += 4)
      sumFour(totals[r][c], totals[r][c + 1], totals[r][c + 2], totals[r][c + 3], sums[r] + c);
  }
}

template <int Rows, class Stored>
HWY_INLINE void dotRows(const Gemm& g, const Stored& stored, int64_t m0, int64_t n0, int64_t n) {
  constexpr int kColumns = kDotColumns<Rows>;
  const float* a[Rows];
  for (int r = 0; r < Rows; r++) a[r] = g.a + (m0 + r) * g.lda;
  for (int64_t done = 0; done < n; done += kColumns) {
    const int columns = static_cast<int>(n - done < kColumns ? n - done : kColumns);
    const typename Stored::Element* b[kColumns];
    // 0 for rows of zeros.
    float scales[kColumns];
    for (int c = 0; c < kColumns; c++) {
      const int64_t column = n0 + done + (c < columns ? c : 0);
      const int64_t row = g.maps.bRows ? g.maps.bRows[column] : column;
      b[c] = stored.row(g, row < 0 ? 0 : row);
      scales[c] = row < 0 ? 0 : stored.scale(g, row);
    }
    float sums[Rows][kColumns];
    dotTile<Rows, Stored>(g.K, a, b, sums);
    for (int c = 0; c < columns; c++) {
      const int64_t column = n0 + done + c;
      const int64_t at = g.maps.cGroups ? g.maps.cGroups[column / kGroup] + column % kGroup : column;
      for (int r = 0; r < Rows; r++) {
        float* p = g.c + (m0 + r) * g.ldc + at;
        float sum = scales[c] == 0 ? 0.0f : sums[r][c] * scales[c];
        if (g.bias) sum += g.bias[column];
        *p = g.accumulate ? *p + sum : sum;
      }
    }
  }
}

// b stored [K,N]: the ordinary tile, reading b where it lies; the last, partial panel goes through a small packed copy.
HWY_INLINE void tileRows(const Gemm& g, int64_t m0, int rows, int64_t n0, int64_t n) {
  const BlockOutput block{g.M, n, g.c, g.ldc, nullptr, nullptr, g.accumulate, g.bias ? g.bias + n0 : nullptr};
  TileOutput output;
  output.accumulate = g.accumulate;
  setTileRows(block, m0, rows, output);
  for (int r = 0; r < rows; r++) output.rows[r] += n0;
  int64_t done = 0;
  for (; done + kPanelColumns <= n; done += kPanelColumns) {
    setTileColumns(block, done, output);
    const TileInput input{g.K, g.a + m0 * g.lda, g.lda, g.b + n0 + done, g.ldb, nullptr, 0};
    runTile<false, false>(rows, input, output);
  }
  if (done == n) return;
  constexpr int64_t kDepthAtOnce = 64;
  alignas(64) float packed[kDepthAtOnce * kPanelColumns];
  setTileColumns(block, done, output);
  for (int64_t k0 = 0; k0 < g.K; k0 += kDepthAtOnce) {
    const int64_t k = g.K - k0 < kDepthAtOnce ? g.K - k0 : kDepthAtOnce;
    packPanelOfB(g, k0, k, n0 + done, static_cast<int>(n - done), packed);
    const TileInput input{k, g.a + m0 * g.lda + k0, g.lda, packed, kPanelColumns, nullptr, 0};
    runTile<false, true>(rows, input, output);
    output.accumulate = true;
    output.bias = nullptr;
  }
}

template <class Stored>
HWY_INLINE void multiplyStored(const Gemm& g, const Stored& stored, int64_t n0, int64_t n) {
  // Columns in chunks, so that their rows of b are read from memory once however many rows a has.
  constexpr int64_t kChunk = 16;
  for (int64_t done = 0; done < n; done += kChunk) {
    const int64_t columns = n - done < kChunk ? n - done : kChunk;
    for (int64_t m = 0; m < g.M; m += kDotRows) {
      switch (g.M - m) {
        case 1: dotRows<1>(g, stored, m, n0 + done, columns); break;
        case 2: dotRows<2>(g, stored, m, n0 + done, columns); break;
        case 3: dotRows<3>(g, stored, m, n0 + done, columns); break;
        default: dotRows<kDotRows>(g, stored, m, n0 + done, columns);
      }
    }
  }
}

HWY_NOINLINE void multiplyDirect(const Gemm& g, int64_t n0, int64_t n) {
  if (!g.transposeB) {
    for (int64_t m = 0; m < g.M; m += kMaxRows) {
      tileRows(g, m, static_cast<int>(g.M - m < kMaxRows ? g.M - m : kMaxRows), n0, n);
    }
    return;
  }
  if (!g.compact) {
    multiplyStored(g, PlainRows(), n0, n);
  } else if (g.compact->type == WeightType::int8) {
    multiplyStored(g, Int8Rows(), n0, n);
  } else {
    multiplyStored(g, BFloat16Rows(), n0, n);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#endif  // per-tier include guard
