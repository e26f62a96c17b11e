// The last n tokens at each step, the newest first; 0 stands for no token, so that tokens are numbered from 1.
//
//   recent[t,b,k] = 1 + ids[t-k,b] if t >= k, else before[b,k-t-1]
//
//   ids      i32 [T,B]    in
//   before   i32 [B,n]    in, or absent: the last tokens before the first step; none
//   lengths  i32 [B]      in, or absent: steps that count in each row, each in 0..T
//   recent   i32 [T,B,n]  out
//   last     i32 [B,n]    out: after the steps that count
#include <cstdint>

#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"

namespace ostinato {
namespace {

using namespace ops;

size_t checkRecentIds(const Call& call) {
  expectOperand(call, recentIds::ids, DType::i32, 2);
  const TensorView& ids = call.operand(recentIds::ids);
  const int64_t n = expectInteger(call, recentIds::n, 1, INT32_MAX);
  const int64_t state[] = {ids.dims[1], n}, steps[] = {ids.dims[0], ids.dims[1], n};
  expectShape(call, recentIds::before, DType::i32, state, 2);
  expectShape(call, recentIds::lengths, DType::i32, state, 1);
  expectResult(call, recentIds::recent, DType::i32, steps, 3);
  expectResult(call, recentIds::last, DType::i32, state, 2);
  return 0;
}

void runRecentIds(const Call& call) {
  const TensorView &ids = call.operand(recentIds::ids), &before = call.operand(recentIds::before);
  const int64_t T = ids.dims[0], B = ids.dims[1], n = call.integer(recentIds::n);
  const int32_t* lengths = checkedLengths(call.operand(recentIds::lengths), T, "the number of steps");
  int32_t* recent = call.result(recentIds::recent).mutableI32();
  int32_t* last = call.result(recentIds::last).mutableI32();
  const auto at = [&](int64_t t, int64_t b, int64_t k) {
    if (t < k) return before.present ? before.i32()[b * n + k - t - 1] : 0;
    // The largest id stays itself: no table has a row for it.
    const int32_t id = ids.i32()[(t - k) * B + b];
    return id < INT32_MAX ? id + 1 : id;
  };
  for (int64_t row = 0; row < T * B; row++) {
    for (int64_t k = 0; k < n; k++) recent[row * n + k] = at(row / B, row % B, k);
  }
  for (int64_t b = 0; b < B; b++) {
    const int64_t end = lengths ? lengths[b] : T;
    for (int64_t k = 0; k < n; k++) last[b * n + k] = at(end - 1, b, k);
  }
}

}  // namespace

const Implementation ops::recentIds::implementation = {checkRecentIds, runRecentIds};

}  // namespace ostinato
