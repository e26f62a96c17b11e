// A valid call of every op: those that split their work over the pool with values for at least three parts, the others
// small.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "test_tensors.h"

namespace ostinato {

// The code of an op in a program.
inline double codeOf(const std::string& name) {
  for (int64_t i = 0; i < operationCount(); i++) {
    if (name == operationOf(i).name) return static_cast<double>(i);
  }
  throw std::logic_error("no op " + name);
}

struct OpCase {
  std::string op;
  std::vector<TestTensor> operands, results;
  std::vector<double> attributes;
};

inline TestTensor ids(std::vector<int64_t> shape, int64_t V) {
  TestTensor t(std::move(shape));
  for (size_t i = 0; i < t.f32.size(); i++) t.i32.push_back(static_cast<int32_t>(static_cast<int64_t>(i) * 7919 % V));
  t.f32.clear();
  return t;
}

inline TestTensor rows(int64_t n) { return integers({n}, std::vector<int32_t>(static_cast<size_t>(n), -1)); }
inline TestTensor floats(std::vector<int64_t> shape) { return TestTensor(std::move(shape)); }

inline std::vector<OpCase> elementwiseCases() {
  const std::vector<int64_t> shape = {7, 11, 1009};
  const TestTensor a = numbers(shape, 1), b = numbers(shape, 2, 3), limit = scalar(0.25f);
  std::vector<OpCase> cases;
  for (const char* op : {"add", "subtract", "multiply", "divide", "tanhGradient", "sigmoidGradient", "reluGradient"}) {
    cases.push_back({op, {a, b}, {floats(shape)}, {}});
  }
  for (const char* op : {"exp", "log", "sqrt", "square", "tanh", "sigmoid", "relu"})
    cases.push_back({op, {b}, {floats(shape)}, {}});
  cases.push_back({"add", {a, numbers({11, 1}, 3)}, {floats(shape)}, {}});
  cases.push_back({"multiply", {numbers({7, 1, 1009}, 3), a}, {floats(shape)}, {}});
  cases.push_back({"affine", {a}, {floats(shape)}, {-2, 0.5}});
  cases.push_back({"clamp", {a, limit}, {floats(shape)}, {}});
  cases.push_back({"clampGradient", {a, limit, b}, {floats(shape), floats({})}, {}});
  cases.push_back({"copy", {a}, {floats(shape)}, {}});
  cases.push_back({"dropout", {numbers({90000}, 1), scalar(0.4f), integers({2}, {3, 5})}, {floats({90000})}, {2, 0}});
  cases.push_back(
      {"dropout", {numbers({3, 30000}, 1), scalar(0.4f), integers({2}, {3, 5})}, {floats({3, 30000})}, {2, 1}});
  return cases;
}

inline std::vector<OpCase> movingCases() {
  const TestTensor x = numbers({7, 11, 1009}, 1);
  const TestTensor moved = numbers({11, 7, 1009}, 1);
  std::vector<OpCase> cases;
  cases.push_back({"concat", {x, numbers({7, 3, 1009}, 2)}, {floats({7, 14, 1009})}, {1}});
  cases.push_back({"mask", {x, integers({11}, {7, 0, 3, 1, 7, 7, 2, 0, 5, 6, 4})}, {floats({7, 11, 1009})}, {}});
  cases.push_back({"slice", {x}, {floats({7, 9, 1009})}, {1, 1, 10}});
  cases.push_back({"pad", {x}, {floats({7, 14, 1009})}, {1, 2, 1}});
  for (const auto& [first, second] : {std::pair(0.0, 1.0), std::pair(0.0, 2.0), std::pair(1.0, 2.0)}) {
    std::vector<int64_t> shape = {7, 11, 1009};
    std::swap(shape[static_cast<size_t>(first)], shape[static_cast<size_t>(second)]);
    cases.push_back({"transpose", {x}, {floats(shape)}, {first, second}});
  }
  cases.push_back({"sumTo", {x}, {floats({})}, {}});
  cases.push_back({"sumTo", {x}, {floats({11, 1009})}, {}});
  cases.push_back({"sumTo", {x}, {floats({11, 1})}, {}});
  cases.push_back({"broadcastTo", {numbers({11, 1}, 1)}, {floats({7, 11, 1009})}, {}});
  cases.push_back({"broadcastTo", {numbers({1009}, 1)}, {floats({7, 11, 1009})}, {}});
  for (int axis = 0; axis < 3; axis++) {
    std::vector<int64_t> shape = {7, 11, 1009};
    shape.erase(shape.begin() + axis);
    TestTensor index = ids(shape, 1);
    cases.push_back({"max", {x}, {floats(shape), index}, {static_cast<double>(axis)}});
  }
  return cases;
}

inline std::vector<OpCase> rowCases() {
  const std::vector<int64_t> shape = {12, 7000};
  const TestTensor x = numbers(shape, 1), dy = numbers(shape, 2), gain = numbers({7000}, 3), bias = numbers({7000}, 4);
  std::vector<OpCase> cases;
  for (const char* op : {"softmax", "logSoftmax"}) {
    cases.push_back({op, {x}, {floats(shape)}, {}});
    cases.push_back({std::string(op) + "Gradient", {x, dy}, {floats(shape)}, {}});
  }
  cases.push_back({"layerNorm", {x, gain, bias}, {floats(shape), floats({12}), floats({12})}, {1e-5}});
  cases.push_back({"layerNormGradient",
                   {x, gain, numbers({12}, 5), numbers({12}, 6, 2), dy},
                   {floats(shape), floats({7000}), floats({7000})},
                   {}});
  // A table of which each part clears and fills its own columns.
  cases.push_back({"embedding", {numbers({5, 19000}, 1), ids({6}, 5)}, {floats({6, 19000})}, {}});
  cases.push_back({"embeddingGradient", {ids({6}, 5), numbers({6, 19000}, 2)}, {floats({5, 19000})}, {5}});
  cases.push_back({"sumRows", {ids({9}, 5), numbers({9, 19000}, 2)}, {rows(9), floats({9, 19000})}, {5}});
  return cases;
}

inline std::vector<OpCase> cellCases() {
  const int64_t B = 40, H = 130;
  const TestTensor gates = numbers({B, 4 * H}, 1), three = numbers({B, 3 * H}, 2), product = numbers({B, 3 * H}, 3);
  const TestTensor state = numbers({B, H}, 4), other = numbers({B, H}, 5), third = numbers({B, H}, 6);
  std::vector<OpCase> cases;
  cases.push_back({"lstmCell", {gates, state}, {floats({B, H}), floats({B, H}), floats({B, 4 * H})}, {}});
  cases.push_back({"lstmCellGradient", {gates, state, other, third, state}, {floats({B, 4 * H}), floats({B, H})}, {}});
  cases.push_back({"gruCell", {three, product, state}, {floats({B, H}), floats({B, 3 * H})}, {}});
  cases.push_back({"gruCellGradient",
                   {three, product, state, other},
                   {floats({B, 3 * H}), floats({B, 3 * H}), floats({B, H})},
                   {}});
  return cases;
}

inline std::vector<OpCase> attentionCases() {
  const int64_t T = 20, B = 7, S = 31, K = 70, M = 66;
  const TestTensor query = numbers({T, B, K}, 1), keys = numbers({S, B, K}, 2), values = numbers({S, B, M}, 3),
                   v = numbers({K}, 4);
  const TestTensor lengths = integers({B}, {31, 0, 5, 31, 1, 17, 30}), weights = numbers({T, B, S}, 5),
                   dcontext = numbers({T, B, M}, 6);
  std::vector<OpCase> cases;
  for (const TestTensor& form : {TestTensor(), v}) {
    cases.push_back({"attention", {query, keys, values, form, lengths}, {floats({T, B, M}), floats({T, B, S})}, {0.5}});
    cases.push_back({"attentionGradient",
                     {query, keys, values, form, lengths, weights, dcontext, weights},
                     {floats({T, B, K}), floats({T, B, S})},
                     {0.5}});
  }
  cases.push_back({"attentionSum", {weights, dcontext}, {floats({S, B, M})}, {}});
  cases.push_back({"additiveGradient", {query, weights, keys, v}, {floats({S, B, K}), floats({K})}, {}});
  return cases;
}

inline std::vector<OpCase> updateCases() {
  const std::vector<int64_t> shape = {300, 310};
  const TestTensor weight = numbers(shape, 1), first = numbers(shape, 2, 2), second = numbers(shape, 3, 2),
                   g = numbers(shape, 4);
  const TestTensor scale = scalar(0.5f), rate = scalar(0.01f), step = scalar(3), none;
  std::vector<OpCase> cases;
  cases.push_back({"globalNorm", {weight, first, numbers({3}, 5)}, {floats({}), floats({3})}, {}});
  cases.push_back({"sgd", {weight, g, scale, rate, none, none}, {}, {0, 0, 0.1}});
  cases.push_back({"sgd", {weight, g, scale, rate, first, none}, {}, {0.9, 1, 0.1}});
  TestTensor chosen = ids({250}, 300);
  chosen.i32[7] = chosen.i32[249] = -1;
  cases.push_back({"sgd", {weight, numbers({250, 310}, 6), scale, rate, none, chosen}, {}, {0, 0, 0}});
  cases.push_back({"adam", {weight, first, second, g, scale, rate, step}, {}, {0.9, 0.999, 1e-8, 0.1, 1}});
  cases.push_back({"rmsprop", {weight, first, second, g, scale, rate}, {}, {0.9, 1e-8, 0.5, 0.1}});
  cases.push_back({"adagrad", {weight, first, g, scale, rate}, {}, {1e-8, 0.1}});
  return cases;
}

// ---- small ones
// ------------------------------------------------------------------------------------------------------

inline std::vector<OpCase> productCases() {
  const TestTensor x = numbers({3, 2}, 1), w = numbers({5, 2}, 2), bias = numbers({5}, 3),
                   targets = integers({3}, {0, 4, -1});
  std::vector<OpCase> cases;
  cases.push_back({"matmul", {x, numbers({2, 5}, 2)}, {floats({3, 5})}, {0, 0}});
  cases.push_back({"matmul", {numbers({2, 3}, 1), w}, {floats({3, 5})}, {1, 1}});
  cases.push_back({"linear", {numbers({4, 3, 2}, 1), w, bias}, {floats({4, 3, 5})}, {}});
  cases.push_back(
      {"linearCrossEntropy", {x, w, bias, targets}, {floats({3}), floats({}), floats({3, 2}), floats({3, 5})}, {}});
  cases.push_back({"linearCrossEntropyGradient",
                   {x, w, bias, targets, numbers({3, 2}, 4, 2), numbers({3, 5}, 5), numbers({3}, 6)},
                   {floats({3, 2}), floats({5, 2}), floats({5})},
                   {}});
  return cases;
}

inline std::vector<OpCase> serialCases() {
  const TestTensor ids = integers({3}, {0, 4, -1}), index = integers({2, 3}, {0, 1, 1, 0, 0, 1});
  std::vector<OpCase> cases;
  cases.push_back({"pick", {numbers({3, 5}, 1), ids}, {floats({3})}, {}});
  cases.push_back({"pickGradient", {ids, numbers({3}, 1)}, {floats({3, 5})}, {5}});
  cases.push_back({"maxGradient", {index, numbers({2, 3}, 1)}, {floats({2, 2, 3})}, {1}});
  cases.push_back({"sample",
                   {numbers({3, 5}, 1), scalar(1), integers({}, {2}), scalar(0.9f), integers({2}, {1, 2})},
                   {integers({3}, {0, 0, 0}), floats({3})},
                   {}});
  cases.push_back({"clipScale", {scalar(2), scalar(1)}, {floats({})}, {}});
  cases.push_back({"assign", {numbers({2, 3}, 1), numbers({2, 3}, 2), scalar(1)}, {}, {}});
  cases.push_back({"follow",
                   {integers({3}, {0, 1, 1}), integers({3}, {4, 0, 2}), integers({5}, {0, 1, 2, 2, 0}),
                    integers({3, 2}, {1, -1, 0, 0, 1, 0})},
                   {integers({3}, {7, 7, 7})},
                   {}});
  cases.push_back({"restart", {integers({3}, {1, 0, 2})}, {integers({3}, {7, 7, 7}), floats({3, 1})}, {0, 1}});
  cases.push_back({"reshape", {numbers({2, 3}, 1)}, {floats({3, 2})}, {}});
  return cases;
}

// A recurrent op and its gradient, over vectors or over ids of a table of 7 rows.
inline std::vector<OpCase> recurrentCasesOf(const std::string& name, int64_t gates, std::vector<double> attributes,
                                            bool overIds) {
  const int64_t T = 3, B = 2, I = 4, H = 5, saved = 16, rows = gates * H;
  const bool lstm = name == "lstm", gru = name == "gru";
  const TestTensor x = overIds ? ids({T, B}, 7) : numbers({T, B, I}, 1);
  const TestTensor wi = numbers(overIds ? std::vector<int64_t>{7, rows} : std::vector<int64_t>{rows, I}, 2);
  const TestTensor state = numbers({B, H}, 3), wh = numbers({rows, H}, 4), bias = numbers({rows}, 5),
                   lengths = integers({B}, {3, 0});
  const TestTensor y = numbers({T, B, H}, 6), made = numbers({T, B, 4 * saved}, 7), cells = numbers({T, B, saved}, 8);
  const TestTensor stateResult({B, H}), biasResult({rows});
  std::vector<TestTensor> in = {x, state}, out = {floats({T, B, H}), stateResult};
  if (lstm) in.push_back(state);
  in.insert(in.end(), {wi, wh, bias, bias, lengths});
  if (lstm) out.insert(out.end(), {stateResult, floats({T, B, 4 * saved}), floats({T, B, saved})});
  if (gru) out.push_back(floats({T, B, 4 * saved}));
  std::vector<OpCase> cases = {{name, in, out, attributes}};
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
  cases.push_back({name + "Gradient", in, out, attributes});
  return cases;
}

// ---- all
// -------------------------------------------------------------------------------------------------------------

inline std::vector<OpCase> joined(const std::vector<std::vector<OpCase>>& lists) {
  std::vector<OpCase> all;
  for (const std::vector<OpCase>& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

inline std::vector<OpCase> sharedCases() {
  return joined({elementwiseCases(), movingCases(), rowCases(), cellCases(), attentionCases(), updateCases()});
}

inline std::vector<OpCase> smallCases() {
  std::vector<OpCase> all = joined({productCases(), serialCases()});
  for (const bool overIds : {false, true}) {
    all = joined({all, recurrentCasesOf("rnn", 1, {0, 0}, overIds), recurrentCasesOf("gru", 3, {1, 0}, overIds),
                  recurrentCasesOf("lstm", 4, {0}, overIds)});
  }
  return all;
}

}  // namespace ostinato
