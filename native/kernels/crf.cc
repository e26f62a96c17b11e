#include "kernels/crf.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/crf.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/recurrent_units-inl.h"
#include "kernels/vector_math-inl.h"

#include <algorithm>
#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// C rounded up to whole vectors of every tier.
HWY_INLINE int64_t paddedTags(int64_t C) { return (C + 15) / 16 * 16; }

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// row += emissions, then less its maximum, which is returned.
HWY_INLINE float settleRow(float* row, const float* emissions, int64_t C) {
  float most = kNothing;
  for (int64_t j = 0; j < C; j++) {
    row[j] += emissions[j];
    most = row[j] > most || std::isnan(row[j]) ? row[j] : most;
  }
  for (int64_t j = 0; j < C; j++) row[j] -= most;
  return most;
}

// The largest of alphas[i] + A[i,j..] over i, and the sum of exp of what each is above it. `ways`, if there is one,
// receives the exponentials, rows of `paddedTags(C)`.
HWY_INLINE Units sumOfWays(const CrfSequence& s, const float* alphas, int64_t j, float* ways, Units& most) {
  const UnitTag d;
  const int64_t C = s.C, width = paddedTags(C);
  most = hn::Set(d, kNothing);
  for (int64_t i = 0; i < C; i++) {
    most = hn::Max(most, hn::Add(hn::Set(d, alphas[i]), loadUnits(s.transitions + i * C, j, C)));
  }
  Units sum = hn::Zero(d);
  for (int64_t i = 0; i < C; i++) {
    const Units score = hn::Add(hn::Set(d, alphas[i]), loadUnits(s.transitions + i * C, j, C));
    const Units way = vector_math::exp(d, hn::Sub(score, most));
    if (ways) hn::Store(way, d, ways + i * width + j);
    sum = hn::Add(sum, way);
  }
  return sum;
}

HWY_NOINLINE double crfForward(const CrfSequence& s, float* alphas, float* scratch) {
  const int64_t C = s.C, width = paddedTags(C);
  const UnitTag d;
  const float *start = s.transitions + C * C, *end = start + C;
  float *before = scratch, *next = scratch + width, *sums = scratch + 2 * width;
  double total = 0;
  for (int64_t t = 0; t < s.T; t++) {
    if (t == 0) {
      std::copy(start, start + C, next);
    } else {
      for (int64_t j = 0; j < C; j += kUnits) {
        Units most;
        hn::Store(sumOfWays(s, before, j, nullptr, most), d, sums + j);
        hn::Store(most, d, next + j);
      }
      for (int64_t j = 0; j < C; j++) next[j] += std::log(sums[j]);
    }
    total += settleRow(next, s.emissions + t * s.stride, C);
    if (alphas) std::copy(next, next + C, alphas + t * s.stride);
    std::swap(before, next);
  }
  float most = kNothing;
  for (int64_t i = 0; i < C; i++) most = std::max(most, before[i] + end[i]);
  double sum = 0;
  for (int64_t i = 0; i < C; i++) sum += std::exp(static_cast<double>(before[i] + end[i] - most));
  return total + most + std::log(sum);
}

// p(y_t = i | y_{t+1} = j) is the share of the ways into j at t+1 that come from i; so each step's probabilities follow
// from those of the next one.
HWY_NOINLINE void crfMarginals(const CrfSequence& s, const float* alphas, float* probabilities, float weight,
                               float* pairs, float* scratch) {
  const int64_t C = s.C, width = paddedTags(C);
  const UnitTag d;
  const float* end = s.transitions + (C + 1) * C;
  float *ways = scratch, *shares = ways + C * width, *after = shares + C * kUnits, *own = after + width;
  {
    const float* last = alphas + (s.T - 1) * s.stride;
    float most = kNothing;
    for (int64_t i = 0; i < C; i++) most = std::max(most, last[i] + end[i]);
    double sum = 0;
    for (int64_t i = 0; i < C; i++) {
      own[i] = std::exp(last[i] + end[i] - most);
      sum += own[i];
    }
    for (int64_t i = 0; i < C; i++) own[i] = static_cast<float>(own[i] / sum);
    std::copy(own, own + C, probabilities + (s.T - 1) * s.stride);
  }
  for (int64_t t = s.T - 2; t >= 0; t--) {
    std::swap(after, own);
    for (int64_t i = 0; i < C; i++) hn::Store(hn::Zero(d), d, shares + i * kUnits);
    for (int64_t j = 0; j < C; j += kUnits) {
      Units most;
      const Units sum = sumOfWays(s, alphas + t * s.stride, j, ways, most);
      const Units factor = hn::Div(loadUnits(after, j, C), sum);
      const Units scaled = hn::Mul(factor, hn::Set(d, weight));
      for (int64_t i = 0; i < C; i++) {
        const Units way = hn::Load(d, ways + i * width + j);
        hn::Store(hn::MulAdd(way, factor, hn::Load(d, shares + i * kUnits)), d, shares + i * kUnits);
        if (pairs) storeUnits(hn::MulAdd(way, scaled, loadUnits(pairs + i * C, j, C)), pairs + i * C, j, C);
      }
    }
    for (int64_t i = 0; i < C; i++) own[i] = hn::GetLane(hn::SumOfLanes(d, hn::Load(d, shares + i * kUnits)));
    std::copy(own, own + C, probabilities + t * s.stride);
  }
}

HWY_NOINLINE float crfBest(const CrfSequence& s, int32_t* tags, int64_t tagStride, int32_t* back, float* scratch) {
  const int64_t C = s.C, width = paddedTags(C);
  const UnitTag d;
  const float *start = s.transitions + C * C, *end = start + C;
  float *before = scratch, *next = scratch + width, *from = scratch + 2 * width;
  for (int64_t j = 0; j < C; j++) before[j] = start[j] + s.emissions[j];
  for (int64_t t = 1; t < s.T; t++) {
    for (int64_t j = 0; j < C; j += kUnits) {
      Units most = hn::Add(hn::Set(d, before[0]), loadUnits(s.transitions, j, C));
      Units source = hn::Zero(d);
      for (int64_t i = 1; i < C; i++) {
        const Units score = hn::Add(hn::Set(d, before[i]), loadUnits(s.transitions + i * C, j, C));
        const auto better = hn::Gt(score, most);
        most = hn::IfThenElse(better, score, most);
        // As a float: tags are few enough to be exact.
        source = hn::IfThenElse(better, hn::Set(d, static_cast<float>(i)), source);
      }
      hn::Store(hn::Add(most, loadUnits(s.emissions + t * s.stride, j, C)), d, next + j);
      hn::Store(source, d, from + j);
    }
    for (int64_t j = 0; j < C; j++) back[t * C + j] = static_cast<int32_t>(from[j]);
    std::swap(before, next);
  }
  int32_t tag = 0;
  for (int64_t i = 1; i < C; i++) {
    if (before[i] + end[i] > before[tag] + end[tag]) tag = static_cast<int32_t>(i);
  }
  const float score = before[tag] + end[tag];
  for (int64_t t = s.T - 1; t >= 0; t--) {
    tags[t * tagStride] = tag;
    if (t > 0) tag = back[t * C + tag];
  }
  return score;
}

const CrfKernels kCrfKernels = {crfForward, crfMarginals, crfBest};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

int64_t crfScratchFloats(int64_t C) {
  const int64_t width = (C + 15) / 16 * 16;
  return C * width + C * 16 + 3 * width;
}

const CrfKernels& crfKernels() { return OSTINATO_TIER_TABLE(kCrfKernels); }

}  // namespace ostinato
#endif
