// Dropout with counted masks: nothing is stored, and the op is its own gradient.

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
  if (expectInteger(call, dropout::overTime, 0, 1) == 1 && call.operand(dropout::x).rank < 1)
    refuse(call, "a scalar has no time axis");
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
  // Making a mask element costs about as much as passing over eight elements.
  const int64_t chunks = (n + kChunk - 1) / kChunk;
  forRanges(call.pool, chunks, kChunk * (8 + repeats), [&](int64_t firstChunk, int64_t lastChunk) {
    alignas(64) float scale[kChunk + kWidestStore];
    for (int64_t chunk = firstChunk; chunk < lastChunk; chunk++) {
      const int64_t begin = chunk * kChunk;
      const int64_t end = std::min(n, begin + kChunk);
      dropoutKernels().mask(mask, begin, end, scale);
      for (int64_t t = 0; t < repeats; t++) {
        elementwiseKernels().multiply(x.f32() + t * n + begin, scale, y + t * n + begin, end - begin);
      }
    }
  });
}

}  // namespace

const Implementation ops::dropout::implementation = {checkDropout, runDropout};

}  // namespace ostinato
