#include "op_cases.h"

using namespace ostinato;

const TestTensor none;

static TestTensor all(std::vector<int64_t> shape, float value) {
  TestTensor t(std::move(shape));
  for (float& x : t.f32) x = value;
  return t;
}

// Ways of two nodes each for 60 words.
static TestTensor starts() {
  TestTensor t = ids({61}, 60);
  for (int32_t i = 0; i <= 60; i++) t.i32[static_cast<size_t>(i)] = 2 * i;
  return t;
}

static std::vector<TestTensor> drawn() {
  return {numbers({60, 310}, 1),
          numbers({60, 310}, 2),
          ids({2000}, 60),
          all({60}, 0.9f),
          integers({2}, {1, 2}),
          all({60}, 0.5f),
          ids({60}, 60),
          none,
          none};
}

static std::vector<TestTensor> tree() {
  return {numbers({60, 310}, 1),
          numbers({59, 310}, 2),
          ids({2000}, 60),
          all({60}, 0.9f),
          integers({2}, {1, 2}),
          none,
          none,
          ids({120}, 118),
          starts()};
}

static std::vector<TestTensor> with(std::vector<TestTensor> operands, TestTensor rate) {
  operands.push_back(std::move(rate));
  return operands;
}

const Cases cases(
    {.shared = {{"wordVectorLoss", drawn(), {floats({2000}), floats({})}, {5, 1, 0, 5, 0}},
                {"wordVectorLoss", tree(), {floats({2000}), floats({})}, {5, 1, 1, 0, 2}},
                {"wordVectorStep", with(drawn(), scalar(0.05f)), {floats({2000}), floats({})}, {5, 1, 0, 5, 0, 64}},
                {"wordVectorStep", with(drawn(), scalar(0.05f)), {floats({2000}), floats({})}, {5, 0, 1, 5, 0, 64}},
                {"wordVectorStep", with(tree(), scalar(0.05f)), {floats({2000}), floats({})}, {5, 1, 0, 0, 2, 16}}},
     .whole = {"wordVectorLoss 0", "wordVectorLoss 3", "wordVectorLoss 4", "wordVectorStep 0", "wordVectorStep 3",
               "wordVectorStep 4", "wordVectorStep 5"},
     .free = {"wordVectorLoss operand 1 axis 0", "wordVectorLoss operand 7 axis 0", "wordVectorStep operand 1 axis 0",
              "wordVectorStep operand 7 axis 0"},
     .needed = {"wordVectorLoss operand 5", "wordVectorLoss operand 6", "wordVectorLoss operand 7",
                "wordVectorLoss operand 8", "wordVectorStep operand 5", "wordVectorStep operand 6",
                "wordVectorStep operand 7", "wordVectorStep operand 8"}});
