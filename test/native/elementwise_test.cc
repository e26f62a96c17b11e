// Elementwise ops, broadcasting and its inverse, against plain loops in double, on every tier, with sizes that fill no
// vector.
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

TEST_CASE("unary and binary ops") {
  forEachTier([] {
    for (const int64_t n : kSizes) {
      TestTensor a = numbers({n}, 1), b = numbers({n}, 2, 3), y({n});
      const auto unary = [&](const char* name, TestTensor& x, const std::function<double(double)>& f) {
        CAPTURE(name);
        runOp(operationNamed(name), {&x}, {&y}, {});
        expectClose(y, [&](size_t i) { return f(static_cast<double>(x.f32[i])); });
      };
      unary("exp", a, [](double x) { return std::exp(x); });
      unary("log", b, [](double x) { return std::log(x); });
      unary("sqrt", b, [](double x) { return std::sqrt(x); });
      unary("square", a, [](double x) { return x * x; });
      unary("tanh", a, [](double x) { return std::tanh(x); });
      unary("sigmoid", a, [](double x) { return 1 / (1 + std::exp(-x)); });
      unary("relu", a, [](double x) { return x > 0 ? x : 0; });
      const auto binary = [&](const char* name, const std::function<double(double, double)>& f) {
        CAPTURE(name);
        runOp(operationNamed(name), {&a, &b}, {&y}, {});
        expectClose(y, [&](size_t i) { return f(static_cast<double>(a.f32[i]), static_cast<double>(b.f32[i])); });
      };
      binary("add", [](double x, double z) { return x + z; });
      binary("subtract", [](double x, double z) { return x - z; });
      binary("multiply", [](double x, double z) { return x * z; });
      binary("divide", [](double x, double z) { return x / z; });
      binary("tanhGradient", [](double x, double z) { return z * (1 - x * x); });
      binary("sigmoidGradient", [](double x, double z) { return z * x * (1 - x); });
      binary("reluGradient", [](double x, double z) { return x > 0 ? z : 0; });
      TestTensor limit = scalar(0.25f);
      runOp(operationNamed("clamp"), {&a, &limit}, {&y}, {});
      expectClose(y, [&](size_t i) { return std::fmax(-0.25, std::fmin(0.25, static_cast<double>(a.f32[i]))); });
      runOp(operationNamed("affine"), {&a}, {&y}, {-2, 0.5});
      expectClose(y, [&](size_t i) { return -2 * static_cast<double>(a.f32[i]) + 0.5; });
    }
  });
}

TEST_CASE("clamp and relu let NaN through") {
  forEachTier([] {
    TestTensor x = numbers({17}, 1), y({17}), limit = scalar(1);
    x.f32[3] = x.f32[16] = std::numeric_limits<float>::quiet_NaN();
    runOp(operationNamed("clamp"), {&x, &limit}, {&y}, {});
    CHECK(std::isnan(y.f32[3]));
    CHECK(std::isnan(y.f32[16]));
    runOp(operationNamed("relu"), {&x}, {&y}, {});
    CHECK(std::isnan(y.f32[3]));
  });
}

TEST_CASE("broadcasting follows NumPy's rules, and sumTo is its inverse") {
  forEachTier([] {
    for (const int64_t F : {1, 5, 300}) {
      TestTensor a = numbers({3, 1, F}, 1), b = numbers({4, 1}, 2), y({3, 4, F});
      runOp(operationNamed("add"), {&a, &b}, {&y}, {});
      expectClose(y, [&](size_t i) {
        const size_t f = i % static_cast<size_t>(F), r = i / static_cast<size_t>(F);
        return static_cast<double>(a.f32[r / 4 * static_cast<size_t>(F) + f]) + static_cast<double>(b.f32[r % 4]);
      });
      TestTensor da({3, 1, F}), db({4, 1}), column({F}), all(std::vector<int64_t>{});
      const Operation& sumTo = operationNamed("sumTo");
      runOp(sumTo, {&y}, {&da}, {});
      runOp(sumTo, {&y}, {&db}, {});
      runOp(sumTo, {&y}, {&column}, {});
      runOp(sumTo, {&y}, {&all}, {});
      const auto at = [&](size_t i, size_t j, size_t f) {
        return static_cast<double>(y.f32[(i * 4 + j) * static_cast<size_t>(F) + f]);
      };
      expectClose(da, [&](size_t e) {
        double sum = 0;
        for (size_t j = 0; j < 4; j++) sum += at(e / static_cast<size_t>(F), j, e % static_cast<size_t>(F));
        return sum;
      });
      expectClose(
          db,
          [&](size_t j) {
            double sum = 0;
            for (size_t i = 0; i < 3; i++)
              for (size_t f = 0; f < static_cast<size_t>(F); f++) sum += at(i, j, f);
            return sum;
          },
          1e-5);
      expectClose(column, [&](size_t f) {
        double sum = 0;
        for (size_t r = 0; r < 12; r++) sum += at(r / 4, r % 4, f);
        return sum;
      });
      expectClose(
          all,
          [&](size_t) {
            double sum = 0;
            for (const float v : y.f32) sum += static_cast<double>(v);
            return sum;
          },
          1e-5);
      TestTensor wide({3, 4, F});
      runOp(operationNamed("broadcastTo"), {&b}, {&wide}, {});
      expectClose(wide, [&](size_t i) { return static_cast<double>(b.f32[i / static_cast<size_t>(F) % 4]); });
    }
  });
}

TEST_CASE("clamp is min(max(x, -limit), limit) and its gradient that of this, for negative limits too") {
  forEachTier([] {
    for (const float limit :
         {0.25f, 0.0f, -0.5f, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
      for (const int64_t n : kSizes) {
        CAPTURE(limit);
        CAPTURE(n);
        TestTensor x = numbers({n}, 1), y({n}), l = scalar(limit), dy = numbers({n}, 2), dx({n}),
                   dl(std::vector<int64_t>{});
        x.f32[0] = limit;  // an end, which is inside
        runOp(operationNamed("clamp"), {&x, &l}, {&y}, {});
        for (size_t i = 0; i < y.f32.size(); i++) REQUIRE(y.f32[i] == std::fmin(std::fmax(x.f32[i], -limit), limit));
        runOp(operationNamed("clampGradient"), {&x, &l, &dy}, {&dx, &dl}, {});
        double sum = 0;
        for (size_t i = 0; i < dx.f32.size(); i++) {
          const bool inside = -limit <= x.f32[i] && x.f32[i] <= limit;
          REQUIRE(dx.f32[i] == (inside ? dy.f32[i] : 0.0f));
          if (!inside) sum += (limit < 0 || x.f32[i] > limit ? 1 : -1) * static_cast<double>(dy.f32[i]);
        }
        CHECK(static_cast<double>(dl.f32[0]) == doctest::Approx(sum).epsilon(1e-6));
      }
    }
    TestTensor x = numbers({17}, 1), y({17}), nan = scalar(std::numeric_limits<float>::quiet_NaN());
    runOp(operationNamed("clamp"), {&x, &nan}, {&y}, {});
    for (const float value : y.f32) CHECK(std::isnan(value));
  });
}

TEST_CASE("sums along any axis stay exact where float32 would stop counting") {
  // 2^24 + 1000 ones: a float sum stops at 2^24.
  const int64_t n = (int64_t{1} << 24) + 1000;
  TestTensor x({2, n}), y({2, 1});
  std::fill(x.f32.begin(), x.f32.end(), 1.0f);
  runOp(operationNamed("sumTo"), {&x}, {&y}, {});
  CHECK(y.f32 == std::vector<float>(2, static_cast<float>(n)));
}
