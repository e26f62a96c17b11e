#include "op_cases.h"

using namespace ostinato;

constexpr int64_t T = 40, B = 12, C = 33, K = 3;
const TestTensor emissions = numbers({T, B, C}, 1), transitions = numbers({C + 2, C}, 2),
                 alphas = numbers({T, B, C}, 3), dlosses = numbers({B}, 4), tags = ids({T, B}, C);
const TestTensor lengths = integers({B}, {40, 0, 20, 40, 1, 17, 30, 39, 40, 2, 40, 5});

// A sequence without steps has one path, and the scores of others are infinite.
const TestTensor some = integers({B}, {40, 1, 20, 40, 1, 17, 30, 39, 40, 2, 40, 5});

const Cases cases({.shared = {{"crf", {emissions, transitions, tags, lengths}, {floats({B}), floats({T, B, C})}, {}},
                              {"crfGradient",
                               {emissions, transitions, tags, lengths, alphas, dlosses},
                               {floats({T, B, C}), floats({C + 2, C})},
                               {}},
                              {"crfMarginals", {emissions, transitions, lengths}, {floats({T, B, C}), floats({B})}, {}},
                              {"crfPaths", {emissions, transitions, some}, {ids({K, T, B}, 1), floats({K, B})}, {K}},
                              {"crfPaths", {emissions, transitions, some}, {ids({1, T, B}, 1), floats({1, B})}, {1}}},
                   .whole = {"crfPaths 0"}});
