// Parts that the gate kernels of the recurrent cells share: hidden units, at most 16 at once, of rows whose last block
// is partial; padding; sums of gradients. For SIMD files only.
#if defined(OSTINATO_RECURRENT_UNITS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSTINATO_RECURRENT_UNITS_INL_H_
#undef OSTINATO_RECURRENT_UNITS_INL_H_
#else
#define OSTINATO_RECURRENT_UNITS_INL_H_
#endif

#include <stdint.h>

#include "hwy/highway.h"
#include "kernels/recurrent_step.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

// A divisor of a block's 16 units on every tier.
using UnitTag = hwy::HWY_NAMESPACE::CappedTag<float, 16>;
using Units = hwy::HWY_NAMESPACE::Vec<UnitTag>;
constexpr int64_t kUnits = static_cast<int64_t>(hwy::HWY_NAMESPACE::MaxLanes(UnitTag()));

// row[u..], only as far as the H units go.
HWY_INLINE void storeUnits(Units x, float* row, int64_t u, int64_t H) {
  namespace hn = hwy::HWY_NAMESPACE;
  const UnitTag d;
  if (u + kUnits <= H) {
    hn::StoreU(x, d, row + u);
    return;
  }
  alignas(64) float line[kUnits];
  hn::Store(x, d, line);
  for (int64_t i = 0; u + i < H; i++) row[u + i] = line[i];
}

// The same for reading; zeros past H.
HWY_INLINE Units loadUnits(const float* row, int64_t u, int64_t H) {
  namespace hn = hwy::HWY_NAMESPACE;
  const UnitTag d;
  if (u + kUnits <= H) return hn::LoadU(d, row + u);
  alignas(64) float line[kUnits] = {};
  for (int64_t i = 0; u + i < H; i++) line[i] = row[u + i];
  return hn::Load(d, line);
}

HWY_INLINE void addUnits(Units x, float* sum) {
  namespace hn = hwy::HWY_NAMESPACE;
  const UnitTag d;
  hn::StoreU(hn::Add(hn::LoadU(d, sum), x), d, sum);
}

template <class Step>
HWY_INLINE bool isPadding(const Step& s, int64_t b) {
  return s.lengths && s.t >= s.lengths[b];
}

// Padding of forward: h is carried, y is 0.
HWY_INLINE void carryState(const RecurrentForward& s, int64_t b) {
  namespace hn = hwy::HWY_NAMESPACE;
  const UnitTag d;
  for (int64_t u = s.begin * 16; u < s.end * 16; u += kUnits) {
    hn::StoreU(hn::LoadU(d, s.hPrev + b * s.ldh + u), d, s.h + b * s.ldh + u);
    storeUnits(hn::Zero(d), s.y + b * s.H, u, s.H);
  }
}

// The gradient of h from later steps and from y.
HWY_INLINE Units arrivingGradient(const RecurrentBackward& s, int64_t b, int64_t u) {
  namespace hn = hwy::HWY_NAMESPACE;
  const UnitTag d;
  const Units dh = hn::LoadU(d, s.dh + b * s.ldh + u);
  return s.dy ? hn::Add(dh, loadUnits(s.dy + b * s.H, u, s.H)) : dh;
}

// Before and after the rows of a step: its own sums of the gradients of biases.
HWY_INLINE void clearSums(const RecurrentBackward& s, int64_t slots) {
  namespace hn = hwy::HWY_NAMESPACE;
  const UnitTag d;
  for (int64_t u = s.begin * slots * 16; u < s.end * slots * 16; u += kUnits) hn::StoreU(hn::Zero(d), d, s.sums + u);
}

HWY_INLINE void keepSums(const RecurrentBackward& s, int64_t slots) {
  namespace hn = hwy::HWY_NAMESPACE;
  const UnitTag d;
  for (int64_t u = s.begin * slots * 16; u < s.end * slots * 16; u += kUnits)
    addUnits(hn::LoadU(d, s.sums + u), s.dbias + u);
}

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#endif  // per-tier include guard
