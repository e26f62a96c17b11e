#include "op_cases.h"

using namespace ostinato;

constexpr int64_t N = 3, W = 4, L = 5;

const Cases cases({.small = {{"keepRow",
                              {numbers({N, L * W}, 1), numbers({N, W}, 2), integers({N}, {0, 4, 12})},
                              {floats({N, L * W})},
                              {}}},
                   .free = {"keepRow operand 1 axis 1"}});
