#include "op_cases.h"

using namespace ostinato;

const TestTensor tokens = integers({4, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
const TestTensor before = integers({3, 2}, {0, 1, 2, 3, 4, 5}), lengths = integers({3}, {4, 0, 2});
const TestTensor recent = integers({4, 3, 2}, std::vector<int32_t>(24, 7)), last = integers({3, 2}, {7, 7, 7, 7, 7, 7});

const Cases cases({.small = {{"recentIds", {tokens, before, lengths}, {recent, last}, {2}}}, .whole = {"recentIds 0"}});
