#include "op_cases.h"

using namespace ostinato;

constexpr int64_t B = 40, H = 130;
const TestTensor gates = numbers({B, 4 * H}, 1), three = numbers({B, 3 * H}, 2), product = numbers({B, 3 * H}, 3);
const TestTensor state = numbers({B, H}, 4), other = numbers({B, H}, 5), third = numbers({B, H}, 6);
const TestTensor one = floats({B, H}), ofThree = floats({B, 3 * H}), ofFour = floats({B, 4 * H});

const Cases cases({.shared = {{"lstmCell", {gates, state}, {one, one, ofFour}, {}},
                              {"lstmCellGradient", {gates, state, other, third, state}, {ofFour, one}, {}},
                              {"gruCell", {three, product, state}, {one, ofThree}, {}},
                              {"gruCellGradient", {three, product, state, other}, {ofThree, ofThree, one}, {}}}});
