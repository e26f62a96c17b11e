#include "kernels/gru_gates.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gru_gates.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/recurrent_units-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE int64_t paddedUnits(int64_t H) { return (H + 15) / 16 * 16; }

// h = (1 - z) n + z h_prev, as n + z (h_prev - n)
HWY_INLINE void storeState(const RecurrentForward& s, int64_t b, int64_t u, Units z, Units n) {
  const UnitTag d;
  const auto h = hn::MulAdd(z, hn::Sub(hn::LoadU(d, s.hPrev + b * s.ldh + u), n), n);
  hn::StoreU(h, d, s.h + b * s.ldh + u);
  storeUnits(h, s.y + b * s.H, u, s.H);
}

HWY_NOINLINE void gruForwardAfter(const RecurrentForward& s) {
  const UnitTag d;
  const int64_t Hp = paddedUnits(s.H);
  for (int64_t b = 0; b < s.B; b++) {
    if (isPadding(s, b)) {
      carryState(s, b);
      for (int64_t u = s.begin * 64 + 48; u < s.end * 64; u += 64) {
        for (int64_t v = 0; v < 16; v += kUnits) hn::StoreU(hn::Zero(d), d, s.gates + b * 4 * Hp + u + v);
      }
      continue;
    }
    for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
      const int64_t block = u / 16, v = u % 16;
      float* a = s.gates + b * 4 * Hp + block * 64 + v;
      const float* p = s.product + b * 3 * Hp + block * 48 + v;
      const float* bias = s.bias + block * 64 + v;
      const auto aR = hn::Add(hn::LoadU(d, a), hn::LoadU(d, bias));
      const auto aZ = hn::Add(hn::LoadU(d, a + 16), hn::LoadU(d, bias + 16));
      const auto aN = hn::Add(hn::LoadU(d, a + 32), hn::LoadU(d, bias + 32));
      const auto q = hn::Add(hn::LoadU(d, p + 32), hn::LoadU(d, bias + 48));
      const auto r = vector_math::sigmoid(d, hn::Add(aR, hn::LoadU(d, p)));
      const auto z = vector_math::sigmoid(d, hn::Add(aZ, hn::LoadU(d, p + 16)));
      const auto n = vector_math::tanh(d, hn::MulAdd(r, q, aN));
      hn::StoreU(r, d, a);
      hn::StoreU(z, d, a + 16);
      hn::StoreU(n, d, a + 32);
      hn::StoreU(q, d, a + 48);
      storeState(s, b, u, z, n);
    }
  }
}

HWY_NOINLINE void gruForwardReset(const RecurrentForward& s) {
  const UnitTag d;
  const int64_t Hp = paddedUnits(s.H);
  for (int64_t b = 0; b < s.B; b++) {
    const bool padding = isPadding(s, b);
    for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
      const int64_t block = u / 16, v = u % 16;
      float* a = s.gates + b * 4 * Hp + block * 64 + v;
      if (padding) {
        hn::StoreU(hn::Zero(d), d, s.middle + b * s.ldh + u);
        hn::StoreU(hn::Zero(d), d, a + 48);
        continue;
      }
      const float* p = s.product + b * 2 * Hp + block * 32 + v;
      const float* bias = s.bias + block * 64 + v;
      const auto aR = hn::Add(hn::LoadU(d, a), hn::LoadU(d, bias));
      const auto aZ = hn::Add(hn::LoadU(d, a + 16), hn::LoadU(d, bias + 16));
      const auto r = vector_math::sigmoid(d, hn::Add(aR, hn::LoadU(d, p)));
      const auto z = vector_math::sigmoid(d, hn::Add(aZ, hn::LoadU(d, p + 16)));
      const auto reset = hn::Mul(r, hn::LoadU(d, s.hPrev + b * s.ldh + u));
      hn::StoreU(r, d, a);
      hn::StoreU(z, d, a + 16);
      hn::StoreU(reset, d, a + 48);
      hn::StoreU(reset, d, s.middle + b * s.ldh + u);
    }
  }
}

HWY_NOINLINE void gruForwardCandidate(const RecurrentForward& s) {
  const UnitTag d;
  const int64_t Hp = paddedUnits(s.H);
  for (int64_t b = 0; b < s.B; b++) {
    if (isPadding(s, b)) {
      carryState(s, b);
      continue;
    }
    for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
      const int64_t block = u / 16, v = u % 16;
      float* a = s.gates + b * 4 * Hp + block * 64 + v;
      const auto aN = hn::Add(hn::LoadU(d, a + 32), hn::LoadU(d, s.bias + block * 64 + 32 + v));
      const auto n = vector_math::tanh(d, hn::Add(aN, hn::LoadU(d, s.product + b * Hp + u)));
      hn::StoreU(n, d, a + 32);
      storeState(s, b, u, hn::LoadU(d, a + 16), n);
    }
  }
}

HWY_INLINE const float* previousRow(const RecurrentBackward& s, int64_t b) {
  return (s.startsAtLength && s.t + 1 == s.lengths[b] ? s.h0 : s.hPrev) + b * s.H;
}

