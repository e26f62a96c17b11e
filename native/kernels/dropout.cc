#include "kernels/dropout.h"

#include "base/philox.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/dropout.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {
namespace dropout {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void mask(const DropoutMask& m, int64_t begin, int64_t end, float* scale) {
  const float kept = 1 / (1 - m.rate);
  for (int64_t i = begin; i < end; i += 4) {
    const Philox random = philox(static_cast<uint32_t>(i >> 2), 0, m.step, 0, m.seed, m.stream);
    for (int k = 0; k < 4; k++) scale[i - begin + k] = uniform01(random.word[k]) >= m.rate ? kept : 0.0f;
  }
}

#else

using U32 = hn::ScalableTag<uint32_t>;
using U64 = hn::Repartition<uint64_t, U32>;
using Word = hn::Vec<U32>;

// High and low halves of the products of each lane with one factor.
HWY_INLINE void multiplyWide(Word x, uint32_t factor, Word& high, Word& low) {
  const U32 d;
  const U64 wide;
  const Word f = hn::Set(d, factor);
  const auto even = hn::MulEven(x, f);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, x))), f);
  high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
  low = hn::Mul(x, f);
}

HWY_NOINLINE void mask(const DropoutMask& m, int64_t begin, int64_t end, float* scale) {
  const U32 d;
  const hn::ScalableTag<float> df;
  const hn::RebindToSigned<U32> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto rate = hn::Set(df, m.rate);
  const auto kept = hn::Set(df, 1 / (1 - m.rate));
  const auto unit = hn::Set(df, 0x1p-24f);
  for (int64_t i = begin; i < end; i += 4 * lanes) {
    Word c0 = hn::Add(hn::Iota(d, 0), hn::Set(d, static_cast<uint32_t>(i >> 2)));
    Word c1 = hn::Zero(d);
    Word c2 = hn::Set(d, m.step);
    Word c3 = hn::Zero(d);
    uint32_t key0 = m.seed, key1 = m.stream;
    for (int round = 0; round < 10; round++) {
      Word high0, low0, high1, low1;
      multiplyWide(c0, 0xD2511F53u, high0, low0);
      multiplyWide(c2, 0xCD9E8D57u, high1, low1);
      c0 = hn::Xor(hn::Xor(high1, c1), hn::Set(d, key0));
      c2 = hn::Xor(hn::Xor(high0, c3), hn::Set(d, key1));
      c1 = low1;
      c3 = low0;
      key0 += 0x9E3779B9u;
      key1 += 0xBB67AE85u;
    }
    // The upper 24 bits are exact as a float.
    const auto scaleOf = [&](Word word) HWY_ATTR {
      const auto u = hn::Mul(hn::ConvertTo(df, hn::BitCast(di, hn::ShiftRight<8>(word))), unit);
      return hn::IfThenElseZero(hn::Ge(u, rate), kept);
    };
    hn::StoreInterleaved4(scaleOf(c0), scaleOf(c1), scaleOf(c2), scaleOf(c3), df, scale + (i - begin));
  }
}

#endif

}  // namespace dropout

const DropoutKernels kDropoutKernels = {dropout::mask};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const DropoutKernels& dropoutKernels() { return OSTINATO_TIER_TABLE(kDropoutKernels); }

}  // namespace ostinato
#endif
