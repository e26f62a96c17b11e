// Values that a run brings and that an op would index with: each op refuses those outside, on either side, before it
// writes.
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "recurrent_case.h"
#include "test_tensors.h"

using namespace ostinato;

namespace {

using Operands = std::vector<TestTensor*>;

// Nothing may be written by a run that is refused: results stay as they were.
void expectRefused(const char* op, const Operands& operands, const Operands& results,
                   const std::vector<double>& attributes, const std::string& message) {
  CAPTURE(op);
  CHECK_THROWS_WITH_AS(runOp(operationNamed(op), operands, results, attributes), message.c_str(), InputError);
  for (const TestTensor* t : results) {
    for (const float value : t->f32) CHECK(std::isnan(value));
  }
}

// 2^31 - 1 and -2^31 too: no sum or product with them may wrap.
constexpr int32_t kOutside[] = {-1, -2, 5, 6, INT32_MAX, INT32_MIN};

std::string idMessage(int32_t id) {
  return "id " + std::to_string(id) + " at position 2 is outside the table of 5 rows";
}

std::string targetMessage(int32_t id) {
  return "target " + std::to_string(id) + " at position 2 is neither -1 nor one of the 5 classes";
}

}  // namespace

TEST_CASE("ids are rows of the table") {
  for (const int32_t id : kOutside) {
    TestTensor table = numbers({5, 3}, 1), ids = integers({4}, {0, 4, id, 1}), y({4, 3}), dy = numbers({4, 3}, 2),
               sums({4, 3});
    TestTensor unique = integers({4}, {0, 0, 0, 0}), dtable({5, 3});
    expectRefused("embedding", {&table, &ids}, {&y}, {}, idMessage(id));
    expectRefused("embeddingGradient", {&ids, &dy}, {&dtable}, {5}, idMessage(id));
    expectRefused("sumRows", {&ids, &dy}, {&unique, &sums}, {5}, idMessage(id));
  }
}

TEST_CASE("the rows of an update are rows of the table, or -1 for none") {
  for (const int32_t id : kOutside) {
    TestTensor table = numbers({5, 3}, 1), ids = integers({4}, {0, 4, id, 1}), g = numbers({4, 3}, 2), none;
    TestTensor scale = scalar(1), rate = scalar(0.1f);
    const std::vector<float> before = table.f32;
    const Operation& sgd = operationNamed("sgd");
    const Operands operands = {&table, &g, &scale, &rate, &none, &ids};
    if (id == -1) {
      CHECK_NOTHROW(runOp(sgd, operands, {}, {0, 0, 0}));
      for (size_t i = 6; i < 12; i++) CHECK(table.f32[i] == before[i]);
      CHECK(table.f32[0] != before[0]);
    } else {
      CHECK_THROWS_WITH_AS(runOp(sgd, operands, {}, {0, 0, 0}), idMessage(id).c_str(), InputError);
      CHECK(table.f32 == before);
    }
  }
}

TEST_CASE("targets are classes, or -1 for none") {
  for (const int32_t id : kOutside) {
    TestTensor targets = integers({4}, {0, 4, id, -1}), none;
    TestTensor x = numbers({4, 3}, 1), w = numbers({5, 3}, 2), logits({4, 5}), normalizers({4, 2}),
               dlosses = numbers({4}, 3);
    TestTensor losses({4}), count(std::vector<int64_t>{}), dx({4, 3}), dw({5, 3}), db({5}), picked({4}),
        dpicked({4, 5});
    const auto expect = [&](const char* op, const Operands& operands, const Operands& results,
                            const std::vector<double>& attributes) {
      if (id == -1) {
        CHECK_NOTHROW(runOp(operationNamed(op), operands, results, attributes));
      } else {
        expectRefused(op, operands, results, attributes, targetMessage(id));
      }
    };
    expect("linearCrossEntropy", {&x, &w, &none, &targets}, {&losses, &count, &normalizers, &logits}, {});
    expect("linearCrossEntropyGradient", {&x, &w, &none, &targets, &normalizers, &logits, &dlosses}, {&dx, &dw, &db},
           {});
    TestTensor scores = numbers({4, 5}, 4);
    expect("pick", {&scores, &targets}, {&picked}, {});
    expect("pickGradient", {&targets, &dlosses}, {&dpicked}, {5});
    if (id == -1) {
      CHECK((losses.f32[2] == 0 && losses.f32[3] == 0 && count.f32[0] == 2));
      CHECK((picked.f32[2] == 0 && picked.f32[3] == 0));
    }
  }
}

