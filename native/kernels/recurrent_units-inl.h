// Loading and storing hidden units for the recurrent cells: at most 16 at once, and rows of H floats whose last block
// is partial. For SIMD files only.
#if defined(OSTINATO_RECURRENT_UNITS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSTINATO_RECURRENT_UNITS_INL_H_
#undef OSTINATO_RECURRENT_UNITS_INL_H_
#else
#define OSTINATO_RECURRENT_UNITS_INL_H_
#endif

#include <stdint.h>

#include "hwy/highway.h"

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

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#endif  // per-tier include guard
