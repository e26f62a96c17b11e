// The ops beside the recurrent ones, each against plain loops in double, on every tier, with sizes that fill no vector.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "kernels/tiers.h"
#include "op_runner.h"
#include "runtime/philox.h"

using namespace ostinato;

namespace {

// The same numbers in every run, in ±1.
TestTensor numbers(std::vector<int64_t> shape, uint32_t seed, float offset = 0) {
  TestTensor t(std::move(shape));
  for (size_t i = 0; i < t.f32.size(); i++) {
    t.f32[i] = 2 * uniform01(philox(static_cast<uint32_t>(i), 0, 0, 0, seed, 1).word[0]) - 1 + offset;
  }
  return t;
}

TestTensor integers(std::vector<int64_t> shape, std::vector<int32_t> values) {
  TestTensor t(std::move(shape));
  t.f32.clear();
  t.i32 = std::move(values);
  return t;
}

TestTensor scalar(float value) {
  TestTensor t(std::vector<int64_t>{});
  t.f32[0] = value;
  return t;
}

void forEachTier(const std::function<void()>& test) {
  for (Tier tier : {Tier::portable, Tier::avx2, Tier::avx512, Tier::neon}) {
    if (!tierAvailable(tier)) continue;
    REQUIRE(setTier(tierName(tier)));
    INFO("tier ", tierName(tier));
    test();
  }
  setTier("auto");
}

constexpr int64_t kSizes[] = {1, 2, 7, 15, 16, 17, 33, 1000, 40000};

void expectClose(const TestTensor& actual, const std::function<double(size_t)>& expected, double tolerance = 1e-6) {
  for (size_t i = 0; i < actual.f32.size(); i++) {
    const double e = expected(i);
    CAPTURE(i);
    REQUIRE(std::abs(static_cast<double>(actual.f32[i]) - e) <= tolerance * (1 + std::abs(e)));
  }
}

}  // namespace

