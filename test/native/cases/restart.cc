#include "op_cases.h"

using namespace ostinato;

const TestTensor before = integers({3}, {1, 0, 2}), after = integers({3}, {7, 7, 7});

const Cases cases({.small = {{"restart", {before}, {after, floats({3, 1})}, {0, 1}}},
                   .whole = {"restart 0", "restart 1"}});
