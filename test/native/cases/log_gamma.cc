#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({90, 1009}, 1, 3), dy = numbers({90, 1009}, 2), y = floats({90, 1009});

const Cases cases({.shared = {{"logGamma", {x}, {y}, {}}, {"logGammaGradient", {x, dy}, {y}, {}}}});
