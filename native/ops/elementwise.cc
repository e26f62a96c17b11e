// Elementwise ops with NumPy's broadcasting.
#include <algorithm>
#include <cmath>
#include <string>

#include "kernels/elementwise.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

// ---- binary, broadcasting ----

size_t checkBinary(const Call& call) {
  expectOperand(call, add::a, DType::f32);
  expectOperand(call, add::b, DType::f32);
  const TensorView& a = call.operand(add::a);
  const TensorView& b = call.operand(add::b);
  const int rank = std::max(a.rank, b.rank);
  int64_t dims[kMaxRank];
  for (int i = 0; i < rank; i++) {
    const int64_t m = i - rank + a.rank >= 0 ? a.dims[i - rank + a.rank] : 1;
    const int64_t n = i - rank + b.rank >= 0 ? b.dims[i - rank + b.rank] : 1;
    if (m != n && m != 1 && n != 1) {
      refuse(call, "operands of shape " + shapeText(a) + " and " + shapeText(b) + " do not broadcast");
    }
    dims[i] = std::max(m, n);
  }
  expectResult(call, add::y, DType::f32, dims, rank);
  return 0;
}

// Steps in elements along each axis of `result` for an operand that is broadcast to it: 0 where it repeats.
void broadcastSteps(const TensorView& operand, const TensorView& result, int64_t* steps) {
  int64_t step = 1;
  for (int i = result.rank - 1; i >= 0; i--) {
    const int k = i - result.rank + operand.rank;
    const int64_t size = k >= 0 ? operand.dims[k] : 1;
    steps[i] = size == 1 ? 0 : step;
    step *= size;
  }
}

// Any broadcasting, row by row of the last axis.
void runBroadcast(const Call& call, ElementwiseKernels::Binary kernel) {
  const TensorView& a = call.operand(add::a);
  const TensorView& b = call.operand(add::b);
  const TensorView& y = call.result(add::y);
  int64_t stepsA[kMaxRank], stepsB[kMaxRank];
  broadcastSteps(a, y, stepsA);
  broadcastSteps(b, y, stepsB);
  const int64_t width = y.last();
  const int64_t rows = y.elements() / width;
  const int inner = y.rank - 1;
  forRanges(call.pool, rows, width, [&](int64_t begin, int64_t end) {
    constexpr int64_t kChunk = 256;
    float repeated[kChunk];
    for (int64_t row = begin; row < end; row++) {
      int64_t offsetA = 0, offsetB = 0, rest = row;
      for (int i = inner - 1; i >= 0; i--) {
        const int64_t index = rest % y.dims[i];
        rest /= y.dims[i];
        offsetA += index * stepsA[i];
        offsetB += index * stepsB[i];
      }
      const float* rowA = a.f32() + offsetA;
      const float* rowB = b.f32() + offsetB;
      float* out = y.mutableF32() + row * width;
      const bool repeatA = inner >= 0 && stepsA[inner] == 0 && width > 1;
      const bool repeatB = inner >= 0 && stepsB[inner] == 0 && width > 1;
      if (!repeatA && !repeatB) {
        kernel(rowA, rowB, out, width);
        continue;
      }
      const float value = repeatA ? *rowA : *rowB;
      for (float& x : repeated) x = value;
      for (int64_t i = 0; i < width; i += kChunk) {
        const int64_t n = std::min(kChunk, width - i);
        kernel(repeatA ? repeated : rowA + i, repeatB ? repeated : rowB + i, out + i, n);
      }
    }
  });
}

void runBinary(const Call& call, ElementwiseKernels::Binary kernel) {
  const TensorView& a = call.operand(add::a);
  const TensorView& b = call.operand(add::b);
  const TensorView& y = call.result(add::y);
  const int64_t n = y.elements();
  if (a.elements() != n || b.elements() != n) return runBroadcast(call, kernel);
  forRanges(call.pool, n, 1, [&](int64_t begin, int64_t end) {
    kernel(a.f32() + begin, b.f32() + begin, y.mutableF32() + begin, end - begin);
  });
}

void runAdd(const Call& call) { runBinary(call, elementwiseKernels().add); }
void runSubtract(const Call& call) { runBinary(call, elementwiseKernels().subtract); }
void runMultiply(const Call& call) { runBinary(call, elementwiseKernels().multiply); }
void runDivide(const Call& call) { runBinary(call, elementwiseKernels().divide); }

// ---- unary ----

size_t checkUnary(const Call& call) {
  expectOperand(call, exp::x, DType::f32);
  expectResultLike(call, exp::y, call.operand(exp::x));
  return 0;
}

void runUnary(const Call& call, ElementwiseKernels::Unary kernel) {
  const float* x = call.operand(exp::x).f32();
  float* y = call.result(exp::y).mutableF32();
  forRanges(call.pool, call.result(exp::y).elements(), 1,
            [&](int64_t begin, int64_t end) { kernel(x + begin, y + begin, end - begin); });
}

// No model spends time in logarithms; the C library's is exact enough and needs no tiers.
void logLoop(const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = std::log(x[i]);
}

