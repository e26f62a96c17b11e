#include "kernels/vector_scan.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vector_scan.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Calls visit(tag, i) for whole vectors from element i on, then for the elements that are left, one at a time.
template <class Visit>
HWY_INLINE void forVectors(int64_t n, const Visit& visit) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) visit(d, i);
  for (; i < n; i++) visit(hn::CappedTag<float, 1>(), i);
}

HWY_NOINLINE void step(const float* a, const float* b, float* h, float* y, int64_t n) {
  forVectors(n, [&](auto d, int64_t i) {
    const auto next = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, h + i), hn::LoadU(d, b + i));
    hn::StoreU(next, d, h + i);
    hn::StoreU(next, d, y + i);
  });
}

template <bool kFactors, bool kTerms>
HWY_INLINE void backOf(const VectorScanBack& s, int64_t n) {
  forVectors(n, [&](auto d, int64_t i) {
    auto g = hn::LoadU(d, s.g + i);
    if (s.dy) g = hn::Add(g, hn::LoadU(d, s.dy + i));
    if (kTerms) hn::StoreU(g, d, s.db + i);
    if (kFactors) hn::StoreU(hn::Mul(g, hn::LoadU(d, s.before + i)), d, s.da + i);
    hn::StoreU(hn::Mul(g, hn::LoadU(d, s.a + i)), d, s.g + i);
  });
}

HWY_NOINLINE void back(const VectorScanBack& s, int64_t n) {
  if (s.da && s.db) return backOf<true, true>(s, n);
  if (s.da) return backOf<true, false>(s, n);
  if (s.db) return backOf<false, true>(s, n);
  backOf<false, false>(s, n);
}

const VectorScanKernels kVectorScanKernels = {step, back};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const VectorScanKernels& vectorScanKernels() { return OSTINATO_TIER_TABLE(kVectorScanKernels); }

}  // namespace ostinato
#endif
