#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({5, 12, 13, 17}, 1), dy = numbers({5, 12, 13, 19}, 2), w = numbers({19, 3, 3, 17}, 3),
                 wide = numbers({19, 2, 2, 17}, 4), bias = numbers({19}, 5);

const Cases cases({.shared = {{"convolution", {x, w, bias}, {floats({5, 12, 13, 19})}, {1, 1}},
                              {"convolution", {x, wide, bias}, {floats({5, 11, 12, 19})}, {1, 0}},
                              {"convolutionInputGradient", {dy, w}, {floats({5, 12, 13, 17})}, {1, 1}},
                              {"convolutionWeightGradient", {x, dy}, {floats({19, 3, 3, 17})}, {1, 1}}},
                   .whole = {"convolution 0", "convolution 1", "convolutionInputGradient 0",
                             "convolutionInputGradient 1", "convolutionWeightGradient 0",
                             "convolutionWeightGradient 1"}});
