// The rows of a batch up to their lengths, and 0 past them, whatever stands there.
//
//   y[t,b] = x[t,b] if t < lengths[b], else 0
//
//   x        [T,B,...]  in
//   lengths  i32 [B]    in: each in 0..T
//   y        [T,B,...]  out
#include <cstdint>
#include <cstring>

#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkMask(const Call& call) {
  expectOperand(call, mask::x, DType::f32);
  const TensorView& x = call.operand(mask::x);
  if (x.rank < 2) refuse(call, "expected x of shape [T,B,...], got " + shapeText(x));
  expectShape(call, mask::lengths, DType::i32, &x.dims[1], 1);
  expectResult(call, mask::y, DType::f32, x.dims, x.rank);
  return 0;
}

void runMask(const Call& call) {
  const TensorView& x = call.operand(mask::x);
  const int64_t T = x.dims[0], B = x.dims[1];
  const int64_t width = x.elements() / (T * B);
  const size_t bytes = static_cast<size_t>(width) * sizeof(float);
  const int32_t* lengths = checkedLengths(call.operand(mask::lengths), T, "the number of steps of x");
  float* y = call.result(mask::y).mutableF32();
  forRanges(call.pool, T * B, width, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      if (row / B < lengths[row % B]) {
        std::memcpy(y + row * width, x.f32() + row * width, bytes);
      } else {
        std::memset(y + row * width, 0, bytes);
      }
    }
  });
}

}  // namespace

const Implementation ops::mask::implementation = {checkMask, runMask};

}  // namespace ostinato