HWY_NOINLINE void gruBackwardAfter(const RecurrentBackward& s) {
  const UnitTag d;
  const auto one = hn::Set(d, 1.0f);
  const auto zero = hn::Zero(d);
  const int64_t Hp = paddedUnits(s.H);
  clearSums(s, 4);
  for (int64_t b = 0; b < s.B; b++) {
    const bool padding = isPadding(s, b);
    const float* previous = previousRow(s, b);
    for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
      const int64_t block = u / 16, v = u % 16;
      const float* a = s.gates + b * 4 * Hp + block * 64 + v;
      float* gradient = s.gradient + b * s.ldGradient + block * 64 + v;
      float* staged = s.staged + b * s.ldStaged + block * 48 + v;
      float* sums = s.sums + block * 64 + v;
      auto dr = zero, dz = zero, dn = zero, dq = zero;
      if (!padding) {
        const auto r = hn::LoadU(d, a), z = hn::LoadU(d, a + 16), n = hn::LoadU(d, a + 32), q = hn::LoadU(d, a + 48);
        const auto dh = arrivingGradient(s, b, u);
        // σ' = σ (1 - σ), tanh' = 1 - tanh²
        dn = hn::Mul(hn::NegMulAdd(dh, z, dh), hn::NegMulAdd(n, n, one));
        dz = hn::Mul(hn::Mul(dh, hn::Sub(loadUnits(previous, u, s.H), n)), hn::NegMulAdd(z, z, z));
        dr = hn::Mul(hn::Mul(dn, q), hn::NegMulAdd(r, r, r));
        dq = hn::Mul(dn, r);
        hn::StoreU(hn::Mul(dh, z), d, s.dh + b * s.ldh + u);
      }
      hn::StoreU(dr, d, gradient);
      hn::StoreU(dz, d, gradient + 16);
      hn::StoreU(dn, d, gradient + 32);
      hn::StoreU(dq, d, gradient + 48);
      hn::StoreU(dr, d, staged);
      hn::StoreU(dz, d, staged + 16);
      hn::StoreU(dq, d, staged + 32);
      addUnits(dr, sums);
      addUnits(dz, sums + 16);
      addUnits(dn, sums + 32);
      addUnits(dq, sums + 48);
    }
  }
  keepSums(s, 4);
}

HWY_NOINLINE void gruBackwardCandidate(const RecurrentBackward& s) {
  const UnitTag d;
  const auto one = hn::Set(d, 1.0f);
  const auto zero = hn::Zero(d);
  const int64_t Hp = paddedUnits(s.H);
  clearSums(s, 4);
  for (int64_t b = 0; b < s.B; b++) {
    const bool padding = isPadding(s, b);
    const float* previous = previousRow(s, b);
    for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
      const int64_t block = u / 16, v = u % 16;
      const float* a = s.gates + b * 4 * Hp + block * 64 + v;
      float* gradient = s.gradient + b * s.ldGradient + block * 64 + v;
      auto dz = zero, dn = zero;
      if (!padding) {
        const auto z = hn::LoadU(d, a + 16), n = hn::LoadU(d, a + 32);
        const auto dh = arrivingGradient(s, b, u);
        dn = hn::Mul(hn::NegMulAdd(dh, z, dh), hn::NegMulAdd(n, n, one));
        dz = hn::Mul(hn::Mul(dh, hn::Sub(loadUnits(previous, u, s.H), n)), hn::NegMulAdd(z, z, z));
        hn::StoreU(hn::Mul(dh, z), d, s.dh + b * s.ldh + u);
      }
      hn::StoreU(dz, d, gradient + 16);
      hn::StoreU(dn, d, gradient + 32);
      hn::StoreU(dz, d, s.staged + b * s.ldStaged + block * 32 + 16 + v);
      hn::StoreU(dn, d, s.middle + b * s.ldh + u);
      addUnits(dz, s.sums + block * 64 + 16 + v);
      addUnits(dn, s.sums + block * 64 + 32 + v);
    }
  }
  keepSums(s, 4);
}

HWY_NOINLINE void gruBackwardReset(const RecurrentBackward& s) {
  const UnitTag d;
  const auto zero = hn::Zero(d);
  const int64_t Hp = paddedUnits(s.H);
  clearSums(s, 4);
  for (int64_t b = 0; b < s.B; b++) {
    const bool padding = isPadding(s, b);
    const float* previous = previousRow(s, b);
    for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
      const int64_t block = u / 16, v = u % 16;
      const float* a = s.gates + b * 4 * Hp + block * 64 + v;
      float* gradient = s.gradient + b * s.ldGradient + block * 64 + v;
      auto dr = zero;
      if (!padding) {
        const auto r = hn::LoadU(d, a);
        const auto ds = hn::LoadU(d, s.dmiddle + b * s.ldh + u);
        dr = hn::Mul(hn::Mul(ds, loadUnits(previous, u, s.H)), hn::NegMulAdd(r, r, r));
        addUnits(hn::Mul(ds, r), s.dh + b * s.ldh + u);
      }
      hn::StoreU(dr, d, gradient);
      hn::StoreU(dr, d, s.staged + b * s.ldStaged + block * 32 + v);
      addUnits(dr, s.sums + block * 64 + v);
    }
  }
  keepSums(s, 4);
}

const RecurrentGateKernels kGruAfterGateKernels = {.forward = {gruForwardAfter}, .backward = {gruBackwardAfter}};
const RecurrentGateKernels kGruBeforeGateKernels = {.forward = {gruForwardReset, gruForwardCandidate},
                                                    .backward = {gruBackwardReset, gruBackwardCandidate}};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const RecurrentGateKernels& gruAfterGateKernels() { return OSTINATO_TIER_TABLE(kGruAfterGateKernels); }
const RecurrentGateKernels& gruBeforeGateKernels() { return OSTINATO_TIER_TABLE(kGruBeforeGateKernels); }

}  // namespace ostinato
#endif
