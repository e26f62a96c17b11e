#include "op_cases.h"

using namespace ostinato;

constexpr int64_t N = 7, F = 66, L = 64;
const TestTensor query = numbers({N, F}, 1), cache = numbers({N, 2 * F * L}, 3), lineage = ids({N, L}, N);
const TestTensor times = integers({N}, {0, 5, 63, 64, 900, 8, 30}),
                 positions = integers({N}, {0, 5, 63, 64, 900, 1, 30});

const Cases cases(
    {.shared = {{"cachedAttention", {query, cache, lineage, times, positions}, {floats({N, F})}, {3, 0.25}}},
     .whole = {"cachedAttention 0"}});
