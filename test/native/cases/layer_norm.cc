#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({12, 7000}, 1), dy = numbers({12, 7000}, 2), y = floats({12, 7000});
const TestTensor gain = numbers({7000}, 3), bias = numbers({7000}, 4);

const Cases cases({.shared = {{"layerNorm", {x, gain, bias}, {y, floats({12}), floats({12})}, {1e-5}},
                              {"layerNormGradient",
                               {x, gain, numbers({12}, 5), numbers({12}, 6, 2), dy},
                               {y, floats({7000}), floats({7000})},
                               {}}}});
