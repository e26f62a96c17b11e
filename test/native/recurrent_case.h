// Cases for the tests of rnn, lstm and gru, and the comparison of an op and its gradient with a plain double
// implementation: outputs element by element, gradients with central differences of the double outputs.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "each_tier.h"
#include "op_runner.h"
#include "products/provider.h"

namespace ostinato {

struct RecurrentCase {
  int64_t T, B, I, H;
  bool biases, lengths, reverse;
  bool partialGradients;  // only some of dy, dhLast, dcLast are given

  std::string name() const {
    return "T" + std::to_string(T) + " B" + std::to_string(B) + " I" + std::to_string(I) + " H" + std::to_string(H) +
           (biases ? " biases" : "") + (lengths ? " lengths" : "") + (reverse ? " reverse" : "") +
           (partialGradients ? " partial" : "");
  }
};

inline std::vector<RecurrentCase> recurrentCases() {
  std::vector<RecurrentCase> cases;
  int count = 0;
  for (int64_t H : {1, 5, 16, 17, 33}) {
    for (int64_t B : {1, 3, 20}) {
      for (int64_t T : {1, 2, 7}) {
        const int64_t I = 1 + (count * 7) % 23;
        // Options in turn, so that each meets many sizes.
        cases.push_back({T, B, I, H, count % 3 != 0, count % 2 == 0, count % 4 >= 2, count % 5 == 0});
        count++;
        cases.push_back({T, B, I, H, count % 3 != 0, true, true, false});
      }
    }
  }
  // Several hidden blocks for each of several threads, several tiles and depths, more than one chunk of steps.
  cases.push_back({3, 37, 70, 130, true, true, true, false});
  cases.push_back({3, 37, 70, 130, true, true, false, false});
  cases.push_back({9, 70, 20, 48, true, false, true, false});
  cases.push_back({9, 70, 20, 48, true, true, true, false});
  cases.push_back({2, 15, 300, 290, true, false, false, false});
  // Steps whose rows are whole tiles, and more than one block of the gradients' products.
  cases.push_back({2, 32, 9, 20, true, true, true, false});
  cases.push_back({9, 32, 520, 20, true, true, false, false});
  // So many rows that the input's product packs them.
  cases.push_back({2, 130, 9, 20, true, true, false, false});
  return cases;
}

// Every tier that this CPU has, with one thread and with three; also in the lower precisions where somebody
// rounds for them.
inline void forEachConfiguration(const std::function<void()>& body) {
  forEachTier([&] {
    for (Precision precision : {Precision::highest, Precision::high, Precision::medium}) {
      if (precision != Precision::highest && !roundingProvider(precision)) continue;
      testPrecision() = precision;
      for (int threads : {1, 3}) {
        if (threads == 1 && precision == Precision::medium) continue;
        ThreadPool::instance().setThreads(threads);
        CAPTURE(static_cast<int>(precision));
        CAPTURE(threads);
        body();
      }
    }
  });
  testPrecision() = Precision::highest;
}

// By how much a tolerance for float32 grows.
inline double slack() {
  return testPrecision() == Precision::highest ? 1 : testPrecision() == Precision::high ? 10 : 3000;
}

using Doubles = std::vector<double>;

struct RecurrentData {
  RecurrentCase c;
  // x, h0, [c0], weight_ih, weight_hh, bias_ih, bias_hh; biases absent if the case has none.
  std::vector<TestTensor> inputs;
  TestTensor lengths;

  RecurrentData(const RecurrentCase& which, int gates, bool cells, unsigned seed) : c(which) {
    std::mt19937 random(seed);
    const auto tensor = [&](std::vector<int64_t> dims, double scale) {
      TestTensor t(std::move(dims));
      std::uniform_real_distribution<float> uniform(static_cast<float>(-scale), static_cast<float>(scale));
      for (float& v : t.f32) v = uniform(random);
      return t;
    };
    inputs.push_back(tensor({c.T, c.B, c.I}, 1));
    inputs.push_back(tensor({c.B, c.H}, 1));
    if (cells) inputs.push_back(tensor({c.B, c.H}, 1));
    inputs.push_back(tensor({gates * c.H, c.I}, 1.5 / std::sqrt(static_cast<double>(c.I))));
    inputs.push_back(tensor({gates * c.H, c.H}, 1.5 / std::sqrt(static_cast<double>(c.H))));
    for (int i = 0; i < 2; i++) inputs.push_back(c.biases ? tensor({gates * c.H}, 0.5) : TestTensor());
    if (c.lengths) {
      lengths = TestTensor({c.B});
      lengths.f32.clear();
      for (int64_t b = 0; b < c.B; b++) {
        // 0, T, and what lies between
        lengths.i32.push_back(static_cast<int32_t>(b % 3 == 0 ? (b % 2 ? 0 : c.T) : random() % (c.T + 1)));
      }
      if (c.B == 1) lengths.i32[0] = static_cast<int32_t>(random() % (c.T + 1));
      // No number of the padding may reach a result.
      for (int64_t n = 0; n < c.T * c.B; n++) {
        if (n / c.B >= lengthOf(n % c.B)) std::fill_n(inputs[0].f32.begin() + n * c.I, c.I, NAN);
      }
    }
  }

