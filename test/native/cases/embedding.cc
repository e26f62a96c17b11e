#include "op_cases.h"

using namespace ostinato;

const TestTensor six = ids({6}, 5), nine = ids({9}, 5), none = integers({9}, std::vector<int32_t>(9, -1));

// A table of which each part clears and fills its own columns.
const Cases cases({.shared = {{"embedding", {numbers({5, 19000}, 1), six}, {floats({6, 19000})}, {}},
                              {"embeddingGradient", {six, numbers({6, 19000}, 2)}, {floats({5, 19000})}, {5}},
                              {"sumRows", {nine, numbers({9, 19000}, 2)}, {none, floats({9, 19000})}, {5}}},
                   .whole = {"embeddingGradient 0", "sumRows 0"},
                   .free = {"embedding operand 0 axis 0"}});
