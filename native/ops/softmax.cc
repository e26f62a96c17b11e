// Softmax and log-softmax over the last axis.
#include <cmath>

#include "kernels/elementwise.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkForward(const Call& call) {
  expectOperand(call, softmax::x, DType::f32);
  if (call.operand(softmax::x).rank < 1) refuse(call, "expected at least one axis");
  expectResultLike(call, softmax::y, call.operand(softmax::x));
  return 0;
}

size_t checkGradient(const Call& call) {
  expectOperand(call, softmaxGradient::y, DType::f32);
  const TensorView& y = call.operand(softmaxGradient::y);
  if (y.rank < 1) refuse(call, "expected at least one axis");
  expectShape(call, softmaxGradient::dy, DType::f32, y.dims, y.rank);
  expectResultLike(call, softmaxGradient::dx, y);
  return 0;
}

// Calls f(row offset, width) for every row of the result.
template <class F>
void forRows(const Call& call, const F& f) {
  const int64_t width = call.result(softmax::y).last();
  forRanges(call.pool, call.result(softmax::y).elements() / width, width, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) f(row * width, width);
  });
}

void runSoftmax(const Call& call) {
  const ElementwiseKernels& k = elementwiseKernels();
  const float* x = call.operand(softmax::x).f32();
  float* y = call.result(softmax::y).mutableF32();
  forRows(call, [&](int64_t at, int64_t width) {
    const double sum = k.expShifted(x + at, k.maximum(x + at, width), y + at, width);
    k.multiplyScalar(y + at, static_cast<float>(1 / sum), y + at, width);
  });
}

void runLogSoftmax(const Call& call) {
  const ElementwiseKernels& k = elementwiseKernels();
  const float* x = call.operand(logSoftmax::x).f32();
  float* y = call.result(logSoftmax::y).mutableF32();
  forRows(call, [&](int64_t at, int64_t width) {
    // Not minus the sum of both: that is as large as the logits, and rounding it would cost digits of their
    // differences.
    const float most = k.maximum(x + at, width);
    const float logSum = static_cast<float>(std::log(k.sumExpShifted(x + at, most, width)));
    k.subtractInTurn(x + at, most, logSum, y + at, width);
  });
}

// dx = y (dy - sum(y dy))
void runSoftmaxGradient(const Call& call) {
  const ElementwiseKernels& k = elementwiseKernels();
  const float* y = call.operand(softmaxGradient::y).f32();
  const float* dy = call.operand(softmaxGradient::dy).f32();
  float* dx = call.result(softmaxGradient::dx).mutableF32();
  forRows(call, [&](int64_t at, int64_t width) {
    const float along = static_cast<float>(k.dot(y + at, dy + at, width));
    k.addScalar(dy + at, -along, dx + at, width);
    k.multiply(y + at, dx + at, dx + at, width);
  });
}

// dx = dy - exp(y) sum(dy)
void runLogSoftmaxGradient(const Call& call) {
  const ElementwiseKernels& k = elementwiseKernels();
  const float* y = call.operand(logSoftmaxGradient::y).f32();
  const float* dy = call.operand(logSoftmaxGradient::dy).f32();
  float* dx = call.result(logSoftmaxGradient::dx).mutableF32();
  forRows(call, [&](int64_t at, int64_t width) {
    const float sum = static_cast<float>(k.sum(dy + at, width));
    k.exp(y + at, dx + at, width);
    k.affine(dx + at, -sum, 0, dx + at, width);
    k.add(dx + at, dy + at, dx + at, width);
  });
}

}  // namespace

const Implementation ops::softmax::implementation = {checkForward, runSoftmax};
const Implementation ops::logSoftmax::implementation = {checkForward, runLogSoftmax};
const Implementation ops::softmaxGradient::implementation = {checkGradient, runSoftmaxGradient};
const Implementation ops::logSoftmaxGradient::implementation = {checkGradient, runLogSoftmaxGradient};

}  // namespace ostinato