TEST_CASE("an automaton steps from states that it has, by tokens whose classes it has, to states or nowhere") {
  const auto follow = [](std::vector<int32_t> states, std::vector<int32_t> ids, std::vector<int32_t> classes,
                         std::vector<int32_t> next) {
    TestTensor s = integers({3}, std::move(states)), i = integers({3}, std::move(ids)),
               c = integers({5}, std::move(classes));
    TestTensor n = integers({2, 2}, std::move(next)), after = integers({3}, {9, 9, 9});
    try {
      runOp(operationNamed("follow"), {&s, &i, &c, &n}, {&after}, {});
    } catch (const InputError& error) {
      CHECK(after.i32 == std::vector<int32_t>{9, 9, 9});
      return std::string(error.what());
    }
    CHECK(after.i32 == std::vector<int32_t>{1, 0, 0});
    return std::string("fits");
  };
  const std::vector<int32_t> states = {0, 1, 0}, ids = {4, 0, 1}, classes = {0, 1, 0, 0, 0}, next = {1, -1, 0, 1};
  CHECK(follow(states, ids, classes, next) == "fits");
  for (const int32_t bad : {-1, -2, 5, INT32_MAX, INT32_MIN}) {
    const std::string what = std::to_string(bad) + " at position 2 is ";
    CHECK(follow({0, 1, bad}, ids, classes, next) == "id " + what + "outside the table of 2 rows");
    CHECK(follow(states, {4, 0, bad}, classes, next) == "id " + what + "outside the table of 5 rows");
    CHECK(follow(states, ids, {0, 1, bad, 0, 0}, next) == "id " + what + "outside the table of 2 rows");
    if (bad != -1)
      CHECK(follow(states, ids, classes, {1, -1, bad, 1}) == "target " + what + "neither -1 nor one of the 2 classes");
  }
}

TEST_CASE("places of maxima are places along the axis") {
  for (const int32_t place : kOutside) {
    TestTensor index = integers({2, 2}, {0, 4, place, 1}), dy = numbers({2, 2}, 1), dx({2, 5, 2});
    CHECK_THROWS_WITH_AS(runOp(operationNamed("maxGradient"), {&index, &dy}, {&dx}, {1}),
                         ("index " + std::to_string(place) + " is outside the axis").c_str(), InputError);
  }
}

TEST_CASE("lengths of a memory are 0 to its positions") {
  for (const int32_t length : kOutside) {
    if (length == 5) continue;
    TestTensor query = numbers({2, 3, 4}, 1), keys = numbers({5, 3, 4}, 2), values = numbers({5, 3, 6}, 3), none;
    TestTensor lengths = integers({3}, {5, 0, length}), context({2, 3, 6}), weights({2, 3, 5});
    TestTensor given = numbers({2, 3, 5}, 4), dcontext = numbers({2, 3, 6}, 5), dquery({2, 3, 4}), dscores({2, 3, 5});
    const std::string message =
        "lengths[2] is " + std::to_string(length) + ", expected 0 to 5, the positions of the memory";
    expectRefused("attention", {&query, &keys, &values, &none, &lengths}, {&context, &weights}, {1}, message);
    expectRefused("attentionGradient", {&query, &keys, &values, &none, &lengths, &given, &dcontext, &none},
                  {&dquery, &dscores}, {1}, message);
  }
}

