// Ops that have no test of their own, each against plain loops in double, on every tier.
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

TEST_CASE("moving elements: concat, slice, pad, transpose") {
  TestTensor a = numbers({2, 3, 4}, 1), b = numbers({2, 2, 4}, 2), y({2, 5, 4}), part({2, 2, 4}), padded({2, 5, 4}),
             t({4, 3, 2});
  runOp(operationNamed("concat"), {&a, &b}, {&y}, {1});
  CHECK(y.f32[3 * 4 + 1] == b.f32[1]);
  CHECK(y.f32[20 + 1] == a.f32[12 + 1]);
  runOp(operationNamed("slice"), {&y}, {&part}, {1, 3, 5});
  for (size_t i = 0; i < 16; i++) CHECK(part.f32[i] == b.f32[i]);
  runOp(operationNamed("pad"), {&b}, {&padded}, {1, 1, 2});
  CHECK(padded.f32[0] == 0);
  CHECK(padded.f32[4] == b.f32[0]);
  CHECK(padded.f32[12] == 0);
  runOp(operationNamed("transpose"), {&a}, {&t}, {0, 2});
  CHECK(t.f32[(1 * 3 + 2) * 2 + 1] == a.f32[(1 * 3 + 2) * 4 + 1]);
}

TEST_CASE("the gradient of an embedding adds up repeated ids") {
  forEachTier([] {
    TestTensor ids = integers({3, 2}, {0, 2, 2, 1, 2, 0}), dy = numbers({3, 2, 37}, 1), dw({4, 37});
    runOp(operationNamed("embeddingGradient"), {&ids, &dy}, {&dw}, {4});
    expectClose(dw, [&](size_t e) {
      double sum = 0;
      for (size_t i = 0; i < 6; i++) {
        if (ids.i32[i] == static_cast<int32_t>(e / 37)) sum += static_cast<double>(dy.f32[i * 37 + e % 37]);
      }
      return sum;
    });
  });
}

TEST_CASE("sampling: greedy takes the first maximum, filters keep what they should") {
  TestTensor logits({1, 5}), temperature = scalar(0), topK = integers({}, {0}), topP = scalar(1);
  logits.f32 = {1, 3, -std::numeric_limits<float>::infinity(), 3, 2};
  TestTensor ids = integers({1}, {-7}), logProbability({1});
  const Operation& op = operationNamed("sample");
  TestTensor random = integers({2}, {1, 0}), ahead;
  runOp(op, {&logits, &temperature, &topK, &topP, &random, &ahead}, {&ids, &logProbability}, {});
  CHECK(ids.i32[0] == 1);
  temperature = scalar(1);
  int seen[5] = {};
  for (int step = 0; step < 4000; step++) {
    random = integers({2}, {1, step});
    runOp(op, {&logits, &temperature, &topK, &topP, &random, &ahead}, {&ids, &logProbability}, {});
    seen[ids.i32[0]]++;
  }
  const double total = std::exp(1) + 2 * std::exp(3) + std::exp(2);
  CHECK(seen[2] == 0);
  CHECK(seen[1] / 4000.0 == doctest::Approx(std::exp(3) / total).epsilon(0.08));
  CHECK(seen[0] / 4000.0 == doctest::Approx(std::exp(1) / total).epsilon(0.25));
  topK = integers({}, {2});
  for (int step = 0; step < 200; step++) {
    random = integers({2}, {2, step});
    runOp(op, {&logits, &temperature, &topK, &topP, &random, &ahead}, {&ids, &logProbability}, {});
    CHECK((ids.i32[0] == 1 || ids.i32[0] == 3));
  }
}
