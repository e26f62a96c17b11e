// A row more in a cache of rows, in place.
//
//   cache, after  [N,L,W] as [N,LW]: one memory. after[n, times[n] mod L] = row[n]
//   row           [N,W]    in
//   times         i32 [N]  in, none below 0
#include <cstring>
#include <string>

#include "ops/manifest.h"
#include "ops/operation.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkKeepRow(const Call& call) {
  expectOperand(call, keepRow::cache, DType::f32, 2);
  expectOperand(call, keepRow::row, DType::f32, 2);
  const TensorView &cache = call.operand(keepRow::cache), &rows = call.operand(keepRow::row);
  const int64_t N = cache.dims[0], W = rows.dims[1], row[] = {N, W};
  expectShape(call, keepRow::row, DType::f32, row, 2);
  if (W == 0 || cache.dims[1] % W != 0) refuse(call, "the cache has no whole rows");
  expectShape(call, keepRow::times, DType::i32, &N, 1);
  expectResultLike(call, keepRow::after, cache);
  return 0;
}

void runKeepRow(const Call& call) {
  const TensorView &cache = call.operand(keepRow::cache), &rows = call.operand(keepRow::row);
  const int64_t N = cache.dims[0], C = cache.dims[1], W = rows.dims[1];
  const int32_t* times = call.operand(keepRow::times).i32();
  float* after = call.result(keepRow::after).mutableF32();
  for (int64_t n = 0; n < N; n++) {
    if (times[n] < 0) {
      throw InputError("time " + std::to_string(times[n]) + " of row " + std::to_string(n) + " is below 0");
    }
    std::memcpy(after + n * C + times[n] % (C / W) * W, rows.f32() + n * W, static_cast<size_t>(W) * sizeof(float));
  }
}

}  // namespace

const Implementation ops::keepRow::implementation = {checkKeepRow, runKeepRow};

}  // namespace ostinato
