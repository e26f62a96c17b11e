#include "op_cases.h"

using namespace ostinato;

const TestTensor states = integers({3}, {0, 1, 1}), tokens = integers({3}, {4, 0, 2}),
                 classOf = integers({5}, {0, 1, 2, 2, 0}), next = integers({3, 2}, {1, -1, 0, 0, 1, 0});

const Cases cases({.small = {{"follow", {states, tokens, classOf, next}, {integers({3}, {7, 7, 7})}, {}}},
                   .free = {"follow operand 2 axis 0", "follow operand 3 axis 0", "follow operand 3 axis 1"}});