  std::vector<Doubles> asDoubles() const {
    std::vector<Doubles> all;
    for (const TestTensor& t : inputs) all.emplace_back(t.f32.begin(), t.f32.end());
    return all;
  }

  int64_t lengthOf(int64_t b) const { return c.lengths ? lengths.i32[static_cast<size_t>(b)] : c.T; }
};

// The outputs (y, hLast, [cLast]) of a double implementation for inputs in RecurrentData's order.
using Reference = std::function<std::vector<Doubles>(const RecurrentData&, const std::vector<Doubles>&)>;

inline void expectClose(const char* what, const std::vector<float>& got, const Doubles& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  double worst = -1;
  size_t at = 0;
  for (size_t i = 0; i < got.size(); i++) {
    const double error = std::abs(got[i] - want[i]) / (1 + std::abs(want[i]));
    if (!(error <= worst)) {
      worst = error;
      at = i;
    }
    if (std::isnan(error)) break;
  }
  tolerance *= slack();
  if (worst <= tolerance) return;
  CAPTURE(what);
  CAPTURE(at);
  CAPTURE(got[at]);
  CAPTURE(want[at]);
  CHECK(worst <= tolerance);
}

// The gradient of sum(outputs * weights) by one input, at chosen elements and along one random direction.
inline void expectGradient(const RecurrentData& data, const Reference& reference, const std::vector<Doubles>& weights,
                           size_t input, const std::vector<float>& got, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Doubles> values = data.asDoubles();
  const Doubles original = values[input];
  REQUIRE(got.size() == original.size());
  const auto loss = [&] {
    double sum = 0;
    const std::vector<Doubles> outputs = reference(data, values);
    for (size_t o = 0; o < outputs.size(); o++) {
      for (size_t i = 0; i < outputs[o].size(); i++) sum += outputs[o][i] * weights[o][i];
    }
    return sum;
  };
  CAPTURE(input);
  constexpr double kStep = 1e-7;
  for (int sample = 0; sample < 5; sample++) {
    const size_t i = random() % original.size();
    values[input][i] = original[i] + kStep;
    const double up = loss();
    values[input][i] = original[i] - kStep;
    const double down = loss();
    values[input][i] = original[i];
    const double want = (up - down) / (2 * kStep);
    CAPTURE(i);
    CAPTURE(got[i]);
    CAPTURE(want);
    CHECK(std::abs(got[i] - want) <= slack() * 3e-5 * (1 + std::abs(want)));
  }
  std::normal_distribution<double> normal;
  Doubles direction(original.size());
  double along = 0, size = 0;
  for (size_t i = 0; i < direction.size(); i++) {
    direction[i] = normal(random) / std::sqrt(static_cast<double>(direction.size()));
    along += direction[i] * got[i];
    size += static_cast<double>(got[i]) * got[i];
  }
  const auto move = [&](double by) {
    for (size_t i = 0; i < direction.size(); i++) values[input][i] = original[i] + by * direction[i];
  };
  move(kStep);
  const double up = loss();
  move(-kStep);
  const double down = loss();
  const double want = (up - down) / (2 * kStep);
  CAPTURE(along);
  CAPTURE(want);
  CHECK(std::abs(along - want) <= slack() * 3e-5 * (1 + std::sqrt(size)));
}

inline std::vector<Doubles> randomWeights(const std::vector<Doubles>& outputs, unsigned seed, bool partial) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<Doubles> weights;
  for (size_t o = 0; o < outputs.size(); o++) {
    Doubles w(outputs[o].size());
    const bool given = !partial || o == seed % outputs.size();
    for (double& v : w) v = given ? uniform(random) : 0;
    weights.push_back(w);
  }
  return weights;
}

// The operand for one of dy, dhLast, dcLast: absent when all its weights are 0.
inline TestTensor gradientOperand(const Doubles& weights, std::vector<int64_t> dims) {
  if (std::all_of(weights.begin(), weights.end(), [](double w) { return w == 0; })) return TestTensor();
  TestTensor t(std::move(dims));
  t.f32.assign(weights.begin(), weights.end());
  return t;
}

inline double sigmoidOf(double x) { return 1 / (1 + std::exp(-x)); }

// bias + weight row . input
inline double dot(const Doubles& weight, int64_t row, const double* input, int64_t size, const Doubles& bias) {
  double sum = bias.empty() ? 0 : bias[static_cast<size_t>(row)];
  for (int64_t i = 0; i < size; i++) sum += weight[static_cast<size_t>(row * size + i)] * input[i];
  return sum;
}

}  // namespace ostinato
