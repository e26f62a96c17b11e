// y = min(max(x/6 + 1/2, 0), 1) and its gradient.
#include <algorithm>

#include "ops/manifest.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkHardSigmoid(const Call& call) {
  expectOperand(call, hardSigmoid::x, DType::f32);
  expectResultLike(call, hardSigmoid::y, call.operand(hardSigmoid::x));
  return 0;
}

void runHardSigmoid(const Call& call) {
  const TensorView &x = call.operand(hardSigmoid::x), &y = call.result(hardSigmoid::y);
  forRanges(call.pool, x.elements(), 1, [&](int64_t begin, int64_t end) {
    // NaN stays NaN.
    for (int64_t i = begin; i < end; i++) y.mutableF32()[i] = std::min(std::max(x.f32()[i] / 6 + 0.5f, 0.0f), 1.0f);
  });
}

size_t checkHardSigmoidGradient(const Call& call) {
  expectOperand(call, hardSigmoidGradient::y, DType::f32);
  const TensorView& y = call.operand(hardSigmoidGradient::y);
  expectShape(call, hardSigmoidGradient::dy, DType::f32, y.dims, y.rank);
  expectResultLike(call, hardSigmoidGradient::dx, y);
  return 0;
}

void runHardSigmoidGradient(const Call& call) {
  const TensorView &y = call.operand(hardSigmoidGradient::y), &dy = call.operand(hardSigmoidGradient::dy);
  const TensorView& dx = call.result(hardSigmoidGradient::dx);
  forRanges(call.pool, y.elements(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      dx.mutableF32()[i] = y.f32()[i] > 0 && y.f32()[i] < 1 ? dy.f32()[i] / 6 : 0;
    }
  });
}

}  // namespace

const Implementation ops::hardSigmoid::implementation = {checkHardSigmoid, runHardSigmoid};
const Implementation ops::hardSigmoidGradient::implementation = {checkHardSigmoidGradient, runHardSigmoidGradient};

}  // namespace ostinato
