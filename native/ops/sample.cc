// Draws a token from each row of logits: greedy, temperature, top-k (Fan et al. 2018), top-p (Holtzman et al. 2020).
#include <cmath>
#include <string>

#include "base/philox.h"
#include "kernels/draw.h"
#include "kernels/elementwise.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

constexpr uint32_t kSampleKey = 0x5A3D1E;

size_t checkSample(const Call& call) {
  expectOperand(call, sample::logits, DType::f32, 2);
  expectOperand(call, sample::temperature, DType::f32, 0);
  expectOperand(call, sample::topK, DType::i32, 0);
  expectOperand(call, sample::topP, DType::f32, 0);
  const int64_t two = 2;
  expectShape(call, sample::random, DType::i32, &two, 1);
  const int64_t B = call.operand(sample::logits).dims[0], V = call.operand(sample::logits).dims[1];
  expectShape(call, sample::ahead, DType::i32, &B, 1);
  expectResult(call, sample::ids, DType::i32, &B, 1);
  expectResult(call, sample::logProbability, DType::f32, &B, 1);
  // Order and weights of the candidates, for one row at a time.
  return static_cast<size_t>(V) * (sizeof(int32_t) + sizeof(double)) + 64;
}

void runSample(const Call& call) {
  const TensorView& logits = call.operand(sample::logits);
  const int64_t B = logits.dims[0], V = logits.dims[1];
  const DrawFilter filter = {static_cast<double>(*call.operand(sample::temperature).f32()),
                             *call.operand(sample::topK).i32(), static_cast<double>(*call.operand(sample::topP).f32())};
  if (!(filter.temperature >= 0) || std::isinf(filter.temperature)) {
    throw InputError("the temperature must be a number at least 0");
  }
  if (filter.topK < 0) throw InputError("topK must be at least 0");
  if (!(filter.topP > 0)) throw InputError("topP must be above 0");
  const uint32_t* random = reinterpret_cast<const uint32_t*>(call.operand(sample::random).i32());
  const int32_t* ahead = call.operand(sample::ahead).i32();
  double* weights = static_cast<double*>(call.scratch);
  int32_t* order = reinterpret_cast<int32_t*>(weights + V);
  const ElementwiseKernels& k = elementwiseKernels();
  for (int64_t b = 0; b < B; b++) {
    const float* row = logits.f32() + b * V;
    // A NaN would make the order of the candidates meaningless.
    const float most = k.maximum(row, V);
    if (std::isnan(most)) throw InputError("row " + std::to_string(b) + " of the logits holds a NaN");
    if (!std::isfinite(most)) throw InputError("row " + std::to_string(b) + " of the logits has no finite maximum");
    const uint32_t step = random[1] + (ahead ? static_cast<uint32_t>(ahead[b]) : 0);
    const Philox words = philox(static_cast<uint32_t>(b), 0, step, 0, random[0], kSampleKey);
    const int32_t id = drawToken(row, V, most, filter, static_cast<double>(uniform01(words.word[0])), weights, order);
    call.result(sample::ids).mutableI32()[b] = id;
    const double below = static_cast<double>(row[id]) - static_cast<double>(most);
    call.result(sample::logProbability).mutableF32()[b] =
        static_cast<float>(below - std::log(k.sumExpShifted(row, most, V)));
  }
}

}  // namespace

const Implementation ops::sample::implementation = {checkSample, runSample};

}  // namespace ostinato
