#include "op_cases.h"

using namespace ostinato;

constexpr int64_t T = 70, B = 3, S = 75, H = 2, D = 21, F = H * D;
const TestTensor query = numbers({T, B, F}, 1), memory = numbers({S, B, 2 * F}, 2), context = numbers({T, B, F}, 3),
                 logSums = numbers({B, H, T}, 4, 5.0f), dcontext = numbers({T, B, F}, 5);
const TestTensor lengths = integers({B}, {75, 0, 40});

static std::vector<OpCase> calls() {
  std::vector<OpCase> all;
  for (const double causal : {0.0, 1.0}) {
    const std::vector<double> attributes = {H, causal, 0.25};
    all.push_back({"multiHeadAttention", {query, memory, lengths}, {floats({T, B, F}), floats({B, H, T})}, attributes});
    all.push_back({"multiHeadAttentionGradient",
                   {query, memory, lengths, context, logSums, dcontext},
                   {floats({T, B, F}), floats({S, B, 2 * F})},
                   attributes});
    all.push_back({"multiHeadWeights", {query, memory, lengths}, {floats({H, T, B, S})}, attributes});
  }
  return all;
}

const Cases cases({.shared = calls(),
                   .whole = {"multiHeadAttention 0", "multiHeadAttention 1", "multiHeadAttentionGradient 0",
                             "multiHeadAttentionGradient 1", "multiHeadWeights 0", "multiHeadWeights 1"},
                   .free = {"multiHeadAttention operand 1 axis 0"}});
