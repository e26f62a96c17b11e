#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({90, 1009}, 1), dy = numbers({90, 1009}, 2), y = floats({90, 1009});

const Cases cases({.shared = {{"gelu", {x}, {y}, {}}, {"geluGradient", {x, dy}, {y}, {}}}});
