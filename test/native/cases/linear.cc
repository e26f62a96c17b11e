#include "op_cases.h"

using namespace ostinato;

const TestTensor w = numbers({5, 2}, 2), bias = numbers({5}, 3);

const Cases cases({.small = {{"matmul", {numbers({3, 2}, 1), numbers({2, 5}, 2)}, {floats({3, 5})}, {0, 0}},
                             {"matmul", {numbers({2, 3}, 1), w}, {floats({3, 5})}, {1, 1}},
                             {"linear", {numbers({4, 3, 2}, 1), w, bias}, {floats({4, 3, 5})}, {}}},
                   .whole = {"matmul 0", "matmul 1"}});
