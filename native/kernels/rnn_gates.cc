#include "kernels/rnn_gates.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rnn_gates.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/recurrent_units-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <bool Relu>
HWY_NOINLINE void rnnForward(const RecurrentForward& s) {
  const UnitTag d;
  for (int64_t b = 0; b < s.B; b++) {
    if (isPadding(s, b)) {
      carryState(s, b);
      continue;
    }
    float* y = s.y + b * s.H;
    for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
      const auto a = hn::Add(loadUnits(y, u, s.H), hn::LoadU(d, s.bias + u));
      // Written so that NaN stays NaN, which a maximum would not promise.
      const auto h = Relu ? hn::IfThenZeroElse(hn::Lt(a, hn::Zero(d)), a) : vector_math::tanh(d, a);
      hn::StoreU(h, d, s.h + b * s.ldh + u);
      storeUnits(h, y, u, s.H);
    }
  }
}

template <bool Relu>
HWY_NOINLINE void rnnBackward(const RecurrentBackward& s) {
  const UnitTag d;
  const auto one = hn::Set(d, 1.0f);
  const auto zero = hn::Zero(d);
  clearSums(s, 1);
  for (int64_t b = 0; b < s.B; b++) {
    const bool padding = isPadding(s, b);
    for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
      auto da = zero;
      if (!padding) {
        const auto dh = arrivingGradient(s, b, u), y = loadUnits(s.y + b * s.H, u, s.H);
        da = Relu ? hn::IfThenElseZero(hn::Gt(y, zero), dh) : hn::Mul(dh, hn::NegMulAdd(y, y, one));
        hn::StoreU(zero, d, s.dh + b * s.ldh + u);
      }
      if (s.gradient) hn::StoreU(da, d, s.gradient + b * s.ldGradient + u);
      hn::StoreU(da, d, s.staged + b * s.ldStaged + u);
      addUnits(da, s.sums + u);
    }
  }
  keepSums(s, 1);
}

const RecurrentGateKernels kRnnTanhGateKernels = {.forward = {rnnForward<false>}, .backward = {rnnBackward<false>}};
const RecurrentGateKernels kRnnReluGateKernels = {.forward = {rnnForward<true>}, .backward = {rnnBackward<true>}};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const RecurrentGateKernels& rnnTanhGateKernels() { return OSTINATO_TIER_TABLE(kRnnTanhGateKernels); }
const RecurrentGateKernels& rnnReluGateKernels() { return OSTINATO_TIER_TABLE(kRnnReluGateKernels); }

}  // namespace ostinato
#endif
