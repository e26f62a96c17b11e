#include "op_cases.h"

using namespace ostinato;

constexpr int64_t T = 20, B = 7, S = 31, K = 70, M = 66;
const TestTensor query = numbers({T, B, K}, 1), keys = numbers({S, B, K}, 2), values = numbers({S, B, M}, 3),
                 v = numbers({K}, 4), none;
const TestTensor lengths = integers({B}, {31, 0, 5, 31, 1, 17, 30}), weights = numbers({T, B, S}, 5),
                 dcontext = numbers({T, B, M}, 6);

static std::vector<OpCase> calls() {
  std::vector<OpCase> all = {{"attentionSum", {weights, dcontext}, {floats({S, B, M})}, {}},
                             {"additiveGradient", {query, weights, keys, v}, {floats({S, B, K}), floats({K})}, {}}};
  for (const TestTensor& form : {none, v}) {
    all.push_back({"attention", {query, keys, values, form, lengths}, {floats({T, B, M}), floats({T, B, S})}, {0.5}});
    all.push_back({"attentionGradient",
                   {query, keys, values, form, lengths, weights, dcontext, weights},
                   {floats({T, B, K}), floats({T, B, S})},
                   {0.5}});
  }
  return all;
}

const Cases cases({.shared = calls()});
