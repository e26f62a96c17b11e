#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({3, 2}, 1), w = numbers({5, 2}, 2), bias = numbers({5}, 3),
                 targets = integers({3}, {0, 4, -1}), sums = numbers({3, 2}, 4, 2), logits = numbers({3, 5}, 5);

const Cases cases(
    {.small = {
         {"linearCrossEntropy", {x, w, bias, targets}, {floats({3}), floats({}), floats({3, 2}), floats({3, 5})}, {}},
         {"linearCrossEntropyGradient",
          {x, w, bias, targets, sums, logits, numbers({3}, 6)},
          {floats({3, 2}), floats({5, 2}), floats({5})},
          {}}}});
