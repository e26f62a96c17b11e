#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({12, 7000}, 1), dy = numbers({12, 7000}, 2), y = floats({12, 7000});

const Cases cases({.shared = {{"softmax", {x}, {y}, {}},
                              {"softmaxGradient", {x, dy}, {y}, {}},
                              {"logSoftmax", {x}, {y}, {}},
                              {"logSoftmaxGradient", {x, dy}, {y}, {}}}});
