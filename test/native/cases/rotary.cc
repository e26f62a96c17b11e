#include "op_cases.h"

using namespace ostinato;

constexpr int64_t T = 60, B = 7, W = 190;
const TestTensor x = numbers({T, B, W}, 1), positions = integers({B}, {0, 5, 900, 1, 2, 3, 4});

const Cases cases({.shared = {{"rotary", {x, positions}, {floats({T, B, W})}, {4, 120, 10000, 1}},
                              {"rotary", {x, positions}, {floats({T, B, W})}, {4, 120, 10000, -1}}},
                   .whole = {"rotary 0", "rotary 1"}});
