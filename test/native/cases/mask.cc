#include "op_cases.h"

using namespace ostinato;

const TestTensor lengths = integers({11}, {7, 0, 3, 1, 7, 7, 2, 0, 5, 6, 4});

const Cases cases({.shared = {{"mask", {numbers({7, 11, 1009}, 1), lengths}, {floats({7, 11, 1009})}, {}}}});
