#include "op_cases.h"

using namespace ostinato;

const TestTensor chosen = integers({3}, {0, 4, -1});

const Cases cases({.small = {{"pick", {numbers({3, 5}, 1), chosen}, {floats({3})}, {}},
                             {"pickGradient", {chosen, numbers({3}, 1)}, {floats({3, 5})}, {5}}},
                   .whole = {"pickGradient 0"},
                   .free = {"pick operand 0 axis 1"}});
