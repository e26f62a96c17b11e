// Draws a token from each row of logits: greedy, temperature, top-k (Fan et al. 2018), top-p (Holtzman et al. 2020).
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "kernels/elementwise.h"
#include "ops/families.h"
#include "ops/ranges.h"
#include "runtime/operation.h"
#include "runtime/philox.h"

namespace ostinato {
namespace {

constexpr uint32_t kSampleKey = 0x5A3D1E;

size_t checkSample(const Call& call) {
  const char* op = "sample";
  expectCounts(op, call, 5, 2, 0);
  expectOperand(op, call, 0, DType::f32, 2);
  expectOperand(op, call, 1, DType::f32, 0);
  expectOperand(op, call, 2, DType::i32, 0);
  expectOperand(op, call, 3, DType::f32, 0);
  const int64_t two = 2;
  expectShape(op, call, 4, DType::i32, &two, 1);
  const int64_t B = call.operand(0).dims[0], V = call.operand(0).dims[1];
  expectResult(op, call, 0, DType::i32, &B, 1);
  expectResult(op, call, 1, DType::f32, &B, 1);
  // Order and weights of the candidates, for one row at a time.
  return static_cast<size_t>(V) * (sizeof(int32_t) + sizeof(double)) + 64;
}

struct Filter {
  double temperature;
  int64_t topK;
  double topP;
};

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
int32_t drawOfBest(const float* logits, int64_t V, const Filter& filter, double u, double* weights, int32_t* order) {
  int64_t kept = 0;
  for (int64_t v = 0; v < V; v++) {
    if (logits[v] > -std::numeric_limits<float>::infinity()) order[kept++] = static_cast<int32_t>(v);
  }
  const auto before = [logits](int32_t a, int32_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  };
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

void runSample(const Call& call) {
  const TensorView& logits = call.operand(0);
  const int64_t B = logits.dims[0], V = logits.dims[1];
  const Filter filter = {static_cast<double>(*call.operand(1).f32()), *call.operand(2).i32(),
                         static_cast<double>(*call.operand(3).f32())};
  if (!(filter.temperature >= 0) || std::isinf(filter.temperature)) {
    throw InputError("the temperature must be a number at least 0");
  }
  if (filter.topK < 0) throw InputError("topK must be at least 0");
  if (!(filter.topP > 0)) throw InputError("topP must be above 0");
  const uint32_t* random = reinterpret_cast<const uint32_t*>(call.operand(4).i32());
  double* weights = static_cast<double*>(call.scratch);
  int32_t* order = reinterpret_cast<int32_t*>(weights + V);
  const ElementwiseKernels& k = elementwiseKernels();
  for (int64_t b = 0; b < B; b++) {
    const float* row = logits.f32() + b * V;
    int32_t best = 0;
    for (int64_t v = 0; v < V; v++) {
      // A NaN would make the order of the candidates meaningless.
      if (std::isnan(row[v])) throw InputError("row " + std::to_string(b) + " of the logits holds a NaN");
      if (row[v] > row[best]) best = static_cast<int32_t>(v);
    }
    const float most = row[best];
    if (!std::isfinite(most)) throw InputError("row " + std::to_string(b) + " of the logits has no finite maximum");
    int32_t id = best;
    if (filter.temperature > 0) {
      const Philox words = philox(static_cast<uint32_t>(b), 0, random[1], 0, random[0], kSampleKey);
      const double u = static_cast<double>(uniform01(words.word[0]));
      const bool all = (filter.topK == 0 || filter.topK >= V) && filter.topP >= 1;
      id = all ? drawOfAll(row, V, filter.temperature, most, u, reinterpret_cast<float*>(weights))
               : drawOfBest(row, V, filter, u, weights, order);
    }
    call.result(0).mutableI32()[b] = id;
    const double logSum = static_cast<double>(most) + std::log(k.sumExpShifted(row, most, V));
    call.result(1).mutableF32()[b] = static_cast<float>(static_cast<double>(row[id]) - logSum);
  }
}

constexpr Operation kSample[] = {{"sample", checkSample, runSample}};

}  // namespace

Family sampleFamily() { return {kSample, static_cast<int>(std::size(kSample))}; }

}  // namespace ostinato
