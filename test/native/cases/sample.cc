#include "op_cases.h"

using namespace ostinato;

const Cases cases({.small = {{"sample",
                              {numbers({3, 5}, 1), scalar(1), integers({}, {2}), scalar(0.9f), integers({2}, {1, 2}),
                               integers({3}, {0, 4, 1})},
                              {integers({3}, {0, 0, 0}), floats({3})},
                              {}}},
                   .free = {"sample operand 0 axis 1"}});
