// Tensors for the tests of ops: reproducible numbers, and comparison with a formula in double.
#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include "base/philox.h"
#include "doctest/doctest.h"
#include "each_tier.h"
#include "op_runner.h"

namespace ostinato {

// The same numbers in every run, in ±1.
inline TestTensor numbers(std::vector<int64_t> shape, uint32_t seed, float offset = 0) {
  TestTensor t(std::move(shape));
  for (size_t i = 0; i < t.f32.size(); i++) {
    t.f32[i] = 2 * uniform01(philox(static_cast<uint32_t>(i), 0, 0, 0, seed, 1).word[0]) - 1 + offset;
  }
  return t;
}

inline TestTensor integers(std::vector<int64_t> shape, std::vector<int32_t> values) {
  TestTensor t(std::move(shape));
  t.f32.clear();
  t.i32 = std::move(values);
  return t;
}

inline TestTensor scalar(float value) {
  TestTensor t(std::vector<int64_t>{});
  t.f32[0] = value;
  return t;
}

inline void expectClose(const TestTensor& actual, const std::function<double(size_t)>& expected,
                        double tolerance = 1e-6) {
  for (size_t i = 0; i < actual.f32.size(); i++) {
    const double e = expected(i);
    CAPTURE(i);
    REQUIRE(std::abs(static_cast<double>(actual.f32[i]) - e) <= tolerance * (1 + std::abs(e)));
  }
}

// Relative to each element, however small.
inline void expectRelative(const TestTensor& actual, const std::function<double(size_t)>& expected, double tolerance) {
  for (size_t i = 0; i < actual.f32.size(); i++) {
    const double e = expected(i);
    CAPTURE(i);
    CAPTURE(actual.f32[i]);
    CAPTURE(e);
    REQUIRE(std::abs(static_cast<double>(actual.f32[i]) - e) <= tolerance * std::abs(e));
  }
}

}  // namespace ostinato
