// Softmax and log-softmax against plain loops in double, on every tier.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "test_tensors.h"

using namespace ostinato;

TEST_CASE("softmax sums to one, log-softmax is its logarithm") {
  forEachTier([] {
    for (const int64_t F : {1, 3, 17, 500}) {
      TestTensor x = numbers({6, F}, 3), p({6, F}), l({6, F});
      for (float& v : x.f32) v *= 20;
      runOp(operationNamed(softmaxFamily(), "softmax"), {&x}, {&p}, {});
      runOp(operationNamed(softmaxFamily(), "logSoftmax"), {&x}, {&l}, {});
      for (size_t row = 0; row < 6; row++) {
        double sum = 0;
        for (size_t f = 0; f < static_cast<size_t>(F); f++) sum += static_cast<double>(p.f32[row * static_cast<size_t>(F) + f]);
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
        runOp(operationNamed(softmaxFamily(), "logSoftmax"), {&x}, {&l}, {});
        expectRelative(l, wanted, 1.5e-7);
        runOp(operationNamed(softmaxFamily(), "softmax"), {&x}, {&p}, {});
        expectRelative(p, [&](size_t i) { return std::exp(wanted(i)); }, 4e-7);
      }
    }
  });
}
