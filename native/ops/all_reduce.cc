// Sums over the processes of a distributed training. In one process they are copies.
#include <cstring>
#include <string>

#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkAllReduce(const Call& call) {
  int64_t n = 0;
  for (int i = 0; i < call.operandCount; i++) {
    expectOperand(call, i, DType::f32);
    n += call.operand(i).elements();
  }
  expectResult(call, allReduce::sums, DType::f32, &n, 1);
  expectInteger(call, allReduce::bfloat16, 0, 1);
  const int64_t width = expectInteger(call, allReduce::width, 0, n);
  if (width > 0 && n % width > 0) {
    refuse(call, std::to_string(n) + " values are not rows of width " + std::to_string(width));
  }
  return 0;
}

void runAllReduce(const Call& call) {
  float* sums = call.result(allReduce::sums).mutableF32();
  int64_t n = 0;
  for (int i = 0; i < call.operandCount; i++) {
    const TensorView& tensor = call.operand(i);
    forRanges(call.pool, tensor.elements(), 1, [&](int64_t begin, int64_t end) {
      std::memcpy(sums + n + begin, tensor.f32() + begin, static_cast<size_t>(end - begin) * sizeof(float));
    });
    n += tensor.elements();
  }
  if (!call.reducer) return;
  call.reducer->begin(sums, n,
                      {.halves = call.integer(allReduce::bfloat16) != 0, .width = call.integer(allReduce::width)});
}

size_t checkAwaitSum(const Call& call) {
  expectOperand(call, awaitSum::sums, DType::f32, 1);
  const int64_t n = call.operand(awaitSum::sums).dims[0];
  const int64_t begin = expectInteger(call, awaitSum::begin, 0, n);
  const TensorView& y = call.result(awaitSum::y);
  if (y.dtype != DType::f32 || y.elements() > n - begin) {
    refuse(call, "expected y to be a part of " + std::to_string(n) + " f32 values from " + std::to_string(begin) +
                     " on, got " + std::to_string(y.elements()));
  }
  return 0;
}

void runAwaitSum(const Call& call) {
  const float* sums = call.operand(awaitSum::sums).f32();
  if (call.reducer) call.reducer->finish(sums);
  const float* own = sums + call.integer(awaitSum::begin);
  float* y = call.result(awaitSum::y).mutableF32();
  forRanges(call.pool, call.result(awaitSum::y).elements(), 1, [&](int64_t begin, int64_t end) {
    std::memcpy(y + begin, own + begin, static_cast<size_t>(end - begin) * sizeof(float));
  });
}

}  // namespace

const Implementation ops::allReduce::implementation = {checkAllReduce, runAllReduce};
const Implementation ops::awaitSum::implementation = {checkAwaitSum, runAwaitSum};

}  // namespace ostinato
