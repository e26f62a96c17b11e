#include "kernels/optimizers.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/optimizers.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {
namespace optimizers {
namespace hn = hwy::HWY_NAMESPACE;

// Each update is written once over a tag D; whole vectors use the full width, the last few elements a width of one.
template <class D>
HWY_INLINE hn::Vec<D> gradientOf(D d, const float* w, const float* gradient, float scale, float decay) {
  const auto g = hn::Mul(hn::LoadU(d, gradient), hn::Set(d, scale));
  return decay == 0 ? g : hn::MulAdd(hn::Set(d, decay), hn::LoadU(d, w), g);
}

template <class D>
HWY_INLINE void sgdAt(D d, const SgdUpdate& u, float* w, float* velocity, const float* gradient) {
  auto g = gradientOf(d, w, gradient, u.scale, u.weightDecay);
  if (velocity) {
    const auto momentum = hn::Set(d, u.momentum);
    const auto v = hn::MulAdd(momentum, hn::LoadU(d, velocity), g);
    hn::StoreU(v, d, velocity);
    g = u.nesterov ? hn::MulAdd(momentum, v, g) : v;
  }
  hn::StoreU(hn::NegMulAdd(hn::Set(d, u.learningRate), g, hn::LoadU(d, w)), d, w);
}

template <class D>
HWY_INLINE void adamAt(D d, const AdamUpdate& u, float* w, float* m, float* v, const float* gradient) {
  const auto g = gradientOf(d, w, gradient, u.scale, u.decoupled ? 0.0f : u.weightDecay);
  const auto oldM = hn::LoadU(d, m);
  const auto newM = hn::MulAdd(hn::Set(d, u.complement1), hn::Sub(g, oldM), oldM);
  const auto newV = hn::MulAdd(hn::Set(d, u.beta2), hn::LoadU(d, v), hn::Mul(hn::Set(d, u.complement2), hn::Mul(g, g)));
  hn::StoreU(newM, d, m);
  hn::StoreU(newV, d, v);
  const auto deviation = hn::MulAdd(hn::Sqrt(newV), hn::Set(d, u.correction2), hn::Set(d, u.epsilon));
  auto weight = hn::LoadU(d, w);
  if (u.decoupled) weight = hn::Mul(weight, hn::Set(d, 1 - u.learningRate * u.weightDecay));
  const auto rate = hn::Set(d, u.learningRate * u.correction1);
  hn::StoreU(hn::NegMulAdd(rate, hn::Div(newM, deviation), weight), d, w);
}

template <class D>
HWY_INLINE void rmspropAt(D d, const RmspropUpdate& u, float* w, float* square, float* velocity,
                          const float* gradient) {
  const auto g = gradientOf(d, w, gradient, u.scale, u.weightDecay);
  const auto s =
      hn::MulAdd(hn::Set(d, u.alpha), hn::LoadU(d, square), hn::Mul(hn::Set(d, u.complement), hn::Mul(g, g)));
  hn::StoreU(s, d, square);
  auto step = hn::Div(g, hn::Add(hn::Sqrt(s), hn::Set(d, u.epsilon)));
  if (velocity) {
    step = hn::MulAdd(hn::Set(d, u.momentum), hn::LoadU(d, velocity), step);
    hn::StoreU(step, d, velocity);
  }
  hn::StoreU(hn::NegMulAdd(hn::Set(d, u.learningRate), step, hn::LoadU(d, w)), d, w);
}

template <class D>
HWY_INLINE void adagradAt(D d, const AdagradUpdate& u, float* w, float* square, const float* gradient) {
  const auto g = gradientOf(d, w, gradient, u.scale, u.weightDecay);
  const auto s = hn::MulAdd(g, g, hn::LoadU(d, square));
  hn::StoreU(s, d, square);
  const auto step = hn::Div(g, hn::Add(hn::Sqrt(s), hn::Set(d, u.epsilon)));
  hn::StoreU(hn::NegMulAdd(hn::Set(d, u.learningRate), step, hn::LoadU(d, w)), d, w);
}

template <class D>
HWY_INLINE void approachAt(D d, float share, float* v, const float* target) {
  const auto from = hn::LoadU(d, v);
  const auto to = hn::LoadU(d, target);
  hn::StoreU(share == 1 ? to : hn::MulAdd(hn::Set(d, share), hn::Sub(to, from), from), d, v);
}

const hn::ScalableTag<float> kWhole;
const hn::CappedTag<float, 1> kOne;

HWY_INLINE int64_t lanes() { return static_cast<int64_t>(hn::Lanes(kWhole)); }

HWY_INLINE float* at(float* base, int64_t i) { return base ? base + i : nullptr; }

HWY_NOINLINE void sgd(const SgdUpdate& u, float* w, float* velocity, const float* gradient, int64_t n) {
  int64_t i = 0;
  for (; i + lanes() <= n; i += lanes()) sgdAt(kWhole, u, w + i, at(velocity, i), gradient + i);
  for (; i < n; i++) sgdAt(kOne, u, w + i, at(velocity, i), gradient + i);
}

HWY_NOINLINE void adam(const AdamUpdate& u, float* w, float* m, float* v, const float* gradient, int64_t n) {
  int64_t i = 0;
  for (; i + lanes() <= n; i += lanes()) adamAt(kWhole, u, w + i, m + i, v + i, gradient + i);
  for (; i < n; i++) adamAt(kOne, u, w + i, m + i, v + i, gradient + i);
}

HWY_NOINLINE void rmsprop(const RmspropUpdate& u, float* w, float* square, float* velocity, const float* gradient,
                          int64_t n) {
  int64_t i = 0;
  for (; i + lanes() <= n; i += lanes()) rmspropAt(kWhole, u, w + i, square + i, at(velocity, i), gradient + i);
  for (; i < n; i++) rmspropAt(kOne, u, w + i, square + i, at(velocity, i), gradient + i);
}

HWY_NOINLINE void adagrad(const AdagradUpdate& u, float* w, float* square, const float* gradient, int64_t n) {
  int64_t i = 0;
  for (; i + lanes() <= n; i += lanes()) adagradAt(kWhole, u, w + i, square + i, gradient + i);
  for (; i < n; i++) adagradAt(kOne, u, w + i, square + i, gradient + i);
}

HWY_NOINLINE void approach(float share, float* v, const float* target, int64_t n) {
  int64_t i = 0;
  for (; i + lanes() <= n; i += lanes()) approachAt(kWhole, share, v + i, target + i);
  for (; i < n; i++) approachAt(kOne, share, v + i, target + i);
}

}  // namespace optimizers

const OptimizerKernels kOptimizerKernels = {optimizers::sgd, optimizers::adam, optimizers::rmsprop, optimizers::adagrad,
                                            optimizers::approach};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const OptimizerKernels& optimizerKernels() { return OSTINATO_TIER_TABLE(kOptimizerKernels); }

}  // namespace ostinato
#endif
