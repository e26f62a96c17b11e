#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({5, 12, 13, 17}, 1), dy = numbers({5, 12, 13, 153}, 2);

const Cases cases({.shared = {{"patches", {x}, {floats({5, 12, 13, 153})}, {3, 1, 1}},
                              {"patches", {x}, {floats({5, 11, 12, 68})}, {2, 1, 0}},
                              {"patchesGradient", {dy}, {floats({5, 12, 13, 17})}, {3, 1, 1}}},
                   .whole = {"patches 0", "patches 1", "patches 2", "patchesGradient 0", "patchesGradient 1",
                             "patchesGradient 2"}});
