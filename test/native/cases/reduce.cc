#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({7, 11, 1009}, 1), firsts = integers({2, 3}, {0, 1, 1, 0, 0, 1});

const Cases cases({.shared = {{"sumTo", {x}, {floats({})}, {}},
                              {"sumTo", {x}, {floats({11, 1009})}, {}},
                              {"sumTo", {x}, {floats({11, 1})}, {}},
                              {"broadcastTo", {numbers({11, 1}, 1)}, {floats({7, 11, 1009})}, {}},
                              {"broadcastTo", {numbers({1009}, 1)}, {floats({7, 11, 1009})}, {}},
                              {"max", {x}, {floats({11, 1009}), ids({11, 1009}, 1)}, {0}},
                              {"max", {x}, {floats({7, 1009}), ids({7, 1009}, 1)}, {1}},
                              {"max", {x}, {floats({7, 11}), ids({7, 11}, 1)}, {2}}},
                   .small = {{"maxGradient", {firsts, numbers({2, 3}, 1)}, {floats({2, 2, 3})}, {1}}},
                   .whole = {"max 0", "maxGradient 0"},
                   .free = {"sumTo operand 0 axis 0", "sumTo operand 0 axis 1", "sumTo operand 0 axis 2",
                            "sumTo operand 0 rank", "broadcastTo result 0 axis 0", "broadcastTo result 0 axis 1",
                            "broadcastTo result 0 axis 2", "max operand 0 axis 0", "max operand 0 axis 1",
                            "max operand 0 axis 2", "maxGradient result 0 axis 1"}});
