#include "op_cases.h"

using namespace ostinato;

const TestTensor weight = numbers({300, 310}, 1), first = numbers({300, 310}, 2, 2), second = numbers({300, 310}, 3, 2),
                 g = numbers({300, 310}, 4), few = numbers({250, 310}, 6);
const TestTensor scale = scalar(0.5f), rate = scalar(0.01f), step = scalar(3), none;

static TestTensor chosenRows() {
  TestTensor chosen = ids({250}, 300);
  chosen.i32[7] = chosen.i32[249] = -1;
  return chosen;
}

const Cases cases({.shared = {{"globalNorm", {weight, first, numbers({3}, 5)}, {floats({}), floats({3})}, {}},
                              {"sgd", {weight, g, scale, rate, none, none}, {}, {0, 0, 0.1}},
                              {"sgd", {weight, g, scale, rate, first, none}, {}, {0.9, 1, 0.1}},
                              {"sgd", {weight, few, scale, rate, none, chosenRows()}, {}, {0, 0, 0}},
                              {"adam", {weight, first, second, g, scale, rate, step}, {}, {0.9, 0.999, 1e-8, 0.1, 1}},
                              {"rmsprop", {weight, first, second, g, scale, rate}, {}, {0.9, 1e-8, 0.5, 0.1}},
                              {"adagrad", {weight, first, g, scale, rate}, {}, {1e-8, 0.1}},
                              {"approach", {weight, g, scale, rate}, {}, {}}},
                   .small = {{"clipScale", {scalar(2), scalar(1)}, {floats({})}, {}}},
                   .free = {"globalNorm operand 0 axis 0", "globalNorm operand 0 axis 1", "globalNorm operand 0 rank",
                            "globalNorm operand 1 axis 0", "globalNorm operand 1 axis 1", "globalNorm operand 1 rank",
                            "globalNorm operand 2 axis 0", "globalNorm operand 2 rank", "sgd operand 0 axis 0"},
                   .needed = {"sgd operand 4", "sgd operand 5", "rmsprop operand 2"}});
