#include "kernels/cells.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cells.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/recurrent_units-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A row's gate, of which `loadUnits` and `storeUnits` see only the units from u on.
template <class Float>
HWY_INLINE Float* gateOf(Float* gates, int64_t count, int64_t b, int64_t k, int64_t H) {
  return gates + (b * count + k) * H;
}

// Calls visit(b, u) for 16 or fewer units from u on of each row.
template <class Step, class Visit>
HWY_INLINE void forUnits(const Step& s, const Visit& visit) {
  for (int64_t b = s.begin; b < s.end; b++) {
    for (int64_t u = 0; u < s.H; u += kUnits) visit(b, u);
  }
}

HWY_NOINLINE void lstmCellForward(const LstmCellForward& s) {
  const UnitTag d;
  forUnits(s, [&](int64_t b, int64_t u) {
    const auto pre = [&](int64_t k) { return loadUnits(gateOf(s.a, 4, b, k, s.H), u, s.H); };
    const auto keep = [&](int64_t k, Units x) {
      if (s.gates) storeUnits(x, gateOf(s.gates, 4, b, k, s.H), u, s.H);
    };
    const Units i = vector_math::sigmoid(d, pre(0)), f = vector_math::sigmoid(d, pre(1));
    const Units g = vector_math::tanh(d, pre(2)), o = vector_math::sigmoid(d, pre(3));
    const Units cell = hn::MulAdd(f, loadUnits(s.c + b * s.H, u, s.H), hn::Mul(i, g));
    storeUnits(cell, s.next + b * s.H, u, s.H);
    storeUnits(hn::Mul(o, vector_math::tanh(d, cell)), s.h + b * s.H, u, s.H);
    keep(0, i);
    keep(1, f);
    keep(2, g);
    keep(3, o);
  });
}

HWY_NOINLINE void lstmCellBackward(const LstmCellBackward& s) {
  const UnitTag d;
  const Units one = hn::Set(d, 1.0f);
  forUnits(s, [&](int64_t b, int64_t u) {
    const auto gate = [&](int64_t k) { return loadUnits(gateOf(s.gates, 4, b, k, s.H), u, s.H); };
    const auto given = [&](const float* x) { return x ? loadUnits(x + b * s.H, u, s.H) : hn::Zero(d); };
    const auto store = [&](int64_t k, Units x) { storeUnits(x, gateOf(s.da, 4, b, k, s.H), u, s.H); };
    const Units i = gate(0), f = gate(1), g = gate(2), o = gate(3);
    const Units squashed = vector_math::tanh(d, given(s.next));
    const Units dh = given(s.dh);
    const Units dc = hn::MulAdd(hn::Mul(dh, o), hn::NegMulAdd(squashed, squashed, one), given(s.dnext));
    // σ' = σ (1 - σ), tanh' = 1 - tanh²
    store(0, hn::Mul(hn::Mul(dc, g), hn::NegMulAdd(i, i, i)));
    store(1, hn::Mul(hn::Mul(dc, given(s.c)), hn::NegMulAdd(f, f, f)));
    store(2, hn::Mul(hn::Mul(dc, i), hn::NegMulAdd(g, g, one)));
    store(3, hn::Mul(hn::Mul(dh, squashed), hn::NegMulAdd(o, o, o)));
    storeUnits(hn::Mul(dc, f), s.dc + b * s.H, u, s.H);
  });
}

HWY_NOINLINE void gruCellForward(const GruCellForward& s) {
  const UnitTag d;
  forUnits(s, [&](int64_t b, int64_t u) {
    const auto a = [&](int64_t k) { return loadUnits(gateOf(s.a, 3, b, k, s.H), u, s.H); };
    const auto p = [&](int64_t k) { return loadUnits(gateOf(s.p, 3, b, k, s.H), u, s.H); };
    const auto keep = [&](int64_t k, Units x) {
      if (s.gates) storeUnits(x, gateOf(s.gates, 3, b, k, s.H), u, s.H);
    };
    const Units r = vector_math::sigmoid(d, hn::Add(a(0), p(0))), z = vector_math::sigmoid(d, hn::Add(a(1), p(1)));
    const Units n = vector_math::tanh(d, hn::MulAdd(r, p(2), a(2)));
    // (1 - z) n + z h = n + z (h - n)
    const Units next = hn::MulAdd(z, hn::Sub(loadUnits(s.h + b * s.H, u, s.H), n), n);
    storeUnits(next, s.next + b * s.H, u, s.H);
    keep(0, r);
    keep(1, z);
    keep(2, n);
  });
}

HWY_NOINLINE void gruCellBackward(const GruCellBackward& s) {
  const UnitTag d;
  const Units one = hn::Set(d, 1.0f);
  forUnits(s, [&](int64_t b, int64_t u) {
    const auto gate = [&](int64_t k) { return loadUnits(gateOf(s.gates, 3, b, k, s.H), u, s.H); };
    const auto store = [&](int64_t k, Units da, Units dp) {
      storeUnits(da, gateOf(s.da, 3, b, k, s.H), u, s.H);
      storeUnits(dp, gateOf(s.dp, 3, b, k, s.H), u, s.H);
    };
    const Units r = gate(0), z = gate(1), n = gate(2);
    const Units dnext = loadUnits(s.dnext + b * s.H, u, s.H);
    const Units dn = hn::Mul(hn::NegMulAdd(dnext, z, dnext), hn::NegMulAdd(n, n, one));
    const Units dz = hn::Mul(hn::Mul(dnext, hn::Sub(loadUnits(s.h + b * s.H, u, s.H), n)), hn::NegMulAdd(z, z, z));
    const Units q = loadUnits(gateOf(s.p, 3, b, 2, s.H), u, s.H);
    const Units dr = hn::Mul(hn::Mul(dn, q), hn::NegMulAdd(r, r, r));
    store(0, dr, dr);
    store(1, dz, dz);
    store(2, dn, hn::Mul(dn, r));
    storeUnits(hn::Mul(dnext, z), s.dh + b * s.H, u, s.H);
  });
}

const CellKernels kCellKernels = {lstmCellForward, lstmCellBackward, gruCellForward, gruCellBackward};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const CellKernels& cellKernels() { return OSTINATO_TIER_TABLE(kCellKernels); }

}  // namespace ostinato
#endif
