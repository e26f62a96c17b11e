#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({90, 1009}, 1), y = floats({90, 1009});

const Cases cases({.shared = {{"softplus", {x}, {y}, {}}}});
