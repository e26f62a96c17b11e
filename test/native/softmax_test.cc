// Softmax and log-softmax against plain loops in double, on every tier.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "kernels/elementwise.h"
#include "test_tensors.h"

using namespace ostinato;

TEST_CASE("softmax sums to one, log-softmax is its logarithm") {
  forEachTier([] {
    for (const int64_t F : {1, 3, 17, 500}) {
      TestTensor x = numbers({6, F}, 3), p({6, F}), l({6, F});
      for (float& v : x.f32) v *= 20;
      runOp(operationNamed("softmax"), {&x}, {&p}, {});
      runOp(operationNamed("logSoftmax"), {&x}, {&l}, {});
      for (size_t row = 0; row < 6; row++) {
        double sum = 0;
        for (size_t f = 0; f < static_cast<size_t>(F); f++)
          sum += static_cast<double>(p.f32[row * static_cast<size_t>(F) + f]);
        CHECK(sum == doctest::Approx(1).epsilon(1e-5));
      }
      expectClose(p, [&](size_t i) { return std::exp(static_cast<double>(l.f32[i])); }, 1e-5);
    }
  });
}

TEST_CASE("log-softmax and softmax of logits far from zero keep all digits") {
  forEachTier([] {
    for (const float offset : {0.0f, 1000.0f, -1000.0f, 1e7f, 1e30f}) {
      for (const int64_t F : {4, 37, 1000}) {
        CAPTURE(offset);
        CAPTURE(F);
        // Whole numbers, exact beside the offset; at 1e30 all are equal.
        TestTensor x({2, F}), p({2, F}), l({2, F});
        for (int64_t i = 0; i < 2 * F; i++) x.f32[static_cast<size_t>(i)] = offset + static_cast<float>(2 - i * 7 % 4);
        const auto wanted = [&](size_t i) {
          const size_t row = i / static_cast<size_t>(F) * static_cast<size_t>(F);
          double sum = 0;
          for (size_t f = 0; f < static_cast<size_t>(F); f++) {
            sum += std::exp(static_cast<double>(x.f32[row + f]) - static_cast<double>(offset));
          }
          return static_cast<double>(x.f32[i]) - static_cast<double>(offset) - std::log(sum);
        };
        runOp(operationNamed("logSoftmax"), {&x}, {&l}, {});
        expectRelative(l, wanted, 1.5e-7);
        runOp(operationNamed("softmax"), {&x}, {&p}, {});
        expectRelative(p, [&](size_t i) { return std::exp(wanted(i)); }, 4e-7);
      }
    }
  });
}

TEST_CASE("a maximum is the largest element wherever it stands, and a NaN wherever one stands") {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
  forEachTier([] {
    for (const int64_t n : {1, 2, 7, 16, 17, 33, 64, 100}) {
      const std::vector<float> x = numbers({n}, 1).f32;
      for (size_t at = 0; at < x.size(); at++) {
        CAPTURE(n);
        CAPTURE(at);
        std::vector<float> own = x;
        own[at] = 2;
        CHECK(elementwiseKernels().maximum(own.data(), n) == 2);
        own[at] = kNaN;
        CHECK(std::isnan(elementwiseKernels().maximum(own.data(), n)));
        // A NaN outlives what is larger, before it and after it.
        own[0] = own[own.size() - 1] = kInfinity;
        own[at] = kNaN;
        CHECK(std::isnan(elementwiseKernels().maximum(own.data(), n)));
      }
      const std::vector<float> none(x.size(), -kInfinity);
      CHECK(elementwiseKernels().maximum(none.data(), n) == -kInfinity);
    }
  });
}

TEST_CASE("the maximum along an axis is the first of the largest, or the first NaN") {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  TestTensor x({3, 4, 2}), y({3, 2}), index = integers({3, 2}, std::vector<int32_t>(6, -7));
  x.f32 = {1, 5, 3, 5, 3, 2, 0, 5, kNaN, 1, 9, kNaN, kNaN, 3, 1, kNaN, -1, 4, -1, 3, -1, 2, -2, 4};
  runOp(operationNamed("max"), {&x}, {&y, &index}, {1});
  CHECK(index.i32 == std::vector<int32_t>{1, 0, 0, 1, 0, 0});
  CHECK((y.f32[0] == 3 && y.f32[1] == 5 && std::isnan(y.f32[2]) && std::isnan(y.f32[3]) && y.f32[4] == -1 &&
         y.f32[5] == 4));
}