void runExp(const Call& call) { runUnary(call, elementwiseKernels().exp); }
void runLog(const Call& call) { runUnary(call, logLoop); }
void runSqrt(const Call& call) { runUnary(call, elementwiseKernels().sqrt); }
void runSquare(const Call& call) { runUnary(call, elementwiseKernels().square); }
void runTanh(const Call& call) { runUnary(call, elementwiseKernels().tanh); }
void runSigmoid(const Call& call) { runUnary(call, elementwiseKernels().sigmoid); }
void runRelu(const Call& call) { runUnary(call, elementwiseKernels().relu); }

size_t checkFromOutput(const Call& call) {
  expectOperand(call, tanhGradient::y, DType::f32);
  expectShape(call, tanhGradient::dy, DType::f32, call.operand(tanhGradient::y).dims,
              call.operand(tanhGradient::y).rank);
  expectResultLike(call, tanhGradient::dx, call.operand(tanhGradient::y));
  return 0;
}

void runTanhGradient(const Call& call) { runBinary(call, elementwiseKernels().tanhGradient); }
void runSigmoidGradient(const Call& call) { runBinary(call, elementwiseKernels().sigmoidGradient); }
void runReluGradient(const Call& call) { runBinary(call, elementwiseKernels().reluGradient); }

size_t checkAffine(const Call& call) {
  expectOperand(call, affine::x, DType::f32);
  expectResultLike(call, affine::y, call.operand(affine::x));
  return 0;
}

void runAffine(const Call& call) {
  const float* x = call.operand(affine::x).f32();
  float* y = call.result(affine::y).mutableF32();
  const float scale = static_cast<float>(call.attributes[affine::scale]);
  const float shift = static_cast<float>(call.attributes[affine::shift]);
  forRanges(call.pool, call.result(affine::y).elements(), 1, [&](int64_t begin, int64_t end) {
    elementwiseKernels().affine(x + begin, scale, shift, y + begin, end - begin);
  });
}

size_t checkClamp(const Call& call) {
  expectOperand(call, clamp::x, DType::f32);
  expectOperand(call, clamp::limit, DType::f32, 0);
  expectResultLike(call, clamp::y, call.operand(clamp::x));
  return 0;
}

void runClamp(const Call& call) {
  const float* x = call.operand(clamp::x).f32();
  float* y = call.result(clamp::y).mutableF32();
  const float limit = *call.operand(clamp::limit).f32();
  forRanges(call.pool, call.result(clamp::y).elements(), 1,
            [&](int64_t begin, int64_t end) { elementwiseKernels().clamp(x + begin, limit, y + begin, end - begin); });
}

size_t checkClampGradient(const Call& call) {
  expectOperand(call, clampGradient::x, DType::f32);
  const TensorView& x = call.operand(clampGradient::x);
  expectOperand(call, clampGradient::limit, DType::f32, 0);
  expectShape(call, clampGradient::dy, DType::f32, x.dims, x.rank);
  expectResultLike(call, clampGradient::dx, x);
  expectResult(call, clampGradient::dlimit, DType::f32, nullptr, 0);
  return 0;
}

// The gradient of the limit: y is the limit, or minus it, where x is outside.
double limitGradient(const float* x, float limit, const float* dy, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    if (std::max(x[i], -limit) > limit)
      sum += static_cast<double>(dy[i]);
    else if (x[i] < -limit)
      sum -= static_cast<double>(dy[i]);
  }
  return sum;
}

void runClampGradient(const Call& call) {
  const float* x = call.operand(clampGradient::x).f32();
  const float limit = *call.operand(clampGradient::limit).f32();
  const float* dy = call.operand(clampGradient::dy).f32();
  const int64_t n = call.operand(clampGradient::x).elements();
  if (float* dx = call.result(clampGradient::dx).mutableF32()) {
    forRanges(call.pool, n, 1, [&](int64_t begin, int64_t end) {
      elementwiseKernels().clampGradient(x + begin, limit, dy + begin, dx + begin, end - begin);
    });
  }
  if (float* dlimit = call.result(clampGradient::dlimit).mutableF32())
    *dlimit = static_cast<float>(limitGradient(x, limit, dy, n));
}

}  // namespace

const Implementation ops::add::implementation = {checkBinary, runAdd};
const Implementation ops::subtract::implementation = {checkBinary, runSubtract};
const Implementation ops::multiply::implementation = {checkBinary, runMultiply};
const Implementation ops::divide::implementation = {checkBinary, runDivide};
const Implementation ops::exp::implementation = {checkUnary, runExp};
const Implementation ops::log::implementation = {checkUnary, runLog};
const Implementation ops::sqrt::implementation = {checkUnary, runSqrt};
const Implementation ops::square::implementation = {checkUnary, runSquare};
const Implementation ops::tanh::implementation = {checkUnary, runTanh};
const Implementation ops::sigmoid::implementation = {checkUnary, runSigmoid};
const Implementation ops::relu::implementation = {checkUnary, runRelu};
const Implementation ops::tanhGradient::implementation = {checkFromOutput, runTanhGradient};
const Implementation ops::sigmoidGradient::implementation = {checkFromOutput, runSigmoidGradient};
const Implementation ops::reluGradient::implementation = {checkFromOutput, runReluGradient};
const Implementation ops::affine::implementation = {checkAffine, runAffine};
const Implementation ops::clamp::implementation = {checkClamp, runClamp};
const Implementation ops::clampGradient::implementation = {checkClampGradient, runClampGradient};

}  // namespace ostinato
