#include "op_cases.h"

using namespace ostinato;

const TestTensor tokens = integers({3, 2}, {1, 3, 1, 0, 3, 1});
const TestTensor characters = integers({4, 5}, {1, 2, 3, 0, 0, 4, 0, 0, 0, 0, 5, 1, 0, 0, 0, 2, 2, 5, 1, 1});
const TestTensor lengths = integers({4}, {3, 1, 2, 5});
const TestTensor spellings = integers({6, 5}, std::vector<int32_t>(30, 7)), rows = integers({6}, {7, 7, 7, 7, 7, 7});
const TestTensor places = integers({3, 2}, {7, 7, 7, 7, 7, 7});

const Cases cases({.small = {{"spell", {tokens, characters, lengths}, {spellings, rows, places}, {}}}});