TEST_CASE("lengths of sequences are 0 to the number of steps, and ids rows of the table, in every recurrent op") {
  const int64_t T = 5, B = 3, I = 2, H = 4, saved = 16;
  struct Cell {
    std::string name;
    int64_t gates;
    std::vector<double> attributes;
  };
  for (const Cell& cell : {Cell{"rnn", 1, {0, 0}}, Cell{"gru", 3, {1, 0}}, Cell{"lstm", 4, {0}}}) {
    const bool lstm = cell.name == "lstm", gru = cell.name == "gru";
    const int64_t rows = cell.gates * H;
    const auto attempt = [&](TestTensor x, TestTensor lengths, const std::string& message) {
      const bool ids = !x.i32.empty();
      TestTensor h0 = numbers({B, H}, 1), c0 = numbers({B, H}, 2),
                 wi = numbers(ids ? std::vector<int64_t>{5, rows} : std::vector<int64_t>{rows, I}, 3);
      TestTensor wh = numbers({rows, H}, 4), bias = numbers({rows}, 5), none, dy = numbers({T, B, H}, 6);
      TestTensor y({T, B, H}), hLast({B, H}), cLast({B, H}), gates({T, B, 4, saved}), cells({T, B, saved});
      Operands in = {&x, &h0}, out = {&y, &hLast};
      if (lstm) in.push_back(&c0);
      in.insert(in.end(), {&wi, &wh, &bias, &bias, &lengths});
      if (lstm) out.insert(out.end(), {&cLast, &gates, &cells});
      if (gru) out.push_back(&gates);
      expectRefused(cell.name.c_str(), in, out, cell.attributes, message);

      TestTensor dx(x.dims), dh0({B, H}), dc0({B, H}), dwi(wi.dims), dwh(wh.dims), db(bias.dims), db2(bias.dims);
      TestTensor made = numbers({T, B, H}, 7), madeGates = numbers({T, B, 4, saved}, 8),
                 madeCells = numbers({T, B, saved}, 9);
      dx.i32 = x.i32;
      if (ids) dx.f32.clear();
      in = {&x, &h0};
      if (lstm) in.push_back(&c0);
      in.insert(in.end(), {&wi, &wh});
      if (gru) in.push_back(&bias);
      in.insert(in.end(), {&lengths, &made});
      if (gru || lstm) in.push_back(&madeGates);
      if (lstm) in.push_back(&madeCells);
      in.insert(in.end(), {&dy, &none});
      if (lstm) in.push_back(&none);
      out = {&dx, &dh0};
      if (lstm) out.push_back(&dc0);
      out.insert(out.end(), {&dwi, &dwh, &db});
      if (gru) out.push_back(&db2);
      expectRefused((cell.name + "Gradient").c_str(), in, out, cell.attributes, message);
    };
    for (const int32_t length : kOutside) {
      if (length == 5) continue;
      attempt(numbers({T, B, I}, 10), integers({B}, {5, 0, length}),
              "lengths[2] is " + std::to_string(length) + ", expected 0 to 5, the number of steps of x");
    }
    for (const int32_t id : kOutside) {
      std::vector<int32_t> ids(static_cast<size_t>(T * B), 4);
      ids[2] = id;
      attempt(integers({T, B}, ids), TestTensor(), idMessage(id));
    }
  }
}

TEST_CASE("rates, steps and the settings of a draw are in their ranges") {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
  TestTensor x = numbers({6}, 1), random = integers({2}, {1, 2}), y({6});
  for (const float rate : {-0.1f, 1.0f, 2.0f, kNaN}) {
    TestTensor r = scalar(rate);
    expectRefused("dropout", {&x, &r, &random}, {&y}, {0, 0, 0, 0, 0},
                  "the rate is " + std::to_string(rate) + ", expected 0 <= rate < 1");
  }
  TestTensor w = numbers({6}, 1), m = numbers({6}, 2), v = numbers({6}, 3, 2), g = numbers({6}, 4), one = scalar(1);
  const std::vector<float> before = w.f32;
  for (const float step : {0.0f, 0.5f, -1.0f, kNaN}) {
    TestTensor t = scalar(step);
    CHECK_THROWS_WITH_AS(
        runOp(operationNamed("adam"), {&w, &m, &v, &g, &one, &one, &t}, {}, {0.9, 0.99, 1e-8, 0, 0}),
        ("expected the step to be at least 1, got " + std::to_string(static_cast<double>(step))).c_str(), InputError);
    CHECK(w.f32 == before);
  }
  const auto sample = [&](float temperature, int32_t topK, float topP, float logit, const std::string& message) {
    TestTensor logits = numbers({2, 4}, 1), t = scalar(temperature), k = integers({}, {topK}), p = scalar(topP);
    logits.f32[6] = logit;
    if (logit == -kInfinity) std::fill(logits.f32.begin() + 4, logits.f32.end(), logit);
    TestTensor ids = integers({2}, {0, 0}), own({2}), ahead;
    CHECK_THROWS_WITH_AS(runOp(operationNamed("sample"), {&logits, &t, &k, &p, &random, &ahead}, {&ids, &own}, {}),
                         message.c_str(), InputError);
  };
  for (const float temperature : {-0.5f, kInfinity, kNaN})
    sample(temperature, 0, 1, 0, "the temperature must be a number at least 0");
  sample(1, -1, 1, 0, "topK must be at least 0");
  for (const float topP : {0.0f, -1.0f, kNaN}) sample(1, 0, topP, 0, "topP must be above 0");
  sample(1, 0, 1, kNaN, "row 1 of the logits holds a NaN");
  sample(1, 0, 1, kInfinity, "row 1 of the logits has no finite maximum");
  sample(1, 0, 1, -kInfinity, "row 1 of the logits has no finite maximum");
}
