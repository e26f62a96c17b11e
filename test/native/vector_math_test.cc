// The elementary functions on every tier, against double precision over all exponents. A SIMD file of its own: it is
// compiled once per tier like the kernels.
#ifndef OSTINATO_VECTOR_MATH_TEST_FUNCTIONS_
#define OSTINATO_VECTOR_MATH_TEST_FUNCTIONS_
namespace ostinato {
struct Functions {
  void (*exp)(const float*, float*, int);
  void (*expOfNegative)(const float*, float*, int);
  void (*sigmoid)(const float*, float*, int);
  void (*tanh)(const float*, float*, int);
};
}  // namespace ostinato
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "../test/native/vector_math_test.cc"  // from native/, which is on the path
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// n is a multiple of 16.
void expOf(const float* x, float* y, int n) {
  const hn::ScalableTag<float> d;
  for (int i = 0; i < n; i += static_cast<int>(hn::Lanes(d))) {
    hn::StoreU(vector_math::exp(d, hn::LoadU(d, x + i)), d, y + i);
  }
}
void expOfNegativeOf(const float* x, float* y, int n) {
  const hn::ScalableTag<float> d;
  for (int i = 0; i < n; i += static_cast<int>(hn::Lanes(d))) {
    hn::StoreU(vector_math::expOfNegative(d, hn::Neg(hn::Abs(hn::LoadU(d, x + i)))), d, y + i);
  }
}
void sigmoidOf(const float* x, float* y, int n) {
  const hn::ScalableTag<float> d;
  for (int i = 0; i < n; i += static_cast<int>(hn::Lanes(d))) {
    hn::StoreU(vector_math::sigmoid(d, hn::LoadU(d, x + i)), d, y + i);
  }
}
void tanhOf(const float* x, float* y, int n) {
  const hn::ScalableTag<float> d;
  for (int i = 0; i < n; i += static_cast<int>(hn::Lanes(d))) {
    hn::StoreU(vector_math::tanh(d, hn::LoadU(d, x + i)), d, y + i);
  }
}

const Functions kFunctions = {expOf, expOfNegativeOf, sigmoidOf, tanhOf};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "doctest/doctest.h"
#include "each_tier.h"

using namespace ostinato;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Distance to the true value in units of the float next to it.
double ulpError(float got, double want) {
  const float nearest = static_cast<float>(want);
  if (std::isinf(nearest)) return got == nearest ? 0 : 1e9;
  const double unit = std::nextafterf(std::abs(nearest), kInfinity) - std::abs(nearest);
  const double error = std::abs(got - want) / unit;
  return std::isnan(error) ? 1e9 : error;
}

struct Worst {
  double ulp = 0, absolute = 0;
  float at = 0;
};

// Every 997th float of the whole range, both signs.
Worst worstError(void (*function)(const float*, float*, int), double (*exact)(double), double negligible) {
  Worst worst;
  constexpr int kCount = 1 << 12;
  static float x[kCount], y[kCount];
  uint32_t bits = 0;
  for (int64_t done = 0; done < (int64_t{1} << 32) / 997; done += kCount) {
    for (float& v : x) {
      std::memcpy(&v, &bits, sizeof v);
      if (std::isnan(v)) v = 0;
      bits += 997;
    }
    function(x, y, kCount);
    for (int i = 0; i < kCount; i++) {
      const double want = exact(x[i]);
      if (std::abs(want) < negligible) {
        if (!(std::abs(y[i]) <= negligible)) return {1e9, 1e9, x[i]};
        continue;
      }
      const double ulp = ulpError(y[i], want);
      if (ulp > worst.ulp) {
        worst.ulp = ulp;
        worst.at = x[i];
      }
      if (std::abs(want) <= 1) worst.absolute = std::max(worst.absolute, std::abs(y[i] - want));
    }
  }
  return worst;
}

double exactSigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double exactExp(double x) { return std::exp(x); }
double exactExpOfNegative(double x) { return std::exp(-std::abs(x)); }
double exactTanh(double x) { return std::tanh(x); }

template <class F>
void forEachTable(const F& body) {
  forEachTier([&] { body(OSTINATO_TIER_TABLE(kFunctions)); });
}

float one(void (*function)(const float*, float*, int), float x) {
  float in[16], out[16];
  std::fill(in, in + 16, x);
  function(in, out, 16);
  for (float y : out) CHECK((y == out[0] || (std::isnan(y) && std::isnan(out[0]))));
  return out[0];
}

}  // namespace

TEST_CASE("exp is within 2 ulp over the whole range") {
  forEachTable([](const Functions& f) {
    const Worst worst = worstError(f.exp, exactExp, 0);
    CAPTURE(worst.at);
    CHECK(worst.ulp <= 2);
  });
}

TEST_CASE("exp of what is not above 0 is within 2 ulp wherever it is above 1.2e-38, and then 0") {
  forEachTable([](const Functions& f) {
    const Worst worst = worstError(f.expOfNegative, exactExpOfNegative, 1.2e-38);
    CAPTURE(worst.at);
    CHECK(worst.ulp <= 2);
    CHECK(one(f.expOfNegative, kInfinity) == 0);
    CHECK(one(f.expOfNegative, 0) == 1);
    CHECK(std::isnan(one(f.expOfNegative, std::nanf(""))));
  });
}

TEST_CASE("sigmoid is within 3 ulp and 1.2e-7 wherever it is above 4.2e-39") {
  forEachTable([](const Functions& f) {
    const Worst worst = worstError(f.sigmoid, exactSigmoid, 4.2e-39);
    CAPTURE(worst.at);
    CHECK(worst.ulp <= 3);
    CHECK(worst.absolute <= 1.2e-7);
  });
}

TEST_CASE("tanh is within 3 ulp, small arguments included, and 1.8e-7") {
  forEachTable([](const Functions& f) {
    const Worst worst = worstError(f.tanh, exactTanh, 0);
    CAPTURE(worst.at);
    CHECK(worst.ulp <= 3);
    CHECK(worst.absolute <= 1.8e-7);
  });
}

TEST_CASE("the functions saturate, and NaN stays NaN") {
  forEachTable([](const Functions& f) {
    CHECK(one(f.exp, -kInfinity) == 0);
    CHECK(one(f.exp, kInfinity) == kInfinity);
    CHECK(one(f.exp, 0) == 1);
    CHECK(one(f.exp, -104) == 0);
    CHECK(one(f.exp, 89) == kInfinity);
    CHECK(one(f.sigmoid, -kInfinity) == 0);
    CHECK(one(f.sigmoid, kInfinity) == 1);
    CHECK(one(f.sigmoid, 0) == 0.5f);
    CHECK(one(f.tanh, -kInfinity) == -1);
    CHECK(one(f.tanh, kInfinity) == 1);
    CHECK(one(f.tanh, 1e-40f) == doctest::Approx(1e-40f));
    for (auto* function : {f.exp, f.sigmoid, f.tanh}) CHECK(std::isnan(one(function, NAN)));
  });
}

#endif
