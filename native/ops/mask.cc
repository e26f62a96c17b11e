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

size_t checkMask(const Call& call) {
  expectCounts("mask", call, 2, 1, 0);
  expectOperand("mask", call, 0, DType::f32);
  const TensorView& x = call.operand(0);
  if (x.rank < 2) refuse("mask", "expected x of shape [T,B,...], got " + shapeText(x));
  expectShape("mask", call, 1, DType::i32, &x.dims[1], 1);
  expectResult("mask", call, 0, DType::f32, x.dims, x.rank);
  return 0;
}

void runMask(const Call& call) {
  const TensorView& x = call.operand(0);
  const int64_t T = x.dims[0], B = x.dims[1];
  const int64_t width = x.elements() / (T * B);
  const size_t bytes = static_cast<size_t>(width) * sizeof(float);
  const int32_t* lengths = checkedLengths(call.operand(1), T, "the number of steps of x");
  float* y = call.result(0).mutableF32();
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
