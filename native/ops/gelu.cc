// The Gaussian error linear unit in its tanh form, and its gradient (kernels/elementwise.h).
#include "kernels/elementwise.h"
#include "ops/manifest.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

// About what one element costs, in additions.
constexpr int64_t elementCost = 8;

size_t checkGelu(const Call& call) {
  expectOperand(call, gelu::x, DType::f32);
  expectResultLike(call, gelu::y, call.operand(gelu::x));
  return 0;
}

void runGelu(const Call& call) {
  const TensorView &x = call.operand(gelu::x), &y = call.result(gelu::y);
  forRanges(call.pool, x.elements(), elementCost, [&](int64_t begin, int64_t end) {
    elementwiseKernels().gelu(x.f32() + begin, y.mutableF32() + begin, end - begin);
  });
}

size_t checkGeluGradient(const Call& call) {
  expectOperand(call, geluGradient::x, DType::f32);
  const TensorView& x = call.operand(geluGradient::x);
  expectShape(call, geluGradient::dy, DType::f32, x.dims, x.rank);
  expectResultLike(call, geluGradient::dx, x);
  return 0;
}

void runGeluGradient(const Call& call) {
  const TensorView &x = call.operand(geluGradient::x), &dy = call.operand(geluGradient::dy);
  const TensorView& dx = call.result(geluGradient::dx);
  forRanges(call.pool, x.elements(), elementCost, [&](int64_t begin, int64_t end) {
    elementwiseKernels().geluGradient(x.f32() + begin, dy.f32() + begin, dx.mutableF32() + begin, end - begin);
  });
}

}  // namespace

const Implementation ops::gelu::implementation = {checkGelu, runGelu};
const Implementation ops::geluGradient::implementation = {checkGeluGradient, runGeluGradient};

}  // namespace ostinato
