#include "op_cases.h"

using namespace ostinato;

const TestTensor large = numbers({300, 310}, 1), small = numbers({3}, 2), sums = numbers({93003}, 3);

const Cases cases({.shared = {{"allReduce", {large, small}, {floats({93003})}, {0, 3}},
                              {"awaitSum", {sums}, {floats({300, 310})}, {2}}},
                   .whole = {"allReduce 1", "awaitSum 0"},
                   .free = {"awaitSum operand 0 axis 0"}});