TEST_CASE("unary and binary ops") {
  forEachTier([] {
    for (const int64_t n : kSizes) {
      TestTensor a = numbers({n}, 1), b = numbers({n}, 2, 3), y({n});
      const auto unary = [&](const char* name, TestTensor& x, const std::function<double(double)>& f) {
        CAPTURE(name);
        runOp(operationNamed(elementwiseFamily(), name), {&x}, {&y}, {});
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
        runOp(operationNamed(elementwiseFamily(), name), {&a, &b}, {&y}, {});
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
      runOp(operationNamed(elementwiseFamily(), "clamp"), {&a, &limit}, {&y}, {});
      expectClose(y, [&](size_t i) { return std::fmax(-0.25, std::fmin(0.25, static_cast<double>(a.f32[i]))); });
      runOp(operationNamed(elementwiseFamily(), "affine"), {&a}, {&y}, {-2, 0.5});
      expectClose(y, [&](size_t i) { return -2 * static_cast<double>(a.f32[i]) + 0.5; });
    }
  });
}

TEST_CASE("clamp and relu let NaN through") {
  forEachTier([] {
    TestTensor x = numbers({17}, 1), y({17}), limit = scalar(1);
    x.f32[3] = x.f32[16] = std::numeric_limits<float>::quiet_NaN();
    runOp(operationNamed(elementwiseFamily(), "clamp"), {&x, &limit}, {&y}, {});
    CHECK(std::isnan(y.f32[3]));
    CHECK(std::isnan(y.f32[16]));
    runOp(operationNamed(elementwiseFamily(), "relu"), {&x}, {&y}, {});
    CHECK(std::isnan(y.f32[3]));
  });
}

TEST_CASE("broadcasting follows NumPy's rules, and sumTo is its inverse") {
  forEachTier([] {
    for (const int64_t F : {1, 5, 300}) {
      TestTensor a = numbers({3, 1, F}, 1), b = numbers({4, 1}, 2), y({3, 4, F});
      runOp(operationNamed(elementwiseFamily(), "add"), {&a, &b}, {&y}, {});
      expectClose(y, [&](size_t i) {
        const size_t f = i % static_cast<size_t>(F), r = i / static_cast<size_t>(F);
        return static_cast<double>(a.f32[r / 4 * static_cast<size_t>(F) + f]) + static_cast<double>(b.f32[r % 4]);
      });
      TestTensor da({3, 1, F}), db({4, 1}), column({F}), all(std::vector<int64_t>{});
      const Operation& sumTo = operationNamed(reduceFamily(), "sumTo");
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
      expectClose(db, [&](size_t j) {
        double sum = 0;
        for (size_t i = 0; i < 3; i++) for (size_t f = 0; f < static_cast<size_t>(F); f++) sum += at(i, j, f);
        return sum;
      }, 1e-5);
      expectClose(column, [&](size_t f) {
        double sum = 0;
        for (size_t r = 0; r < 12; r++) sum += at(r / 4, r % 4, f);
        return sum;
      });
      expectClose(all, [&](size_t) {
        double sum = 0;
        for (const float v : y.f32) sum += static_cast<double>(v);
        return sum;
      }, 1e-5);
      TestTensor wide({3, 4, F});
      runOp(operationNamed(reduceFamily(), "broadcastTo"), {&b}, {&wide}, {});
      expectClose(wide, [&](size_t i) { return static_cast<double>(b.f32[i / static_cast<size_t>(F) % 4]); });
    }
  });
}

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

TEST_CASE("cross-entropy with and without memory for the logits gives the same losses") {
  forEachTier([] {
    for (const int64_t N : {1, 5, 300}) {
      const int64_t H = 9, V = 23;
      TestTensor x = numbers({N, H}, 1), w = numbers({V, H}, 2), bias = numbers({V}, 3);
      std::vector<int32_t> ids;
      for (int64_t n = 0; n < N; n++) ids.push_back(static_cast<int32_t>(n % 4 == 3 ? -1 : n % V));
      TestTensor targets = integers({N}, ids);
      TestTensor losses({N}), count(std::vector<int64_t>{}), sums({N}), logits({N, V});
      TestTensor losses2({N}), count2(std::vector<int64_t>{}), noSums({N}), noLogits({N, V});
      noSums.stored = noLogits.stored = false;
      const Operation& op = operationNamed(crossEntropyFamily(), "linearCrossEntropy");
      runOp(op, {&x, &w, &bias, &targets}, {&losses, &count, &sums, &logits}, {});
      runOp(op, {&x, &w, &bias, &targets}, {&losses2, &count2, &noSums, &noLogits}, {});
      expectClose(losses, [&](size_t n) {
        if (ids[n] < 0) return 0.0;
        double total = 0, chosen = 0;
        for (int64_t v = 0; v < V; v++) {
          double z = static_cast<double>(bias.f32[static_cast<size_t>(v)]);
          for (int64_t h = 0; h < H; h++) {
            z += static_cast<double>(x.f32[n * H + static_cast<size_t>(h)]) * static_cast<double>(w.f32[static_cast<size_t>(v * H + h)]);
          }
          total += std::exp(z);
          if (v == ids[n]) chosen = z;
        }
        return std::log(total) - chosen;
      }, 2e-6);
      expectClose(losses2, [&](size_t n) { return static_cast<double>(losses.f32[n]); }, 2e-6);
      CHECK(count.f32[0] == static_cast<float>(N - N / 4));
    }
  });
}

TEST_CASE("cross-entropy over a large vocabulary and its gradients, in blocks, on several threads, in every precision") {
  struct Sizes {
    int64_t N, H, V;
  };
  for (const Sizes& s : {Sizes{70, 33, 2053}, Sizes{1, 20, 3000}, Sizes{67, 40, 1030}, Sizes{1100, 10, 2064}, Sizes{65, 530, 1100},
                         Sizes{31, 222, 2080}, Sizes{100, 700, 39}}) {
    // Not structured bindings, which CAPTURE's lambdas cannot hold in C++17.
    const int64_t N = s.N, H = s.H, V = s.V;
    CAPTURE(N);
    CAPTURE(V);
    TestTensor x = numbers({N, H}, 1), w = numbers({V, H}, 2), bias = numbers({V}, 3), dlosses = numbers({N}, 4);
    // Logits of the same size whatever H is.
    for (float& value : x.f32) value *= 3 / std::sqrt(static_cast<float>(H));
    std::vector<int32_t> ids;
    for (int64_t n = 0; n < N; n++) ids.push_back(static_cast<int32_t>(n % 4 == 3 ? -1 : n * 977 % V));
    const TestTensor targets = integers({N}, ids);
    const auto at = [](const TestTensor& t, int64_t i) { return static_cast<double>(t.f32[static_cast<size_t>(i)]); };
    std::vector<double> wantLosses, wantDx(static_cast<size_t>(N * H)), wantDw(static_cast<size_t>(V * H)), wantDb(static_cast<size_t>(V));
    for (int64_t n = 0; n < N; n++) {
      std::vector<double> z(static_cast<size_t>(V));
      double total = 0;
      for (int64_t v = 0; v < V; v++) {
        double sum = at(bias, v);
        for (int64_t h = 0; h < H; h++) sum += at(x, n * H + h) * at(w, v * H + h);
        total += std::exp(z[static_cast<size_t>(v)] = sum);
      }
      const int32_t id = ids[static_cast<size_t>(n)];
      wantLosses.push_back(id < 0 ? 0 : std::log(total) - z[static_cast<size_t>(id)]);
      for (int64_t v = 0; id >= 0 && v < V; v++) {
        const double d = at(dlosses, n) * (std::exp(z[static_cast<size_t>(v)]) / total - (v == id));
        wantDb[static_cast<size_t>(v)] += d;
        for (int64_t h = 0; h < H; h++) {
          wantDx[static_cast<size_t>(n * H + h)] += d * at(w, v * H + h);
          wantDw[static_cast<size_t>(v * H + h)] += d * at(x, n * H + h);
        }
      }
    }
    for (Precision precision : {Precision::highest, Precision::high, Precision::medium}) {
      for (int threads : {1, 3}) {
        CAPTURE(static_cast<int>(precision));
        CAPTURE(threads);
        testPrecision() = precision;
        ThreadPool::instance().setThreads(threads);
        const double tolerance = precision == Precision::highest ? 6e-6 : precision == Precision::high ? 3e-5 : 2e-2;
        TestTensor ownTargets = targets;
        TestTensor losses({N}), count(std::vector<int64_t>{}), sums({N}), logits({N, V});
        runOp(operationNamed(crossEntropyFamily(), "linearCrossEntropy"), {&x, &w, &bias, &ownTargets},
              {&losses, &count, &sums, &logits}, {});
        expectClose(losses, [&](size_t i) { return wantLosses[i]; }, tolerance);
        TestTensor dx({N, H}), dw({V, H}), db({V});
        runOp(operationNamed(crossEntropyFamily(), "linearCrossEntropyGradient"),
              {&x, &w, &bias, &ownTargets, &sums, &logits, &dlosses}, {&dx, &dw, &db}, {});
        expectClose(dx, [&](size_t i) { return wantDx[i]; }, tolerance);
        expectClose(dw, [&](size_t i) { return wantDw[i]; }, tolerance);
        expectClose(db, [&](size_t i) { return wantDb[i]; }, tolerance);
      }
    }
    testPrecision() = Precision::highest;
  }
}

TEST_CASE("words that are impossible, a whole block of them, leave the loss of the others") {
  const int64_t N = 5, H = 4, V = 2500;
  TestTensor x = numbers({N, H}, 1), w = numbers({V, H}, 2), bias = numbers({V}, 3);
  const float impossible = -std::numeric_limits<float>::infinity();
  std::fill_n(bias.f32.begin(), 600, impossible);
  std::fill_n(bias.f32.begin() + 1000, 800, impossible);
  TestTensor targets = integers({N}, {700, 900, 2000, 2499, 10});
  for (int threads : {1, 3}) {
    ThreadPool::instance().setThreads(threads);
    TestTensor losses({N}), count(std::vector<int64_t>{}), sums({N}), logits({N, V});
    runOp(operationNamed(crossEntropyFamily(), "linearCrossEntropy"), {&x, &w, &bias, &targets},
          {&losses, &count, &sums, &logits}, {});
    for (size_t n = 0; n < 4; n++) CHECK((losses.f32[n] > 4 && losses.f32[n] < 12));
    CHECK(losses.f32[4] == std::numeric_limits<float>::infinity());
  }
}

TEST_CASE("a NaN or an infinity in one row of logits makes that row's loss NaN or infinite, and no other") {
  const int64_t N = 9, H = 4, V = 2500;
  TestTensor x = numbers({N, H}, 1), w = numbers({V, H}, 2), absent;
  x.f32[2 * H] = std::numeric_limits<float>::quiet_NaN();
  x.f32[5 * H] = std::numeric_limits<float>::infinity();
  TestTensor targets = integers({N}, std::vector<int32_t>(static_cast<size_t>(N), 7));
  for (int threads : {1, 3}) {
    ThreadPool::instance().setThreads(threads);
    TestTensor losses({N}), count(std::vector<int64_t>{}), sums({N}), logits({N, V});
    runOp(operationNamed(crossEntropyFamily(), "linearCrossEntropy"), {&x, &w, &absent, &targets},
          {&losses, &count, &sums, &logits}, {});
    for (size_t n = 0; n < static_cast<size_t>(N); n++) CHECK(std::isfinite(losses.f32[n]) == (n != 2 && n != 5));
  }
}

TEST_CASE("a target outside the classes is an input error") {
  TestTensor x = numbers({2, 3}, 1), w = numbers({4, 3}, 2), absent, targets = integers({2}, {0, 4});
  TestTensor losses({2}), count(std::vector<int64_t>{}), sums({2}), logits({2, 4});
  CHECK_THROWS_AS(runOp(operationNamed(crossEntropyFamily(), "linearCrossEntropy"), {&x, &w, &absent, &targets},
                        {&losses, &count, &sums, &logits}, {}),
                  InputError);
}

TEST_CASE("moving elements: concat, slice, pad, transpose") {
  TestTensor a = numbers({2, 3, 4}, 1), b = numbers({2, 2, 4}, 2), y({2, 5, 4}), part({2, 2, 4}), padded({2, 5, 4}), t({4, 3, 2});
  runOp(operationNamed(shapeFamily(), "concat"), {&a, &b}, {&y}, {1});
  CHECK(y.f32[3 * 4 + 1] == b.f32[1]);
  CHECK(y.f32[20 + 1] == a.f32[12 + 1]);
  runOp(operationNamed(shapeFamily(), "slice"), {&y}, {&part}, {1, 3, 5});
  for (size_t i = 0; i < 16; i++) CHECK(part.f32[i] == b.f32[i]);
  runOp(operationNamed(shapeFamily(), "pad"), {&b}, {&padded}, {1, 1, 2});
  CHECK(padded.f32[0] == 0);
  CHECK(padded.f32[4] == b.f32[0]);
  CHECK(padded.f32[12] == 0);
  runOp(operationNamed(shapeFamily(), "transpose"), {&a}, {&t}, {0, 2});
  CHECK(t.f32[(1 * 3 + 2) * 2 + 1] == a.f32[(1 * 3 + 2) * 4 + 1]);
}

TEST_CASE("the gradient of an embedding adds up repeated ids") {
  forEachTier([] {
    TestTensor ids = integers({3, 2}, {0, 2, 2, 1, 2, 0}), dy = numbers({3, 2, 37}, 1), dw({4, 37});
    runOp(operationNamed(embeddingFamily(), "embeddingGradient"), {&ids, &dy}, {&dw}, {4});
    expectClose(dw, [&](size_t e) {
      double sum = 0;
      for (size_t i = 0; i < 6; i++) {
        if (ids.i32[i] == static_cast<int32_t>(e / 37)) sum += static_cast<double>(dy.f32[i * 37 + e % 37]);
      }
      return sum;
    });
  });
}

TEST_CASE("Adam takes the steps of its formula") {
  forEachTier([] {
    for (const int64_t n : kSizes) {
      TestTensor w = numbers({n}, 1), m({n}), v({n}), g = numbers({n}, 2), scale = scalar(0.5f), rate = scalar(0.01f);
      std::fill(m.f32.begin(), m.f32.end(), 0.0f);
      std::fill(v.f32.begin(), v.f32.end(), 0.0f);
      std::vector<double> weight(w.f32.begin(), w.f32.end()), first(w.f32.size()), second(w.f32.size());
      for (int t = 1; t <= 3; t++) {
        TestTensor step = scalar(static_cast<float>(t));
        runOp(operationNamed(optimizerFamily(), "adam"), {&w, &m, &v, &g, &scale, &rate, &step}, {}, {0.9, 0.999, 1e-8, 0.1, 1});
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

TEST_CASE("sampling: greedy takes the first maximum, filters keep what they should") {
  TestTensor logits({1, 5}), temperature = scalar(0), topK = integers({}, {0}), topP = scalar(1);
  logits.f32 = {1, 3, -std::numeric_limits<float>::infinity(), 3, 2};
  TestTensor ids = integers({1}, {-7}), logProbability({1});
  const Operation& op = operationNamed(sampleFamily(), "sample");
  TestTensor random = integers({2}, {1, 0});
  runOp(op, {&logits, &temperature, &topK, &topP, &random}, {&ids, &logProbability}, {});
  CHECK(ids.i32[0] == 1);
  temperature = scalar(1);
  int seen[5] = {};
  for (int step = 0; step < 4000; step++) {
    random = integers({2}, {1, step});
    runOp(op, {&logits, &temperature, &topK, &topP, &random}, {&ids, &logProbability}, {});
    seen[ids.i32[0]]++;
  }
  const double total = std::exp(1) + 2 * std::exp(3) + std::exp(2);
  CHECK(seen[2] == 0);
  CHECK(seen[1] / 4000.0 == doctest::Approx(std::exp(3) / total).epsilon(0.08));
  CHECK(seen[0] / 4000.0 == doctest::Approx(std::exp(1) / total).epsilon(0.25));
  topK = integers({}, {2});
  for (int step = 0; step < 200; step++) {
    random = integers({2}, {2, step});
    runOp(op, {&logits, &temperature, &topK, &topP, &random}, {&ids, &logProbability}, {});
    CHECK((ids.i32[0] == 1 || ids.i32[0] == 3));
  }
}
