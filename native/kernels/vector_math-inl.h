// Elementary functions on vectors of floats: exp, sigmoid, tanh. For SIMD files only: included once per CPU tier, after
// hwy/highway.h, and used inside HWY_NAMESPACE.
//
// All three propagate NaN and saturate: exp(-inf) = 0, exp(inf) = inf, sigmoid(±inf) = 1 and 0, tanh(±inf) = ±1.
// Measured errors, every tier (test/native/vector_math_test.cc, docs/numerics.md):
//   exp      2 ulp, subnormal results included; expOfNegative: 0 in their place
//   sigmoid  3 ulp and 1.2e-7 absolute; 0 where the true value is below 4.2e-39
//   tanh     3 ulp and 1.8e-7 absolute, small arguments included
#if defined(OSTINATO_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSTINATO_VECTOR_MATH_INL_H_
#undef OSTINATO_VECTOR_MATH_INL_H_
#else
#define OSTINATO_VECTOR_MATH_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {
namespace vector_math {

namespace hn = hwy::HWY_NAMESPACE;

// x = n ln 2 + r with |r| <= ln(2)/2 and n integral: exp(x) = 2^n exp(r). ln 2 is split in two parts (Cody & Waite
// 1980) whose first has so few bits that n times it is exact, with or without a fused multiply-add.
template <class D, class V = hn::Vec<D>, class VI = hn::Vec<hn::RebindToSigned<D>>>
HWY_INLINE V reduceByLog2(D d, V x, VI& n) {
  n = hn::NearestInt(hn::Mul(x, hn::Set(d, 1.44269504088896341f)));
  const V multiple = hn::ConvertTo(d, n);
  V r = hn::NegMulAdd(multiple, hn::Set(d, 0.693359375f), x);
  return hn::NegMulAdd(multiple, hn::Set(d, -2.12194440e-4f), r);
}

// exp(r) - 1 for |r| <= ln(2)/2, Cephes' expf polynomial (Moshier 1989).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V expMinus1Reduced(D d, V r) {
  V p = hn::MulAdd(hn::Set(d, 1.9875691500e-4f), r, hn::Set(d, 1.3981999507e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1f));
  return hn::MulAdd(hn::Mul(r, r), p, r);
}

// 2^n for -127 <= n <= 128; the ends give 0 and infinity.
template <class D, class VI = hn::Vec<hn::RebindToSigned<D>>>
HWY_INLINE hn::Vec<D> powerOf2(D d, VI n) {
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127))));
}

// The minimum and maximum instructions treat NaN differently on each CPU, so results take NaN back from the argument.
template <class V>
HWY_INLINE V keepNaN(V x, V y) {
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp(D d, V x) {
  const V bounded = hn::Min(hn::Max(x, hn::Set(d, -104.5f)), hn::Set(d, 89.5f));
  hn::Vec<hn::RebindToSigned<D>> n;
  const V r = reduceByLog2(d, bounded, n);
  const V p = hn::Add(expMinus1Reduced(d, r), hn::Set(d, 1.0f));
  // Two factors, for 2^n alone leaves the range of normal numbers at both ends.
  const auto half = hn::ShiftRight<1>(n);
  const V y = hn::Mul(hn::Mul(p, powerOf2(d, half)), powerOf2(d, hn::Sub(n, half)));
  return keepNaN(x, y);
}

// exp(x) for x <= 0, in fewer instructions: 0 where the true value is below 1.2e-38.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V expOfNegative(D d, V x) {
  const V bounded = hn::Max(x, hn::Set(d, -88.1f));
  hn::Vec<hn::RebindToSigned<D>> n;
  const V r = reduceByLog2(d, bounded, n);
  const V p = hn::Add(expMinus1Reduced(d, r), hn::Set(d, 1.0f));
  return keepNaN(x, hn::Mul(p, powerOf2(d, n)));
}

// 1 / (1 + exp(-x))
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  const V bounded = hn::Min(hn::Max(hn::Neg(x), hn::Set(d, -87.0f)), hn::Set(d, 88.7f));
  hn::Vec<hn::RebindToSigned<D>> n;
  const V r = reduceByLog2(d, bounded, n);
  const V one = hn::Set(d, 1.0f);
  const V e = hn::Mul(powerOf2(d, n), hn::Add(expMinus1Reduced(d, r), one));
  const V y = hn::Div(one, hn::Add(one, e));
  return keepNaN(x, y);
}

// e / (e + 2) with e = exp(2x) - 1, which keeps its relative precision where x is small. Beyond 9.1 the float nearest
// to the true value is 1.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh(D d, V x) {
  const V bounded = hn::Min(hn::Max(x, hn::Set(d, -9.1f)), hn::Set(d, 9.1f));
  hn::Vec<hn::RebindToSigned<D>> n;
  const V r = reduceByLog2(d, hn::Add(bounded, bounded), n);
  const V scale = powerOf2(d, n);
  const V e = hn::MulAdd(scale, expMinus1Reduced(d, r), hn::Sub(scale, hn::Set(d, 1.0f)));
  return keepNaN(x, hn::Div(e, hn::Add(e, hn::Set(d, 2.0f))));
}

}  // namespace vector_math
}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#endif  // per-tier include guard
