#include "kernels/rnn_cell.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rnn_cell.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/recurrent_units-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

HWY_NOINLINE void rnnForward(const RnnForward& s) {
  const UnitTag d;
  for (int64_t b = 0; b < s.B; b++) {
    const bool padding = s.lengths && s.t >= s.lengths[b];
    float* y = s.y + b * s.H;
    for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
      if (padding) {
        hn::StoreU(hn::LoadU(d, s.hPrev + b * s.ldh + u), d, s.h + b * s.ldh + u);
        storeUnits(hn::Zero(d), y, u, s.H);
        continue;
      }
      const auto a = hn::Add(loadUnits(y, u, s.H), hn::LoadU(d, s.bias + u));
      // Written so that NaN stays NaN, which a maximum would not promise.
      const auto h =
          s.activation == RnnActivation::tanh ? vector_math::tanh(d, a) : hn::IfThenZeroElse(hn::Lt(a, hn::Zero(d)), a);
      hn::StoreU(h, d, s.h + b * s.ldh + u);
      storeUnits(h, y, u, s.H);
    }
  }
}

HWY_NOINLINE void rnnBackward(const RnnBackward& s) {
  const UnitTag d;
  const auto one = hn::Set(d, 1.0f);
  const auto zero = hn::Zero(d);
  const int64_t Hp = (s.H + 15) / 16 * 16;
  for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) hn::StoreU(zero, d, s.sums + u);
  for (int64_t b = 0; b < s.B; b++) {
    const bool padding = s.lengths && s.t >= s.lengths[b];
    for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
      auto da = zero;
      if (!padding) {
        auto dh = hn::LoadU(d, s.dh + b * s.ldh + u);
        if (s.dy) dh = hn::Add(dh, loadUnits(s.dy + b * s.H, u, s.H));
        const auto y = loadUnits(s.y + b * s.H, u, s.H);
        da = s.activation == RnnActivation::tanh ? hn::Mul(dh, hn::NegMulAdd(y, y, one))
                                                 : hn::IfThenElseZero(hn::Gt(y, zero), dh);
        hn::StoreU(zero, d, s.dh + b * s.ldh + u);
      }
      hn::StoreU(da, d, s.gradient + b * Hp + u);
      hn::StoreU(da, d, s.staged + b * s.ldStaged + u);
      addUnits(da, s.sums + u);
    }
  }
  for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) addUnits(hn::LoadU(d, s.sums + u), s.dbias + u);
}

const RnnCellKernels kRnnCellKernels = {rnnForward, rnnBackward};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const RnnCellKernels& rnnCellKernels() { return OSTINATO_TIER_TABLE(kRnnCellKernels); }

}  // namespace ostinato
#endif
