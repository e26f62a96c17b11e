// The output layer with its cross-entropy against plain loops in double.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "test_tensors.h"

using namespace ostinato;

TEST_CASE("cross-entropy with and without memory for the logits gives the same losses") {
  forEachTier([] {
    for (const int64_t N : {1, 5, 300}) {
      const int64_t H = 9, V = 23;
      TestTensor x = numbers({N, H}, 1), w = numbers({V, H}, 2), bias = numbers({V}, 3);
      std::vector<int32_t> ids;
      for (int64_t n = 0; n < N; n++) ids.push_back(static_cast<int32_t>(n % 4 == 3 ? -1 : n % V));
      TestTensor targets = integers({N}, ids);
      TestTensor losses({N}), count(std::vector<int64_t>{}), sums({N, 2}), logits({N, V});
      TestTensor losses2({N}), count2(std::vector<int64_t>{}), noSums({N, 2}), noLogits({N, V});
      noSums.stored = noLogits.stored = false;
      const Operation& op = operationNamed("linearCrossEntropy");
      runOp(op, {&x, &w, &bias, &targets}, {&losses, &count, &sums, &logits}, {});
      runOp(op, {&x, &w, &bias, &targets}, {&losses2, &count2, &noSums, &noLogits}, {});
      expectClose(
          losses,
          [&](size_t n) {
            if (ids[n] < 0) return 0.0;
            double total = 0, chosen = 0;
            for (int64_t v = 0; v < V; v++) {
              double z = static_cast<double>(bias.f32[static_cast<size_t>(v)]);
              for (int64_t h = 0; h < H; h++) {
                z += static_cast<double>(x.f32[n * H + static_cast<size_t>(h)]) *
                     static_cast<double>(w.f32[static_cast<size_t>(v * H + h)]);
              }
              total += std::exp(z);
              if (v == ids[n]) chosen = z;
            }
            return std::log(total) - chosen;
          },
          2e-6);
      expectClose(losses2, [&](size_t n) { return static_cast<double>(losses.f32[n]); }, 2e-6);
      CHECK(count.f32[0] == static_cast<float>(N - N / 4));
    }
  });
}

TEST_CASE(
    "cross-entropy over a large vocabulary and its gradients, in blocks, on several threads, in every precision") {
  struct Sizes {
    int64_t N, H, V;
  };
  for (const Sizes& s : {Sizes{70, 33, 2053}, Sizes{1, 20, 3000}, Sizes{67, 40, 1030}, Sizes{1100, 10, 2064},
                         Sizes{65, 530, 1100}, Sizes{31, 222, 2080}, Sizes{100, 700, 39}}) {
    // Not structured bindings, which CAPTURE's lambdas cannot hold before C++23.
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
    std::vector<double> wantLosses, wantDx(static_cast<size_t>(N * H)), wantDw(static_cast<size_t>(V * H)),
        wantDb(static_cast<size_t>(V));
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
        TestTensor losses({N}), count(std::vector<int64_t>{}), sums({N, 2}), logits({N, V});
        runOp(operationNamed("linearCrossEntropy"), {&x, &w, &bias, &ownTargets}, {&losses, &count, &sums, &logits},
              {});
        expectClose(losses, [&](size_t i) { return wantLosses[i]; }, tolerance);
        TestTensor dx({N, H}), dw({V, H}), db({V});
        runOp(operationNamed("linearCrossEntropyGradient"), {&x, &w, &bias, &ownTargets, &sums, &logits, &dlosses},
              {&dx, &dw, &db}, {});
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
    TestTensor losses({N}), count(std::vector<int64_t>{}), sums({N, 2}), logits({N, V});
    runOp(operationNamed("linearCrossEntropy"), {&x, &w, &bias, &targets}, {&losses, &count, &sums, &logits}, {});
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
    TestTensor losses({N}), count(std::vector<int64_t>{}), sums({N, 2}), logits({N, V});
    runOp(operationNamed("linearCrossEntropy"), {&x, &w, &absent, &targets}, {&losses, &count, &sums, &logits}, {});
    for (size_t n = 0; n < static_cast<size_t>(N); n++) CHECK(std::isfinite(losses.f32[n]) == (n != 2 && n != 5));
  }
}

