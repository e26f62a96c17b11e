#include "kernels/elementwise.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using F = hn::ScalableTag<float>;
using Vector = hn::Vec<F>;

// Applies OP to whole vectors, then to a last one that is padded with zeros: the same arithmetic for every element.
template <class Op>
HWY_INLINE void mapUnary(const float* x, float* y, int64_t n, const Op& op) {
  const F d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(op(d, hn::LoadU(d, x + i)), d, y + i);
  if (i == n) return;
  HWY_ALIGN float tail[HWY_MAX_BYTES / sizeof(float)] = {};
  for (int64_t k = i; k < n; k++) tail[k - i] = x[k];
  hn::Store(op(d, hn::Load(d, tail)), d, tail);
  for (int64_t k = i; k < n; k++) y[k] = tail[k - i];
}

template <class Op>
HWY_INLINE void mapBinary(const float* a, const float* b, float* y, int64_t n, const Op& op) {
  const F d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(op(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  if (i == n) return;
  HWY_ALIGN float tailA[HWY_MAX_BYTES / sizeof(float)] = {};
  HWY_ALIGN float tailB[HWY_MAX_BYTES / sizeof(float)] = {};
  for (int64_t k = i; k < n; k++) tailA[k - i] = a[k];
  for (int64_t k = i; k < n; k++) tailB[k - i] = b[k];
  hn::Store(op(d, hn::Load(d, tailA), hn::Load(d, tailB)), d, tailA);
  for (int64_t k = i; k < n; k++) y[k] = tailA[k - i];
}

#define OSTINATO_BINARY(name, expression)                         \
  struct name##Op {                                               \
    HWY_INLINE Vector operator()(F d, Vector a, Vector b) const { \
      (void)d;                                                    \
      return expression;                                          \
    }                                                             \
  };                                                              \
  HWY_NOINLINE void name(const float* a, const float* b, float* y, int64_t n) { mapBinary(a, b, y, n, name##Op()); }

#define OSTINATO_UNARY(name, expression)                \
  struct name##Op {                                     \
    HWY_INLINE Vector operator()(F d, Vector x) const { \
      (void)d;                                          \
      return expression;                                \
    }                                                   \
  };                                                    \
  HWY_NOINLINE void name(const float* x, float* y, int64_t n) { mapUnary(x, y, n, name##Op()); }

OSTINATO_BINARY(addLoop, hn::Add(a, b))
OSTINATO_BINARY(subtractLoop, hn::Sub(a, b))
OSTINATO_BINARY(multiplyLoop, hn::Mul(a, b))
OSTINATO_BINARY(divideLoop, hn::Div(a, b))
OSTINATO_BINARY(tanhGradientLoop, hn::Mul(b, hn::NegMulAdd(a, a, hn::Set(d, 1.0f))))
OSTINATO_BINARY(sigmoidGradientLoop, hn::Mul(b, hn::NegMulAdd(a, a, a)))
OSTINATO_BINARY(reluGradientLoop, hn::IfThenElseZero(hn::Gt(a, hn::Zero(d)), b))

OSTINATO_UNARY(expLoop, vector_math::exp(d, x))
OSTINATO_UNARY(sqrtLoop, hn::Sqrt(x))
OSTINATO_UNARY(squareLoop, hn::Mul(x, x))
OSTINATO_UNARY(tanhLoop, vector_math::tanh(d, x))
OSTINATO_UNARY(sigmoidLoop, vector_math::sigmoid(d, x))
OSTINATO_UNARY(reluLoop, hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x))

// σ(x (a + b x²)), a = 2 √(2/π), b = 0.044715 a.
constexpr float kGeluSlope = 1.5957691216f, kGeluCubic = 0.0713548163f;

HWY_INLINE Vector geluGate(F d, Vector x) {
  const Vector inner = hn::MulAdd(hn::Mul(x, x), hn::Set(d, kGeluCubic), hn::Set(d, kGeluSlope));
  return vector_math::sigmoid(d, hn::Mul(x, inner));
}

// σ + x σ (1 - σ) (a + 3 b x²); where 1 - σ or σ is 0, x may be so large that its square is infinite.
HWY_INLINE Vector geluSlope(F d, Vector x) {
  const Vector gate = geluGate(d, x), rest = hn::NegMulAdd(gate, gate, gate);
  const Vector inner = hn::MulAdd(hn::Mul(x, x), hn::Set(d, 3 * kGeluCubic), hn::Set(d, kGeluSlope));
  const Vector bend = hn::Mul(hn::Mul(x, rest), inner);
  return hn::Add(gate, hn::IfThenZeroElse(hn::Eq(rest, hn::Zero(d)), bend));
}

OSTINATO_UNARY(geluLoop, hn::Mul(x, geluGate(d, x)))
OSTINATO_BINARY(geluGradientLoop, hn::Mul(b, geluSlope(d, a)))

struct AddScalarOp {
  float b;
  HWY_INLINE Vector operator()(F d, Vector x) const { return hn::Add(x, hn::Set(d, b)); }
};
HWY_NOINLINE void addScalarLoop(const float* a, float b, float* y, int64_t n) { mapUnary(a, y, n, AddScalarOp{b}); }

struct SubtractInTurnOp {
  float a, b;
  HWY_INLINE Vector operator()(F d, Vector x) const { return hn::Sub(hn::Sub(x, hn::Set(d, a)), hn::Set(d, b)); }
};
HWY_NOINLINE void subtractInTurnLoop(const float* x, float a, float b, float* y, int64_t n) {
  mapUnary(x, y, n, SubtractInTurnOp{a, b});
}

struct MultiplyScalarOp {
  float b;
  HWY_INLINE Vector operator()(F d, Vector x) const { return hn::Mul(x, hn::Set(d, b)); }
};
HWY_NOINLINE void multiplyScalarLoop(const float* a, float b, float* y, int64_t n) {
  mapUnary(a, y, n, MultiplyScalarOp{b});
}

struct AffineOp {
  float scale, shift;
  HWY_INLINE Vector operator()(F d, Vector x) const { return hn::MulAdd(x, hn::Set(d, scale), hn::Set(d, shift)); }
};
HWY_NOINLINE void affineLoop(const float* x, float scale, float shift, float* y, int64_t n) {
  mapUnary(x, y, n, AffineOp{scale, shift});
}

struct ClampOp {
  float limit;
  HWY_INLINE Vector operator()(F d, Vector x) const {
    const Vector high = hn::Set(d, limit);
    const Vector low = hn::Set(d, -limit);
    // Comparisons with NaN are false, so NaN passes.
    const Vector raised = hn::IfThenElse(hn::Lt(x, low), low, x);
    return hn::IfThenElse(hn::Gt(raised, high), high, raised);
  }
};
HWY_NOINLINE void clampLoop(const float* x, float limit, float* y, int64_t n) {
  if (limit == limit) return mapUnary(x, y, n, ClampOp{limit});
  for (int64_t i = 0; i < n; i++) y[i] = limit;
}

struct ClampGradientOp {
  float limit;
  HWY_INLINE Vector operator()(F d, Vector x, Vector dy) const {
    return hn::IfThenElseZero(hn::Le(hn::Abs(x), hn::Set(d, limit)), dy);
  }
};
HWY_NOINLINE void clampGradientLoop(const float* x, float limit, const float* dy, float* dx, int64_t n) {
  mapBinary(x, dy, dx, n, ClampGradientOp{limit});
}

struct AddScaledOp {
  float a;
  HWY_INLINE Vector operator()(F d, Vector x, Vector y) const { return hn::MulAdd(hn::Set(d, a), x, y); }
};
HWY_NOINLINE void addScaledLoop(const float* x, float a, float* y, int64_t n) { mapBinary(x, y, y, n, AddScaledOp{a}); }

HWY_INLINE double lanesSum(F d, Vector v) {
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, d, lanes);
  double total = 0;
  for (size_t i = 0; i < hn::Lanes(d); i++) total += static_cast<double>(lanes[i]);
  return total;
}

// Float sums of short runs, added up in double.
constexpr int64_t kRun = 256;

template <class Op>
HWY_INLINE double reduceSum(const float* a, const float* b, int64_t n, const Op& op) {
  const F d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  double total = 0;
  int64_t i = 0;
  while (i + lanes <= n) {
    Vector sum0 = hn::Zero(d), sum1 = hn::Zero(d);
    const int64_t end = n - i > kRun ? i + kRun : n;
    for (; i + 2 * lanes <= end; i += 2 * lanes) {
      sum0 = hn::Add(sum0, op(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)));
      sum1 = hn::Add(sum1, op(d, hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes)));
    }
    for (; i + lanes <= end; i += lanes) sum0 = hn::Add(sum0, op(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)));
    total += lanesSum(d, hn::Add(sum0, sum1));
  }
  for (; i < n; i++) total += static_cast<double>(hn::GetLane(op(d, hn::Set(d, a[i]), hn::Set(d, b[i]))));
  return total;
}

