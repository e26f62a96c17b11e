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

// ---- binary, broadcasting ----

size_t checkBinary(const char* op, const Call& call) {
  expectCounts(op, call, 2, 1, 0);
  expectOperand(op, call, 0, DType::f32);
  expectOperand(op, call, 1, DType::f32);
  const TensorView& a = call.operand(0);
  const TensorView& b = call.operand(1);
  const int rank = std::max(a.rank, b.rank);
  int64_t dims[kMaxRank];
  for (int i = 0; i < rank; i++) {
    const int64_t m = i - rank + a.rank >= 0 ? a.dims[i - rank + a.rank] : 1;
    const int64_t n = i - rank + b.rank >= 0 ? b.dims[i - rank + b.rank] : 1;
    if (m != n && m != 1 && n != 1) {
      refuse(op, "operands of shape " + shapeText(a) + " and " + shapeText(b) + " do not broadcast");
    }
    dims[i] = std::max(m, n);
  }
  expectResult(op, call, 0, DType::f32, dims, rank);
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
  const TensorView& a = call.operand(0);
  const TensorView& b = call.operand(1);
  const TensorView& y = call.result(0);
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
  const TensorView& a = call.operand(0);
  const TensorView& b = call.operand(1);
  const TensorView& y = call.result(0);
  const int64_t n = y.elements();
  if (a.elements() != n || b.elements() != n) return runBroadcast(call, kernel);
  forRanges(call.pool, n, 1, [&](int64_t begin, int64_t end) {
    kernel(a.f32() + begin, b.f32() + begin, y.mutableF32() + begin, end - begin);
  });
}

size_t checkAdd(const Call& call) { return checkBinary("add", call); }
size_t checkSubtract(const Call& call) { return checkBinary("subtract", call); }
size_t checkMultiply(const Call& call) { return checkBinary("multiply", call); }
size_t checkDivide(const Call& call) { return checkBinary("divide", call); }
void runAdd(const Call& call) { runBinary(call, elementwiseKernels().add); }
void runSubtract(const Call& call) { runBinary(call, elementwiseKernels().subtract); }
void runMultiply(const Call& call) { runBinary(call, elementwiseKernels().multiply); }
void runDivide(const Call& call) { runBinary(call, elementwiseKernels().divide); }

// ---- unary ----

size_t checkUnary(const Call& call) {
  const char* op = "an elementwise op";
  expectCounts(op, call, 1, 1, 0);
  expectOperand(op, call, 0, DType::f32);
  expectResultLike(op, call, 0, call.operand(0));
  return 0;
}

void runUnary(const Call& call, ElementwiseKernels::Unary kernel) {
  const float* x = call.operand(0).f32();
  float* y = call.result(0).mutableF32();
  forRanges(call.pool, call.result(0).elements(), 1,
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
  const char* op = "a gradient from the output";
  expectCounts(op, call, 2, 1, 0);
  expectOperand(op, call, 0, DType::f32);
  expectShape(op, call, 1, DType::f32, call.operand(0).dims, call.operand(0).rank);
  expectResultLike(op, call, 0, call.operand(0));
  return 0;
}

void runTanhGradient(const Call& call) { runBinary(call, elementwiseKernels().tanhGradient); }
void runSigmoidGradient(const Call& call) { runBinary(call, elementwiseKernels().sigmoidGradient); }
void runReluGradient(const Call& call) { runBinary(call, elementwiseKernels().reluGradient); }

size_t checkAffine(const Call& call) {
  expectCounts("affine", call, 1, 1, 2);
  expectOperand("affine", call, 0, DType::f32);
  expectResultLike("affine", call, 0, call.operand(0));
  return 0;
}

void runAffine(const Call& call) {
  const float* x = call.operand(0).f32();
  float* y = call.result(0).mutableF32();
  const float scale = static_cast<float>(call.attributes[0]);
  const float shift = static_cast<float>(call.attributes[1]);
  forRanges(call.pool, call.result(0).elements(), 1, [&](int64_t begin, int64_t end) {
    elementwiseKernels().affine(x + begin, scale, shift, y + begin, end - begin);
  });
}

size_t checkClamp(const Call& call) {
  expectCounts("clamp", call, 2, 1, 0);
  expectOperand("clamp", call, 0, DType::f32);
  expectOperand("clamp", call, 1, DType::f32, 0);
  expectResultLike("clamp", call, 0, call.operand(0));
  return 0;
}

void runClamp(const Call& call) {
  const float* x = call.operand(0).f32();
  float* y = call.result(0).mutableF32();
  const float limit = *call.operand(1).f32();
  forRanges(call.pool, call.result(0).elements(), 1,
            [&](int64_t begin, int64_t end) { elementwiseKernels().clamp(x + begin, limit, y + begin, end - begin); });
}

size_t checkClampGradient(const Call& call) {
  const char* op = "clampGradient";
  expectCounts(op, call, 3, 2, 0);
  expectOperand(op, call, 0, DType::f32);
  const TensorView& x = call.operand(0);
  expectOperand(op, call, 1, DType::f32, 0);
  expectShape(op, call, 2, DType::f32, x.dims, x.rank);
  expectResultLike(op, call, 0, x);
  expectResult(op, call, 1, DType::f32, nullptr, 0);
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
  const float* x = call.operand(0).f32();
  const float limit = *call.operand(1).f32();
  const float* dy = call.operand(2).f32();
  const int64_t n = call.operand(0).elements();
  if (float* dx = call.result(0).mutableF32()) {
    forRanges(call.pool, n, 1, [&](int64_t begin, int64_t end) {
      elementwiseKernels().clampGradient(x + begin, limit, dy + begin, dx + begin, end - begin);
    });
  }
  if (float* dlimit = call.result(1).mutableF32()) *dlimit = static_cast<float>(limitGradient(x, limit, dy, n));
}

}  // namespace

const Implementation ops::add::implementation = {checkAdd, runAdd};
const Implementation ops::subtract::implementation = {checkSubtract, runSubtract};
const Implementation ops::multiply::implementation = {checkMultiply, runMultiply};
const Implementation ops::divide::implementation = {checkDivide, runDivide};
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