TEST_CASE("a target outside the classes is an input error") {
  TestTensor x = numbers({2, 3}, 1), w = numbers({4, 3}, 2), absent, targets = integers({2}, {0, 4});
  TestTensor losses({2}), count(std::vector<int64_t>{}), sums({2, 2}), logits({2, 4});
  CHECK_THROWS_AS(
      runOp(operationNamed("linearCrossEntropy"), {&x, &w, &absent, &targets}, {&losses, &count, &sums, &logits}, {}),
      InputError);
}

namespace {

// Logits whole numbers from -8 to 8 plus an offset, exact in every precision: the bias brings the offset, and each row
// of x picks one column of the weight.
struct Offset {
  static constexpr int64_t N = 70, H = 20, V = 2053;
  TestTensor x{{N, H}}, weight = TestTensor({V, H}), bias = TestTensor({V}),
                        targets = integers({N}, std::vector<int32_t>(N, 7));
  TestTensor dlosses = numbers({N}, 4, 2);

  explicit Offset(float offset) {
    for (int64_t n = 0; n < N; n++) {
      for (int64_t h = 0; h < H; h++) x.f32[static_cast<size_t>(n * H + h)] = h == n % H ? 1.0f : 0.0f;
    }
    for (int64_t i = 0; i < V * H; i++)
      weight.f32[static_cast<size_t>(i)] = static_cast<float>((i / H * 7 + i % H * 5) % 17 - 8);
    std::fill(bias.f32.begin(), bias.f32.end(), offset);
  }

  double logit(int64_t n, int64_t v) const {
    return static_cast<double>(weight.f32[static_cast<size_t>(v * H + n % H)]);
  }
  double total(int64_t n) const {
    double sum = 0;
    for (int64_t v = 0; v < V; v++) sum += std::exp(logit(n, v));
    return sum;
  }
  // The sum of a word's gradients; their signs are the same, so nothing cancels.
  double dbias(int64_t v) const {
    double sum = 0;
    for (int64_t n = 0; n < N; n++) {
      const double p = std::exp(logit(n, v)) / total(n);
      sum += static_cast<double>(dlosses.f32[static_cast<size_t>(n)]) * (v == 7 ? p - 1 : p);
    }
    return sum;
  }
};

}  // namespace

TEST_CASE("losses and gradients of logits far from zero keep all digits, on several threads, in every precision") {
  for (const float offset : {0.0f, 1000.0f, -1000.0f, 1e7f}) {
    Offset o(offset);
    std::vector<double> losses, dbias;
    for (int64_t n = 0; n < o.N; n++) losses.push_back(std::log(o.total(n)) - o.logit(n, 7));
    for (int64_t v = 0; v < o.V; v++) dbias.push_back(o.dbias(v));
    forEachTier([&] {
      for (Precision precision : {Precision::highest, Precision::high, Precision::medium}) {
        for (int threads : {1, 3}) {
          CAPTURE(offset);
          CAPTURE(static_cast<int>(precision));
          CAPTURE(threads);
          testPrecision() = precision;
          ThreadPool::instance().setThreads(threads);
          TestTensor got({o.N}), count(std::vector<int64_t>{}), normalizers({o.N, 2}), logits({o.N, o.V});
          runOp(operationNamed("linearCrossEntropy"), {&o.x, &o.weight, &o.bias, &o.targets},
                {&got, &count, &normalizers, &logits}, {});
          expectRelative(got, [&](size_t n) { return losses[n]; }, 2e-7);
          TestTensor dx({o.N, o.H}), dweight({o.V, o.H}), db({o.V});
          runOp(operationNamed("linearCrossEntropyGradient"),
                {&o.x, &o.weight, &o.bias, &o.targets, &normalizers, &logits, &o.dlosses}, {&dx, &dweight, &db}, {});
          expectRelative(db, [&](size_t v) { return dbias[v]; }, 1e-6);
        }
      }
    });
    testPrecision() = Precision::highest;
  }
}
