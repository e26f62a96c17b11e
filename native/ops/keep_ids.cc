// Whole numbers of rows that go on, and 0 for rows that begin again.
//
//   kept[n,...] = ids[n,...] if keep[n] is not 0, else 0
//
//   ids   i32 [N,...]   in
//   keep  [N,1] or []   in
//   kept  i32 [N,...]   out
#include <algorithm>
#include <cstdint>

#include "ops/manifest.h"
#include "ops/operation.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkKeepIds(const Call& call) {
  expectOperand(call, keepIds::ids, DType::i32);
  const TensorView& ids = call.operand(keepIds::ids);
  if (ids.rank < 1) refuse(call, "expected ids of shape [N,...], got " + shapeText(ids));
  const int64_t column[] = {ids.dims[0], 1};
  expectOperand(call, keepIds::keep, DType::f32);
  if (call.operand(keepIds::keep).rank > 0) expectShape(call, keepIds::keep, DType::f32, column, 2);
  expectResult(call, keepIds::kept, DType::i32, ids.dims, ids.rank);
  return 0;
}

void runKeepIds(const Call& call) {
  const TensorView& ids = call.operand(keepIds::ids);
  const TensorView& keep = call.operand(keepIds::keep);
  const int64_t N = keep.elements(), width = ids.elements() / N;
  int32_t* kept = call.result(keepIds::kept).mutableI32();
  for (int64_t n = 0; n < N; n++) {
    const int32_t* row = ids.i32() + n * width;
    if (keep.f32()[n] != 0.0f) {
      std::copy(row, row + width, kept + n * width);
    } else {
      std::fill_n(kept + n * width, width, 0);
    }
  }
}

}  // namespace

const Implementation ops::keepIds::implementation = {checkKeepIds, runKeepIds};

}  // namespace ostinato
