// The threaded ops on several threads, and several runs at once: short enough for ThreadSanitizer, which runs this test
// and those of the runtime. Numbers are checked against the same op on one thread.
#include <cmath>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/philox.h"
#include "doctest/doctest.h"
#include "op_runner.h"

using namespace ostinato;

namespace {

// Enough rows for gradients to be kept for the matrix unit.
constexpr int64_t T = 8, B = 9, I = 20, H = 70;

TestTensor numbers(std::vector<int64_t> shape, uint32_t seed) {
  TestTensor t(std::move(shape));
  for (size_t i = 0; i < t.f32.size(); i++) {
    t.f32[i] = (2 * uniform01(philox(static_cast<uint32_t>(i), 0, 0, 0, seed, 1).word[0]) - 1) * 0.3f;
  }
  return t;
}

// Runs a cell forward and backward and returns all results but the saved ones.
std::vector<float> cell(const std::string& name, int gates, std::vector<double> attributes, bool ids = false) {
  const int64_t padded = (H + 15) / 16 * 16;
  const bool lstm = name == "lstm", gru = name == "gru";
  TestTensor x = numbers({T, B, I}, 1), h0 = numbers({B, H}, 2), c0 = numbers({B, H}, 3);
  TestTensor weightInput = numbers({gates * H, I}, 4), weightHidden = numbers({gates * H, H}, 5);
  TestTensor bias = numbers({gates * H}, 6), lengths;
  if (ids) {
    x = TestTensor({T, B});
    x.f32.clear();
    for (int64_t n = 0; n < T * B; n++) x.i32.push_back(static_cast<int32_t>(n * 7 % I));
    weightInput = numbers({I, gates * H}, 4);
  }
  TestTensor y({T, B, H}), hLast({B, H}), cLast({B, H}), saved({T, B, 4, padded}), cells({T, B, padded});
  std::vector<TestTensor*> operands = {&x, &h0};
  if (lstm) operands.push_back(&c0);
  for (TestTensor* t : {&weightInput, &weightHidden, &bias, &bias, &lengths}) operands.push_back(t);
  std::vector<TestTensor*> results = {&y, &hLast};
  if (lstm) results.insert(results.end(), {&cLast, &saved, &cells});
  if (gru) results.push_back(&saved);
  runOp(operationNamed(name), operands, results, attributes);

  TestTensor dy = numbers({T, B, H}, 7), absent;
  TestTensor dx(x.dims), dh0({B, H}), dc0({B, H}), dwi(weightInput.dims), dwh({gates * H, H}), db({gates * H}),
      db2({gates * H});
  dx.i32 = x.i32;
  std::vector<TestTensor*> in = {&x, &h0};
  if (lstm) in.push_back(&c0);
  in.insert(in.end(), {&weightInput, &weightHidden});
  if (gru) in.push_back(&bias);
  in.insert(in.end(), {&lengths, &y});
  if (lstm) in.insert(in.end(), {&saved, &cells, &dy, &absent, &absent});
  if (gru) in.insert(in.end(), {&saved, &dy, &absent});
  if (!lstm && !gru) in.insert(in.end(), {&dy, &absent});
  std::vector<TestTensor*> out = {&dx, &dh0};
  if (lstm) out.push_back(&dc0);
  out.insert(out.end(), {&dwi, &dwh, &db});
  if (gru) out.push_back(&db2);
  runOp(operationNamed(name + "Gradient"), in, out, attributes);

  std::vector<float> all;
  for (const TestTensor* t : {&y, &hLast}) all.insert(all.end(), t->f32.begin(), t->f32.end());
  for (const TestTensor* t : out) {
    if (t->i32.empty()) all.insert(all.end(), t->f32.begin(), t->f32.end());
  }
  return all;
}

std::vector<float> everything() {
  std::vector<float> all = cell("lstm", 4, {0});
  for (const std::vector<float>& more :
       {cell("gru", 3, {1, 0}), cell("gru", 3, {0, 1}), cell("rnn", 1, {0, 0}), cell("lstm", 4, {0}, true),
        cell("gru", 3, {0, 1}, true), cell("rnn", 1, {0, 0}, true)}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  TestTensor a = numbers({150, 180}, 1), b = numbers({180, 170}, 2), c({150, 170});
  runOp(operationNamed("matmul"), {&a, &b}, {&c}, {0, 0});
  all.insert(all.end(), c.f32.begin(), c.f32.end());
  const int64_t N = 70, V = 2100;
  TestTensor rows = numbers({N, I}, 4), words = numbers({V, I}, 5), bias = numbers({V}, 6), dlosses = numbers({N}, 7),
             targets({N});
  targets.f32.clear();
  for (int64_t n = 0; n < N; n++) targets.i32.push_back(static_cast<int32_t>(n * 29 % V));
  TestTensor losses({N}), count(std::vector<int64_t>{}), sums({N, 2}), logits({N, V}), drows({N, I}), dwords({V, I}),
      dbias({V});
  runOp(operationNamed("linearCrossEntropy"), {&rows, &words, &bias, &targets}, {&losses, &count, &sums, &logits}, {});
  runOp(operationNamed("linearCrossEntropyGradient"), {&rows, &words, &bias, &targets, &sums, &logits, &dlosses},
        {&drows, &dwords, &dbias}, {});
  for (const TestTensor* t : {&losses, &drows, &dwords, &dbias}) all.insert(all.end(), t->f32.begin(), t->f32.end());
  TestTensor sum(std::vector<int64_t>{}), wide = numbers({300, 400}, 3), soft({300, 400});
  runOp(operationNamed("sumTo"), {&wide}, {&sum}, {});
  runOp(operationNamed("softmax"), {&wide}, {&soft}, {});
  all.push_back(sum.f32[0]);
  all.insert(all.end(), soft.f32.begin(), soft.f32.end());
  return all;
}

void expectClose(const std::vector<float>& actual, const std::vector<float>& expected) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); i++) {
    CAPTURE(i);
    REQUIRE(std::abs(actual[i] - expected[i]) <= 2e-5f * (1 + std::abs(expected[i])));
  }
}

}  // namespace

// High precision runs on the matrix unit, where there is one.
TEST_CASE("several threads compute what one does, and the same bits every time") {
  for (Precision precision : {Precision::highest, Precision::high}) {
    testPrecision() = precision;
    ThreadPool::instance().setThreads(1);
    const std::vector<float> alone = everything();
    ThreadPool::instance().setThreads(3);
    const std::vector<float> first = everything();
    expectClose(first, alone);
    for (int round = 0; round < 3; round++) CHECK(everything() == first);
  }
  testPrecision() = Precision::highest;
}

TEST_CASE("runs from several threads at once do not disturb each other") {
  ThreadPool::instance().setThreads(3);
  const std::vector<float> alone = everything();
  std::vector<std::vector<float>> results(3);
  std::vector<std::thread> callers;
  for (size_t i = 0; i < results.size(); i++) callers.emplace_back([&results, i] { results[i] = everything(); });
  for (std::thread& caller : callers) caller.join();
  for (const std::vector<float>& result : results) CHECK(result == alone);
}
