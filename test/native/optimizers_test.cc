// Norms and updates against their formulas in double, on every tier.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "test_tensors.h"

using namespace ostinato;

namespace {

constexpr int64_t kSizes[] = {1, 2, 7, 15, 16, 17, 33, 1000, 40000};

}  // namespace

TEST_CASE("Adam takes the steps of its formula") {
  forEachTier([] {
    for (const int64_t n : kSizes) {
      TestTensor w = numbers({n}, 1), m({n}), v({n}), g = numbers({n}, 2), scale = scalar(0.5f), rate = scalar(0.01f);
      std::fill(m.f32.begin(), m.f32.end(), 0.0f);
      std::fill(v.f32.begin(), v.f32.end(), 0.0f);
      std::vector<double> weight(w.f32.begin(), w.f32.end()), first(w.f32.size()), second(w.f32.size());
      for (int t = 1; t <= 3; t++) {
        TestTensor step = scalar(static_cast<float>(t));
        runOp(operationNamed("adam"), {&w, &m, &v, &g, &scale, &rate, &step}, {}, {0.9, 0.999, 1e-8, 0.1, 1});
        for (size_t i = 0; i < weight.size(); i++) {
          const double gradient = 0.5 * static_cast<double>(g.f32[i]);
          weight[i] *= 1 - 0.01 * 0.1;
          first[i] = 0.9 * first[i] + 0.1 * gradient;
          second[i] = 0.999 * second[i] + 0.001 * gradient * gradient;
          const double deviation = std::sqrt(second[i] / (1 - std::pow(0.999, t))) + 1e-8;
          weight[i] -= 0.01 * first[i] / (1 - std::pow(0.9, t)) / deviation;
        }
      }
      expectClose(w, [&](size_t i) { return weight[i]; }, 1e-5);
    }
  });
}

TEST_CASE("the norm of gradients is right wherever it is a float, and not where none is") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();
  forEachTier([] {
    for (int threads : {1, 3}) {
      ThreadPool::instance().setThreads(threads);
      for (const int64_t n : kSizes) {
        for (const float size : {1e-44f, 1e-25f, 1e-10f, 1.0f, 1.9e19f, 1e30f, 1e36f}) {
          CAPTURE(n);
          CAPTURE(size);
          TestTensor a = numbers({n}, 1), b = numbers({3}, 2), norm(std::vector<int64_t>{}), norms({2});
          for (float& v : a.f32) v *= size;
          // Both tensors add to it.
          for (float& v : b.f32) v *= size;
          const auto squares = [](const TestTensor& t) {
            double sum = 0;
            for (const float v : t.f32) sum += static_cast<double>(v) * static_cast<double>(v);
            return sum;
          };
          runOp(operationNamed("globalNorm"), {&a, &b}, {&norm, &norms}, {});
          expectRelative(
              norms,
              [&](size_t i) { return static_cast<double>(static_cast<float>(std::sqrt(squares(i == 0 ? a : b)))); },
              1e-6);
          expectRelative(
              norm, [&](size_t) { return static_cast<double>(static_cast<float>(std::sqrt(squares(a) + squares(b)))); },
              1e-6);
        }
        for (const float bad : {kInfinity, -kInfinity, kNaN}) {
          TestTensor a = numbers({n}, 1), norm(std::vector<int64_t>{}), norms({1});
          a.f32[static_cast<size_t>(n / 2)] = bad;
          runOp(operationNamed("globalNorm"), {&a}, {&norm, &norms}, {});
          CHECK(!std::isfinite(norm.f32[0]));
        }
      }
    }
  });
}

TEST_CASE("a gradient of any finite norm is clipped to the norm that was asked for") {
  for (const float size : {1e-3f, 1.0f, 2e19f, 3e37f}) {
    TestTensor g({4}), norm(std::vector<int64_t>{}), norms({1}), most = scalar(5), scale(std::vector<int64_t>{});
    std::fill(g.f32.begin(), g.f32.end(), size);
    runOp(operationNamed("globalNorm"), {&g}, {&norm, &norms}, {});
    runOp(operationNamed("clipScale"), {&norm, &most}, {&scale}, {});
    CHECK(2 * static_cast<double>(size) * static_cast<double>(scale.f32[0]) ==
          doctest::Approx(std::fmin(2 * static_cast<double>(size), 5)));
  }
}
