// Which row of a cache holds what each row of the batch has read, place by place.
//
//   after[n,p] = n where p = times[n] mod L, else before[n,p]
//
//   before, after  i32 [N,L]
//   times          i32 [N]  in, none below 0
#include <algorithm>
#include <string>

#include "ops/manifest.h"
#include "ops/operation.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkLineage(const Call& call) {
  expectOperand(call, lineage::before, DType::i32, 2);
  const TensorView& before = call.operand(lineage::before);
  if (before.dims[1] == 0) refuse(call, "there are no places");
  expectShape(call, lineage::times, DType::i32, &before.dims[0], 1);
  expectResultLike(call, lineage::after, before);
  return 0;
}

void runLineage(const Call& call) {
  const TensorView& before = call.operand(lineage::before);
  const int64_t N = before.dims[0], L = before.dims[1];
  const int32_t* times = call.operand(lineage::times).i32();
  int32_t* after = call.result(lineage::after).mutableI32();
  std::copy_n(before.i32(), N * L, after);
  for (int64_t n = 0; n < N; n++) {
    if (times[n] < 0) {
      throw InputError("time " + std::to_string(times[n]) + " of row " + std::to_string(n) + " is below 0");
    }
    after[n * L + times[n] % L] = static_cast<int32_t>(n);
  }
}

}  // namespace

const Implementation ops::lineage::implementation = {checkLineage, runLineage};

}  // namespace ostinato
