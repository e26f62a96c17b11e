#include "op_cases.h"

using namespace ostinato;

// A fused cell and its gradient, over vectors or over ids of a table of 7 rows.
static void addCell(std::vector<OpCase>& all, const std::string& name, int64_t gates, std::vector<double> attributes,
                    bool overIds) {
  const int64_t T = 3, B = 2, I = 4, H = 5, saved = 16, rows = gates * H;
  const bool lstm = name == "lstm", gru = name == "gru";
  const TestTensor x = overIds ? ids({T, B}, 7) : numbers({T, B, I}, 1);
  const TestTensor wi = numbers(overIds ? std::vector<int64_t>{7, rows} : std::vector<int64_t>{rows, I}, 2);
  const TestTensor state = numbers({B, H}, 3), wh = numbers({rows, H}, 4), bias = numbers({rows}, 5),
                   lengths = integers({B}, {3, 0});
  const TestTensor y = numbers({T, B, H}, 6), made = numbers({T, B, 4, saved}, 7), cells = numbers({T, B, saved}, 8);
  const TestTensor stateResult({B, H}), biasResult({rows});
  std::vector<TestTensor> in = {x, state}, out = {floats({T, B, H}), stateResult};
  if (lstm) in.push_back(state);
  in.insert(in.end(), {wi, wh, bias, bias, lengths});
  if (lstm) out.insert(out.end(), {stateResult, floats({T, B, 4, saved}), floats({T, B, saved})});
  if (gru) out.push_back(floats({T, B, 4, saved}));
  all.push_back({name, in, out, attributes});
  in = {x, state};
  if (lstm) in.push_back(state);
  in.insert(in.end(), {wi, wh});
  if (gru) in.push_back(bias);
  in.insert(in.end(), {lengths, y});
  if (lstm || gru) in.push_back(made);
  if (lstm) in.push_back(cells);
  in.insert(in.end(), {y, state});
  if (lstm) in.push_back(state);
  out = {overIds ? x : floats({T, B, I}), stateResult};
  if (lstm) out.push_back(stateResult);
  out.insert(out.end(), {floats(wi.dims), floats({rows, H}), biasResult});
  if (gru) out.push_back(biasResult);
  all.push_back({name + "Gradient", in, out, attributes});
}

static std::vector<OpCase> calls() {
  std::vector<OpCase> all;
  for (const bool overIds : {false, true}) {
    addCell(all, "rnn", 1, {0, 0}, overIds);
    addCell(all, "gru", 3, {1, 0}, overIds);
    addCell(all, "lstm", 4, {0}, overIds);
  }
  return all;
}

const Cases cases({.small = calls(),
                   .whole = {"rnn 0", "rnn 1", "rnnGradient 0", "rnnGradient 1", "gru 0", "gru 1", "gruGradient 0",
                             "gruGradient 1", "lstm 0", "lstmGradient 0"},
                   .free = {"rnn operand 2 axis 0", "gru operand 2 axis 0", "lstm operand 3 axis 0"}});
