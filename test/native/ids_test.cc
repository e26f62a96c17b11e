// rnn, gru and lstm that read ids of a table's rows do what they do with vectors that are 1 at the id and 0 elsewhere.
#include "recurrent_case.h"

using namespace ostinato;

namespace {

struct Cell {
  std::string name;
  int gates;
  std::vector<double> attributes;

  bool hasCells() const { return name == "lstm"; }
  bool savesGates() const { return name != "rnn"; }
};

struct Outcome {
  // y and the last state; the gradients of h0, [c0], weight_ih, weight_hh and the biases.
  std::vector<float> all;
  std::vector<float> dweightInput;
};

// Forward and backward. x is data.inputs[0], or ids.
Outcome run(const Cell& cell, RecurrentData& data, TestTensor& x, TestTensor& weightInput) {
  const RecurrentCase& c = data.c;
  const int64_t padded = (c.H + 15) / 16 * 16, rows = cell.gates * c.H;
  auto& in = data.inputs;
  const size_t at = cell.hasCells() ? 4 : 3;  // of weight_hh
  std::vector<double> attributes = cell.attributes;
  attributes.push_back(c.reverse ? 1.0 : 0.0);
  TestTensor y({c.T, c.B, c.H}), hLast({c.B, c.H}), cLast({c.B, c.H}), gates({c.T, c.B, 4, padded}),
      cells({c.T, c.B, padded});
  std::vector<TestTensor*> operands = {&x, &in[1]}, results = {&y, &hLast};
  if (cell.hasCells()) operands.push_back(&in[2]);
  operands.insert(operands.end(), {&weightInput, &in[at], &in[at + 1], &in[at + 2], &data.lengths});
  if (cell.hasCells()) results.push_back(&cLast);
  if (cell.savesGates()) results.push_back(&gates);
  if (cell.hasCells()) results.push_back(&cells);
  runOp(operationNamed(cell.name), operands, results, attributes);

  TestTensor dy({c.T, c.B, c.H}), absent;
  for (size_t i = 0; i < dy.f32.size(); i++) dy.f32[i] = std::sin(static_cast<float>(i));
  TestTensor dx(x.dims), dh0({c.B, c.H}), dc0({c.B, c.H}), dwi(weightInput.dims), dwh({rows, c.H}), db({rows}),
      db2({rows});
  dx.i32 = x.i32;
  dx.stored = false;
  operands = {&x, &in[1]};
  if (cell.hasCells()) operands.push_back(&in[2]);
  operands.insert(operands.end(), {&weightInput, &in[at]});
  if (cell.name == "gru") operands.push_back(&in[at + 2]);
  operands.insert(operands.end(), {&data.lengths, &y});
  if (cell.savesGates()) operands.push_back(&gates);
  if (cell.hasCells()) operands.push_back(&cells);
  operands.insert(operands.end(), {&dy, &absent});
  if (cell.hasCells()) operands.push_back(&absent);
  results = {&dx, &dh0};
  if (cell.hasCells()) results.push_back(&dc0);
  results.insert(results.end(), {&dwi, &dwh, &db});
  if (cell.name == "gru") results.push_back(&db2);
  runOp(operationNamed(cell.name + "Gradient"), operands, results, attributes);

  Outcome outcome;
  std::vector<TestTensor*> compared = {&y, &hLast, &dh0, &dwh, &db};
  if (cell.hasCells()) compared.insert(compared.end(), {&cLast, &dc0});
  if (cell.name == "gru") compared.push_back(&db2);
  for (TestTensor* t : compared) outcome.all.insert(outcome.all.end(), t->f32.begin(), t->f32.end());
  outcome.dweightInput = dwi.f32;
  return outcome;
}

void expectIdsEqualVectors(const Cell& cell) {
  for (const RecurrentCase& c : recurrentCases()) {
    CAPTURE(c.name());
    RecurrentData data(c, cell.gates, cell.hasCells(), 7);
    const int64_t rows = cell.gates * c.H;
    TestTensor& weight = data.inputs[cell.hasCells() ? 3 : 2];
    TestTensor ids({c.T, c.B}), table({c.I, rows});
    ids.f32.clear();
    std::fill(data.inputs[0].f32.begin(), data.inputs[0].f32.end(), 0.0f);
    for (int64_t n = 0; n < c.T * c.B; n++) {
      ids.i32.push_back(static_cast<int32_t>(n * 7 % c.I));
      data.inputs[0].f32[static_cast<size_t>(n * c.I + ids.i32.back())] = 1;
    }
    const auto turned = [&](const std::vector<float>& from, int64_t m, int64_t n) {
      std::vector<float> to(from.size());
      for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) to[static_cast<size_t>(j * m + i)] = from[static_cast<size_t>(i * n + j)];
      }
      return to;
    };
    table.f32 = turned(weight.f32, rows, c.I);
    const Outcome vectors = run(cell, data, data.inputs[0], weight);
    const auto asDoubles = [](const std::vector<float>& v) { return Doubles(v.begin(), v.end()); };
    forEachConfiguration([&] {
      const Outcome looked = run(cell, data, ids, table);
      expectClose("results", looked.all, asDoubles(vectors.all), 3e-5);
      expectClose("the table's gradient", turned(looked.dweightInput, c.I, rows), asDoubles(vectors.dweightInput),
                  3e-5);
    });
  }
}

}  // namespace

TEST_CASE("rnn reads ids") { expectIdsEqualVectors({"rnn", 1, {0}}); }
TEST_CASE("gru reads ids, reset after") { expectIdsEqualVectors({"gru", 3, {1}}); }
TEST_CASE("gru reads ids, reset before") { expectIdsEqualVectors({"gru", 3, {0}}); }
TEST_CASE("lstm reads ids") { expectIdsEqualVectors({"lstm", 4, {}}); }

TEST_CASE("an id outside the table is an input error that says which") {
  const RecurrentCase c{2, 3, 4, 5, true, false, false, false};
  RecurrentData data(c, 4, true, 5);
  TestTensor ids({2, 3}), table({4, 20});
  ids.f32.clear();
  ids.i32 = {0, 1, 2, 3, 4, 0};
  std::fill(table.f32.begin(), table.f32.end(), 0.0f);
  CHECK_THROWS_WITH_AS(run({"lstm", 4, {}}, data, ids, table), "id 4 at position 4 is outside the table of 4 rows",
                       InputError);
}