struct FirstOp {
  HWY_INLINE Vector operator()(F, Vector a, Vector) const { return a; }
};
struct ProductOp {
  HWY_INLINE Vector operator()(F, Vector a, Vector b) const { return hn::Mul(a, b); }
};
struct ExpShiftedOp {
  float shift;
  HWY_INLINE Vector operator()(F d, Vector a, Vector) const {
    return vector_math::exp(d, hn::Sub(a, hn::Set(d, shift)));
  }
};
struct ExpShiftedUnaryOp {
  float shift;
  HWY_INLINE Vector operator()(F d, Vector x) const { return vector_math::exp(d, hn::Sub(x, hn::Set(d, shift))); }
};

HWY_NOINLINE double sumLoop(const float* x, int64_t n) { return reduceSum(x, x, n, FirstOp()); }
HWY_NOINLINE double sumOfSquaresLoop(const float* x, int64_t n) { return reduceSum(x, x, n, ProductOp()); }
HWY_NOINLINE double sumOfSquaresInDoubleLoop(const float* x, int64_t n) {
  double total = 0;
  int64_t i = 0;
#if HWY_HAVE_FLOAT64
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> half;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto sum = hn::Zero(d);
  for (; i + lanes <= n; i += lanes) {
    const auto wide = hn::PromoteTo(d, hn::LoadU(half, x + i));
    sum = hn::MulAdd(wide, wide, sum);
  }
  total = hn::GetLane(hn::SumOfLanes(d, sum));
#endif
  for (; i < n; i++) total += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return total;
}
HWY_NOINLINE double dotLoop(const float* a, const float* b, int64_t n) { return reduceSum(a, b, n, ProductOp()); }
HWY_NOINLINE double sumExpShiftedLoop(const float* x, float shift, int64_t n) {
  return reduceSum(x, x, n, ExpShiftedOp{shift});
}
HWY_NOINLINE double expShiftedLoop(const float* x, float shift, float* y, int64_t n) {
  mapUnary(x, y, n, ExpShiftedUnaryOp{shift});
  return reduceSum(y, y, n, FirstOp());
}

