#include "op_cases.h"

using namespace ostinato;

const std::vector<int64_t> shape = {7, 11, 1009};

static std::vector<OpCase> calls() {
  const TestTensor a = numbers(shape, 1), b = numbers(shape, 2, 3), limit = scalar(0.25f), y = floats(shape);
  std::vector<OpCase> all = {
      {"add", {a, numbers({11, 1}, 3)}, {y}, {}},
      {"multiply", {numbers({7, 1, 1009}, 3), a}, {y}, {}},
      {"affine", {a}, {y}, {-2, 0.5}},
      {"clamp", {a, limit}, {y}, {}},
      {"clampGradient", {a, limit, b}, {y, floats({})}, {}},
  };
  for (const char* op : {"add", "subtract", "multiply", "divide", "tanhGradient", "sigmoidGradient", "reluGradient"}) {
    all.push_back({op, {a, b}, {y}, {}});
  }
  for (const char* op : {"exp", "log", "sqrt", "square", "tanh", "sigmoid", "relu"}) all.push_back({op, {b}, {y}, {}});
  return all;
}

const Cases cases({.shared = calls()});
