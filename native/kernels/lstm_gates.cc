#include "kernels/lstm_gates.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/lstm_gates.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/recurrent_units-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

HWY_NOINLINE void lstmForward(const RecurrentForward& s) {
  const UnitTag d;
  const int64_t Hp = (s.H + 15) / 16 * 16;
  for (int64_t b = 0; b < s.B; b++) {
    const float* cPrev = s.cPrev + b * Hp;
    float* c = s.c + b * Hp;
    float* h = s.h + b * s.ldh;
    float* y = s.y + b * s.H;
    if (isPadding(s, b)) {
      for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) hn::StoreU(hn::LoadU(d, cPrev + u), d, c + u);
      carryState(s, b);
      continue;
    }
    for (int64_t block = s.begin; block < s.end; block++) {
      float* a = s.gates + b * 4 * Hp + block * 64;
      const float* bias = s.bias + block * 64;
      for (int64_t v = 0; v < 16; v += kUnits) {
        const int64_t u = block * 16 + v;
        const auto i = vector_math::sigmoid(d, hn::Add(hn::LoadU(d, a + v), hn::LoadU(d, bias + v)));
        const auto f = vector_math::sigmoid(d, hn::Add(hn::LoadU(d, a + 16 + v), hn::LoadU(d, bias + 16 + v)));
        const auto g = vector_math::tanh(d, hn::Add(hn::LoadU(d, a + 32 + v), hn::LoadU(d, bias + 32 + v)));
        const auto o = vector_math::sigmoid(d, hn::Add(hn::LoadU(d, a + 48 + v), hn::LoadU(d, bias + 48 + v)));
        const auto cell = hn::MulAdd(f, hn::LoadU(d, cPrev + u), hn::Mul(i, g));
        const auto hidden = hn::Mul(o, vector_math::tanh(d, cell));
        hn::StoreU(cell, d, c + u);
        hn::StoreU(hidden, d, h + u);
        storeUnits(hidden, y, u, s.H);
        if (s.keepGates) {
          hn::StoreU(i, d, a + v);
          hn::StoreU(f, d, a + 16 + v);
          hn::StoreU(g, d, a + 32 + v);
          hn::StoreU(o, d, a + 48 + v);
        }
      }
    }
  }
}

HWY_NOINLINE void lstmBackward(const RecurrentBackward& s) {
  const UnitTag d;
  const auto one = hn::Set(d, 1.0f);
  const auto zero = hn::Zero(d);
  const int64_t Hp = (s.H + 15) / 16 * 16;
  clearSums(s, 4);
  for (int64_t b = 0; b < s.B; b++) {
    const float* gates = s.gates + b * 4 * Hp;
    float* gradient = s.gradient ? s.gradient + b * s.ldGradient : nullptr;
    float* staged = s.staged + b * s.ldStaged;
    if (isPadding(s, b)) {
      for (int64_t u = s.begin * 64; u < s.end * 64; u += kUnits) {
        if (gradient) hn::StoreU(zero, d, gradient + u);
        hn::StoreU(zero, d, staged + u);
      }
      continue;
    }
    for (int64_t block = s.begin; block < s.end; block++) {
      for (int64_t v = 0; v < 16; v += kUnits) {
        const int64_t u = block * 16 + v, at = block * 64 + v;
        const auto i = hn::LoadU(d, gates + at), f = hn::LoadU(d, gates + at + 16);
        const auto g = hn::LoadU(d, gates + at + 32), o = hn::LoadU(d, gates + at + 48);
        const auto dh = arrivingGradient(s, b, u);
        const auto tanhC = vector_math::tanh(d, hn::LoadU(d, s.c + b * Hp + u));
        const auto later = hn::LoadU(d, s.dc + b * Hp + u);
        const auto dc = hn::MulAdd(hn::Mul(dh, o), hn::NegMulAdd(tanhC, tanhC, one), later);
        // σ' = σ (1 - σ), tanh' = 1 - tanh²
        const auto di = hn::Mul(hn::Mul(dc, g), hn::NegMulAdd(i, i, i));
        const auto df = hn::Mul(hn::Mul(dc, hn::LoadU(d, s.cPrev + b * Hp + u)), hn::NegMulAdd(f, f, f));
        const auto dg = hn::Mul(hn::Mul(dc, i), hn::NegMulAdd(g, g, one));
        const auto dO = hn::Mul(hn::Mul(dh, tanhC), hn::NegMulAdd(o, o, o));
        hn::StoreU(zero, d, s.dh + b * s.ldh + u);
        hn::StoreU(hn::Mul(dc, f), d, s.dc + b * Hp + u);
        if (gradient) {
          hn::StoreU(di, d, gradient + at);
          hn::StoreU(df, d, gradient + at + 16);
          hn::StoreU(dg, d, gradient + at + 32);
          hn::StoreU(dO, d, gradient + at + 48);
        }
        hn::StoreU(di, d, staged + at);
        hn::StoreU(df, d, staged + at + 16);
        hn::StoreU(dg, d, staged + at + 32);
        hn::StoreU(dO, d, staged + at + 48);
        addUnits(di, s.sums + at);
        addUnits(df, s.sums + at + 16);
        addUnits(dg, s.sums + at + 32);
        addUnits(dO, s.sums + at + 48);
      }
    }
  }
  keepSums(s, 4);
}

const RecurrentGateKernels kLstmGateKernels = {.forward = {lstmForward}, .backward = {lstmBackward}};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const RecurrentGateKernels& lstmGateKernels() { return OSTINATO_TIER_TABLE(kLstmGateKernels); }

}  // namespace ostinato
#endif
