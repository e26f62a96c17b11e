#include "op_cases.h"

using namespace ostinato;

constexpr int64_t N = 30, C = 7, E = 15, F = 70, K = 2 * E;

TestTensor cycled(std::vector<int64_t> shape, int32_t count) {
  TestTensor t(std::move(shape));
  for (size_t i = 0; i < t.f32.size(); i++) t.i32.push_back(static_cast<int32_t>(i) % count);
  t.f32.clear();
  return t;
}

const TestTensor x = numbers({N, C, E}, 1), weight = numbers({F, K}, 2), bias = numbers({F}, 3);
const TestTensor dy = numbers({N, F}, 4), lengths = integers({N}, std::vector<int32_t>(N, 5));
const TestTensor places = cycled({N, F}, 5), emptyPlaces = cycled({N, F}, 9);

const Cases cases({.shared = {{"filterMaxima", {x, weight, bias, lengths}, {floats({N, F}), emptyPlaces}, {}},
                              {"filterMaximaGradient",
                               {x, weight, lengths, places, dy},
                               {floats({N, C, E}), floats({F, K}), floats({F})},
                               {}}},
                   .free = {"filterMaxima operand 0 axis 1"}});