HWY_NOINLINE float maximumLoop(const float* x, int64_t n) {
  const F d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  float best = x[0];
  int64_t i = 0;
  if (n >= lanes) {
    Vector most = hn::LoadU(d, x);
    for (i = lanes; i + lanes <= n; i += lanes) {
      const Vector v = hn::LoadU(d, x + i);
      // Keeps a NaN once it has one, and takes one over.
      most = hn::IfThenElse(hn::Or(hn::Gt(v, most), hn::IsNaN(v)), v, most);
    }
    HWY_ALIGN float values[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(most, d, values);
    best = values[0];
    for (int64_t k = 1; k < lanes; k++) {
      if (values[k] > best || values[k] != values[k]) best = values[k];
    }
  }
  for (; i < n; i++) {
    if (x[i] > best || x[i] != x[i]) best = x[i];
  }
  return best;
}

HWY_NOINLINE int64_t placesAboveLoop(const float* x, float threshold, int32_t* places, float* largest, int64_t n) {
  const F d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const Vector limit = hn::Set(d, threshold);
  Vector most = hn::Set(d, x[0]);
  int64_t count = 0, i = 0;
  for (; i + lanes <= n; i += lanes) {
    const Vector v = hn::LoadU(d, x + i);
    most = hn::IfThenElse(hn::Or(hn::Gt(v, most), hn::IsNaN(v)), v, most);
    if (HWY_LIKELY(hn::AllFalse(d, hn::Gt(v, limit)))) continue;
    for (int64_t k = i; k < i + lanes; k++) {
      if (x[k] > threshold) places[count++] = static_cast<int32_t>(k);
    }
  }
  // A NaN stays in its lane.
  const bool isNumber = hn::AllFalse(d, hn::IsNaN(most));
  *largest = isNumber ? hn::GetLane(hn::MaxOfLanes(d, most)) : std::numeric_limits<float>::quiet_NaN();
  for (; i < n; i++) {
    if (x[i] > *largest || x[i] != x[i]) *largest = x[i];
    if (x[i] > threshold) places[count++] = static_cast<int32_t>(i);
  }
  return count;
}

const ElementwiseKernels kElementwiseKernels = {
    addLoop,
    subtractLoop,
    multiplyLoop,
    divideLoop,
    addScalarLoop,
    subtractInTurnLoop,
    multiplyScalarLoop,
    affineLoop,
    expLoop,
    sqrtLoop,
    squareLoop,
    tanhLoop,
    sigmoidLoop,
    reluLoop,
    tanhGradientLoop,
    sigmoidGradientLoop,
    reluGradientLoop,
    geluLoop,
    geluGradientLoop,
    clampLoop,
    clampGradientLoop,
    addScaledLoop,
    sumLoop,
    sumOfSquaresLoop,
    sumOfSquaresInDoubleLoop,
    maximumLoop,
    placesAboveLoop,
    expShiftedLoop,
    sumExpShiftedLoop,
    dotLoop,
};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const ElementwiseKernels& elementwiseKernels() { return OSTINATO_TIER_TABLE(kElementwiseKernels); }

}  // namespace ostinato
#endif
