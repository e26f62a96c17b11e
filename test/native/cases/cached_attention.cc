#include "op_cases.h"

using namespace ostinato;

constexpr int64_t N = 7, F = 66, L = 64;
const TestTensor query = numbers({N, F}, 1), row = numbers({N, 2 * F}, 2), cache = numbers({N, 2 * F * L}, 3);
const TestTensor positions = integers({N}, {0, 5, 63, 64, 900, 1, 30});

const Cases cases({.shared = {{"cachedAttention",
                               {query, row, cache, positions},
                               {floats({N, F}), floats({N, 2 * F * L})},
                               {3, 0.25}}},
                   .whole = {"cachedAttention 0"}});
