#include "op_cases.h"

using namespace ostinato;

const TestTensor rate = scalar(0.4f), seeds = integers({2}, {3, 5});

const Cases cases(
    {.shared = {{"dropout", {numbers({90000}, 1), rate, seeds}, {floats({90000})}, {2, 0, 0, 0, 0}},
                {"dropout", {numbers({3, 30000}, 1), rate, seeds}, {floats({3, 30000})}, {2, 1, 0, 0, 0}},
                {"dropout", {numbers({3, 5, 6000}, 1), rate, seeds}, {floats({3, 5, 6000})}, {2, 0, 1, 3, 9}}},
     .whole = {"dropout 0", "dropout 1", "dropout 2", "dropout 3", "dropout 4"}});
