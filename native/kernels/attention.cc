#include "kernels/attention.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/recurrent_units-inl.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE void addTo(float* row, Units x, int64_t k, int64_t K) {
  storeUnits(hn::Add(loadUnits(row, k, K), x), row, k, K);
}

HWY_NOINLINE void additiveScores(const float* query, const float* keys, int64_t ld, const float* v, int64_t n,
                                 int64_t K, float* scores) {
  const UnitTag d;
  for (int64_t s = 0; s < n; s++, keys += ld) {
    Units sum = hn::Zero(d);
    for (int64_t k = 0; k < K; k += kUnits) {
      const Units squashed = vector_math::tanh(d, hn::Add(loadUnits(query, k, K), loadUnits(keys, k, K)));
      sum = hn::MulAdd(loadUnits(v, k, K), squashed, sum);
    }
    scores[s] = hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

HWY_NOINLINE void additiveQueryGradient(const float* query, const float* keys, int64_t ld, const float* v,
                                        const float* dscores, int64_t n, int64_t K, float* dquery) {
  const UnitTag d;
  const Units one = hn::Set(d, 1.0f);
  for (int64_t k = 0; k < K; k += kUnits) {
    const Units q = loadUnits(query, k, K);
    Units sum = hn::Zero(d);
    for (int64_t s = 0; s < n; s++) {
      const Units squashed = vector_math::tanh(d, hn::Add(q, loadUnits(keys + s * ld, k, K)));
      sum = hn::MulAdd(hn::Set(d, dscores[s]), hn::NegMulAdd(squashed, squashed, one), sum);
    }
    addTo(dquery, hn::Mul(loadUnits(v, k, K), sum), k, K);
  }
}

HWY_NOINLINE void additiveKeysGradient(const float* query, const float* keys, int64_t ld, const float* v,
                                       const float* dscores, int64_t n, int64_t K, float* dkeys, float* dv) {
  const UnitTag d;
  const Units one = hn::Set(d, 1.0f);
  for (int64_t k = 0; k < K; k += kUnits) {
    const Units q = loadUnits(query, k, K), factor = loadUnits(v, k, K);
    Units sum = hn::Zero(d);
    for (int64_t s = 0; s < n; s++) {
      const Units squashed = vector_math::tanh(d, hn::Add(q, loadUnits(keys + s * ld, k, K)));
      const Units dscore = hn::Set(d, dscores[s]);
      sum = hn::MulAdd(dscore, squashed, sum);
      addTo(dkeys + s * ld, hn::Mul(hn::Mul(dscore, factor), hn::NegMulAdd(squashed, squashed, one)), k, K);
    }
    addTo(dv, sum, k, K);
  }
}

const AdditiveAttentionKernels kAdditiveAttentionKernels = {additiveScores, additiveQueryGradient,
                                                            additiveKeysGradient};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const AdditiveAttentionKernels& additiveAttentionKernels() { return OSTINATO_TIER_TABLE(kAdditiveAttentionKernels); }

}  // namespace ostinato
#endif
