#include "op_cases.h"

using namespace ostinato;

constexpr int64_t N = 3, L = 5;

const Cases cases({.small = {{"lineage", {ids({N, L}, N), integers({N}, {0, 4, 12})}, {ids({N, L}, N)}, {}}}});
