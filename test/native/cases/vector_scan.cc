#include "op_cases.h"

using namespace ostinato;

constexpr int64_t T = 7, B = 11, H = 1009;
const TestTensor a = numbers({T, B, H}, 1), b = numbers({T, B, H}, 2), y = numbers({T, B, H}, 3);
const TestTensor h0 = numbers({B, H}, 4), dhLast = numbers({B, H}, 5);
const TestTensor lengths = integers({B}, {7, 0, 3, 1, 7, 7, 2, 0, 5, 6, 4});
const TestTensor steps = floats({T, B, H}), state = floats({B, H});

const Cases cases({.shared = {{"vectorScan", {a, b, h0, lengths}, {steps, state}, {0}},
                              {"vectorScanGradient", {a, h0, lengths, y, b, dhLast}, {steps, steps, state}, {1}}},
                   .whole = {"vectorScan 0", "vectorScanGradient 0"}});
