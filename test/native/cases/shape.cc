#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({7, 11, 1009}, 1);

const Cases cases({.shared = {{"copy", {x}, {floats({7, 11, 1009})}, {}},
                              {"concat", {x, numbers({7, 3, 1009}, 2)}, {floats({7, 14, 1009})}, {1}},
                              {"slice", {x}, {floats({7, 9, 1009})}, {1, 1, 10}},
                              {"pad", {x}, {floats({7, 14, 1009})}, {1, 2, 1}},
                              {"transpose", {x}, {floats({11, 7, 1009})}, {0, 1}},
                              {"transpose", {x}, {floats({1009, 11, 7})}, {0, 2}},
                              {"transpose", {x}, {floats({7, 1009, 11})}, {1, 2}}},
                   .small = {{"reshape", {numbers({2, 3}, 1)}, {floats({3, 2})}, {}}},
                   .whole = {"concat 0", "slice 0", "slice 1", "slice 2", "pad 0", "pad 1", "pad 2", "transpose 0",
                             "transpose 1"},
                   .free = {"slice operand 0 axis 1"}});
