// y = log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)), which overflows nowhere.
#include <algorithm>
#include <cmath>

#include "ops/manifest.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

// About what one element costs, in additions.
constexpr int64_t elementCost = 20;

size_t checkSoftplus(const Call& call) {
  expectOperand(call, softplus::x, DType::f32);
  expectResultLike(call, softplus::y, call.operand(softplus::x));
  return 0;
}

void runSoftplus(const Call& call) {
  const TensorView &x = call.operand(softplus::x), &y = call.result(softplus::y);
  forRanges(call.pool, x.elements(), elementCost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float value = x.f32()[i];
      // NaN stays NaN.
      y.mutableF32()[i] = std::max(value, 0.0f) + std::log1p(std::exp(-std::abs(value)));
    }
  });
}

}  // namespace

const Implementation ops::softplus::implementation = {checkSoftplus, runSoftplus};

}  // namespace ostinato
