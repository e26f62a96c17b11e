#include "kernels/draw.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/elementwise.h"

namespace ostinato {
namespace {

// The token at fraction u of the whole distribution, whose tokens stand in order of their ids.
int32_t drawOfAll(const float* logits, int64_t V, double temperature, float most, double u, float* weights) {
  const ElementwiseKernels& k = elementwiseKernels();
  // However small the temperature, the best token keeps its 0 and the others go to minus infinity.
  k.addScalar(logits, -most, weights, V);
  k.multiplyScalar(weights, static_cast<float>(std::min(1 / temperature, 1e38)), weights, V);
  double left = u * k.expShifted(weights, 0, weights, V);
  int32_t last = 0;
  for (int64_t v = 0; v < V; v++) {
    if (!(weights[v] > 0)) continue;
    last = static_cast<int32_t>(v);
    left -= static_cast<double>(weights[v]);
    if (left < 0) break;
  }
  return last;
}

// The token at fraction u of the filtered distribution, whose tokens stand in order of falling probability.
int32_t drawOfBest(const float* logits, int64_t V, const DrawFilter& filter, double u, double* weights,
                   int32_t* order) {
  int64_t kept = 0;
  for (int64_t v = 0; v < V; v++) {
    if (logits[v] > -std::numeric_limits<float>::infinity()) order[kept++] = static_cast<int32_t>(v);
  }
  const auto before = [logits](int32_t a, int32_t b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; };
  if (filter.topK > 0 && filter.topK < kept) {
    std::nth_element(order, order + filter.topK, order + kept, before);
    kept = filter.topK;
  }
  std::sort(order, order + kept, before);
  const double most = static_cast<double>(logits[order[0]]);
  double total = 0;
  for (int64_t i = 0; i < kept; i++) {
    weights[i] = std::exp((static_cast<double>(logits[order[i]]) - most) / filter.temperature);
    total += weights[i];
  }
  if (filter.topP < 1) {
    double reached = 0;
    int64_t i = 0;
    while (i < kept && reached < filter.topP * total) reached += weights[i++];
    kept = std::max<int64_t>(i, 1);
    total = reached;
  }
  double left = u * total;
  for (int64_t i = 0; i < kept; i++) {
    left -= weights[i];
    if (left < 0) return order[i];
  }
  return order[kept - 1];
}

}  // namespace

int32_t drawToken(const float* logits, int64_t V, float most, const DrawFilter& filter, double u, double* weights,
                  int32_t* order) {
  if (filter.temperature == 0) return static_cast<int32_t>(std::find(logits, logits + V, most) - logits);
  const bool all = (filter.topK == 0 || filter.topK >= V) && filter.topP >= 1;
  return all ? drawOfAll(logits, V, filter.temperature, most, u, reinterpret_cast<float*>(weights))
             : drawOfBest(logits, V, filter, u, weights, order);
}

}  // namespace ostinato
