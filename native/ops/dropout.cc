// Dropout with counted masks: nothing is stored, and the op is its own gradient.

#include <algorithm>
#include <string>

#include "kernels/dropout.h"
#include "kernels/elementwise.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

// Mask elements made at a time; they stay in L1 between being made and being used.
constexpr int64_t kChunk = 1024;
constexpr int64_t kWidestStore = 64;

size_t checkDropout(const Call& call) {
  expectOperand(call, dropout::x, DType::f32);
  expectOperand(call, dropout::rate, DType::f32, 0);
  const int64_t two = 2;
  expectShape(call, dropout::random, DType::i32, &two, 1);
  expectInteger(call, dropout::stream, 0, UINT32_MAX);
  const TensorView& x = call.operand(dropout::x);
  const int64_t overTime = expectInteger(call, dropout::overTime, 0, 1);
  if (overTime == 1 && x.rank < 1) refuse(call, "a scalar has no time axis");
  const int64_t axis = expectInteger(call, dropout::axis, 0, kMaxRank),
                of = expectInteger(call, dropout::of, 0, INT32_MAX);
  const int64_t first = expectInteger(call, dropout::first, 0, of);
  if (of > 0 && (axis < overTime || axis >= x.rank || first + x.dims[axis] > of)) {
    refuse(call, "x is no part of a tensor with " + std::to_string(of) + " entries along axis " + std::to_string(axis));
  }
  expectResultLike(call, dropout::y, call.operand(dropout::x));
  return 0;
}

void runDropout(const Call& call) {
  const TensorView& x = call.operand(dropout::x);
  const float rate = *call.operand(dropout::rate).f32();
  if (!(rate >= 0 && rate < 1)) throw InputError("the rate is " + std::to_string(rate) + ", expected 0 <= rate < 1");
  const uint32_t* random = reinterpret_cast<const uint32_t*>(call.operand(dropout::random).i32());
  const DropoutMask mask = {random[0], static_cast<uint32_t>(call.integer(dropout::stream)), random[1], rate};
  const int64_t repeats = call.integer(dropout::overTime) == 1 ? x.dims[0] : 1;
  const int64_t n = x.elements() / repeats;
  float* y = call.result(dropout::y).mutableF32();
  // Elements of x, and of the tensor that it is a part of, in one entry of the axes before the parts' axis.
  int64_t own = n, all = n, begin0 = 0;
  if (const int64_t of = call.integer(dropout::of); of > 0) {
    int64_t inner = 1;
    for (int i = static_cast<int>(call.integer(dropout::axis)) + 1; i < x.rank; i++) inner *= x.dims[i];
    own = x.dims[call.integer(dropout::axis)] * inner;
    all = of * inner;
    begin0 = call.integer(dropout::first) * inner;
  }
  // Making a mask element costs about as much as passing over eight elements.
  const int64_t chunks = (n + kChunk - 1) / kChunk;
  forRanges(call.pool, chunks, kChunk * (8 + repeats), [&](int64_t firstChunk, int64_t lastChunk) {
    alignas(64) float scale[kChunk + kWidestStore];
    const int64_t last = std::min(n, lastChunk * kChunk);
    for (int64_t begin = firstChunk * kChunk; begin < last;) {
      // The mask goes on from element to element up to the end of the entry; kernels begin at a multiple of 4.
      const int64_t place = begin / own * all + begin0 + begin % own, before = place % 4;
      const int64_t end = std::min({last, begin + kChunk - before, (begin / own + 1) * own});
      dropoutKernels().mask(mask, place - before, place + end - begin, scale);
      for (int64_t t = 0; t < repeats; t++) {
        elementwiseKernels().multiply(x.f32() + t * n + begin, scale + before, y + t * n + begin, end - begin);
      }
      begin = end;
    }
  });
}

}  // namespace

const Implementation ops::dropout::implementation = {checkDropout, runDropout};

}  // namespace ostinato
