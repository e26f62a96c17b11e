// Layer normalisation over the last axis (Ba et al. 2016).
#include <cmath>
#include <cstring>

#include "kernels/elementwise.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkForward(const Call& call) {
  expectOperand(call, layerNorm::x, DType::f32);
  const TensorView& x = call.operand(layerNorm::x);
  const int64_t F = x.last();
  const int64_t N = x.elements() / F;
  expectShape(call, layerNorm::gain, DType::f32, &F, 1);
  expectShape(call, layerNorm::bias, DType::f32, &F, 1);
  expectResultLike(call, layerNorm::y, x);
  expectResult(call, layerNorm::mean, DType::f32, &N, 1);
  expectResult(call, layerNorm::inverseDeviation, DType::f32, &N, 1);
  if (!(call.attributes[layerNorm::epsilon] >= 0)) refuse(call, "epsilon must not be negative");
  return 0;
}

void runForward(const Call& call) {
  const ElementwiseKernels& k = elementwiseKernels();
  const TensorView& x = call.operand(layerNorm::x);
  const int64_t F = x.last();
  const float* gain = call.operand(layerNorm::gain).f32();
  const float* bias = call.operand(layerNorm::bias).f32();
  float* y = call.result(layerNorm::y).mutableF32();
  float* means = call.result(layerNorm::mean).mutableF32();
  float* inverses = call.result(layerNorm::inverseDeviation).mutableF32();
  forRanges(call.pool, x.elements() / F, F, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* in = x.f32() + row * F;
      float* out = y + row * F;
      const float mean = static_cast<float>(k.sum(in, F) / static_cast<double>(F));
      k.addScalar(in, -mean, out, F);
      const double variance = k.sumOfSquares(out, F) / static_cast<double>(F);
      const float inverse = static_cast<float>(1 / std::sqrt(variance + call.attributes[layerNorm::epsilon]));
      k.multiplyScalar(out, inverse, out, F);
      k.multiply(out, gain, out, F);
      k.add(out, bias, out, F);
      if (means) means[row] = mean;
      if (inverses) inverses[row] = inverse;
    }
  });
}

size_t checkGradient(const Call& call) {
  expectOperand(call, layerNormGradient::x, DType::f32);
  const TensorView& x = call.operand(layerNormGradient::x);
  const int64_t F = x.last();
  const int64_t N = x.elements() / F;
  expectShape(call, layerNormGradient::gain, DType::f32, &F, 1);
  expectShape(call, layerNormGradient::mean, DType::f32, &N, 1);
  expectShape(call, layerNormGradient::inverseDeviation, DType::f32, &N, 1);
  expectShape(call, layerNormGradient::dy, DType::f32, x.dims, x.rank);
  expectResultLike(call, layerNormGradient::dx, x);
  expectResultLike(call, layerNormGradient::dgain, call.operand(layerNormGradient::gain));
  expectResultLike(call, layerNormGradient::dbias, call.operand(layerNormGradient::gain));
  // For each thread: partial sums of dgain and dbias, and a row of the normalised input and of gain dy.
  return static_cast<size_t>(call.pool.threads()) * static_cast<size_t>(F) * 4 * sizeof(float);
}

// With n the normalised input and g = gain dy: dx = (g - mean(g) - n mean(g n)) / deviation.
void runGradient(const Call& call) {
  const ElementwiseKernels& k = elementwiseKernels();
  const TensorView& x = call.operand(layerNormGradient::x);
  const int64_t F = x.last();
  const int64_t N = x.elements() / F;
  const float* gain = call.operand(layerNormGradient::gain).f32();
  const float* means = call.operand(layerNormGradient::mean).f32();
  const float* inverses = call.operand(layerNormGradient::inverseDeviation).f32();
  const float* dy = call.operand(layerNormGradient::dy).f32();
  float* dx = call.result(layerNormGradient::dx).mutableF32();
  const int parts = partsFor(call.pool, N, F);
  float* scratch = static_cast<float*>(call.scratch);
  call.pool.parallel(parts, [&](int part) {
    float* dgain = scratch + part * 4 * F;
    float* dbias = dgain + F;
    float* normal = dbias + F;
    float* g = normal + F;
    std::memset(dgain, 0, static_cast<size_t>(2 * F) * sizeof(float));
    for (int64_t row = N * part / parts; row < N * (part + 1) / parts; row++) {
      const float* d = dy + row * F;
      float* out = dx + row * F;
      k.addScalar(x.f32() + row * F, -means[row], normal, F);
      k.multiplyScalar(normal, inverses[row], normal, F);
      k.add(dbias, d, dbias, F);
      k.multiply(normal, d, g, F);
      k.add(dgain, g, dgain, F);
      k.multiply(gain, d, g, F);
      const float meanG = static_cast<float>(k.sum(g, F) / static_cast<double>(F));
      const float meanGN = static_cast<float>(k.dot(g, normal, F) / static_cast<double>(F));
      k.addScalar(g, -meanG, out, F);
      k.addScaled(normal, -meanGN, out, F);
      k.multiplyScalar(out, inverses[row], out, F);
    }
  });
  float* dgain = call.result(layerNormGradient::dgain).mutableF32();
  float* dbias = call.result(layerNormGradient::dbias).mutableF32();
  std::memcpy(dgain, scratch, static_cast<size_t>(F) * sizeof(float));
  std::memcpy(dbias, scratch + F, static_cast<size_t>(F) * sizeof(float));
  for (int part = 1; part < parts; part++) {
    k.add(dgain, scratch + part * 4 * F, dgain, F);
    k.add(dbias, scratch + part * 4 * F + F, dbias, F);
  }
}

}  // namespace

const Implementation ops::layerNorm::implementation = {checkForward, runForward};
const Implementation ops::layerNormGradient::implementation = {checkGradient, runGradient};

}  // namespace ostinato
