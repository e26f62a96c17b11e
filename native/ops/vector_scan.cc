// A recurrence that is linear in its state and mixes no units, over a whole sequence, and its gradient, which is the
// same scan in the opposite direction (kernels/vector_scan.h).
//
//   h_t = a_t ⊙ h_{t-1} + b_t
//
//   a, b     [T,B,H]  in
//   h0       [B,H]    in: the state before the first step
//   lengths  i32 [B]  in, or absent: past a row's length the state is carried and y is 0
//   y        [T,B,H]  out: the states
//   hLast    [B,H]    out
//
// Threads get columns of [B,H]. They walk time in blocks of columns whose state stays in the cache: every value of
// [T,B,H] is read or written once, 12 bytes an element forward and 20 backward, as fast as memory gives them.
#include <algorithm>
#include <cstring>

#include "kernels/vector_scan.h"
#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

// Columns of a block: 64 KiB of state.
constexpr int64_t kBlock = 16 * 1024;

struct Walk {
  int64_t T, B, H;
  bool reverse;
  const int32_t* lengths;

  int64_t columns() const { return B * H; }
  // The step that comes i-th.
  int64_t at(int64_t i) const { return reverse ? T - 1 - i : i; }
  bool isPadding(int64_t t, int64_t b) const { return lengths && t >= lengths[b]; }
  // Whether a row begins with step t.
  bool isFirst(int64_t t, int64_t b) const { return t == (reverse ? (lengths ? lengths[b] : T) - 1 : 0); }
  // The distance to the step before.
  int64_t before() const { return reverse ? columns() : -columns(); }
};

Walk walkOf(const Call& call, int lengths, int reverse) {
  const TensorView& a = call.operand(0);
  return {a.dims[0], a.dims[1], a.dims[2], call.integer(reverse) != 0,
          checkedLengths(call.operand(lengths), a.dims[0], "the number of steps")};
}

// The sizes of [T,B,H], of which a and h0 are checked to be.
const TensorView& checkedFactors(const Call& call, int a, int h0, int lengths, int reverse) {
  expectOperand(call, a, DType::f32, 3);
  const TensorView& factors = call.operand(a);
  expectShape(call, h0, DType::f32, factors.dims + 1, 2);
  expectShape(call, lengths, DType::i32, factors.dims + 1, 1);
  expectInteger(call, reverse, 0, 1);
  return factors;
}

// Calls f(begin, end) for blocks of columns, on all threads.
template <class F>
void forBlocks(ThreadPool& pool, const Walk& w, const F& f) {
  const int64_t lines = (w.columns() + 15) / 16;
  forRanges(pool, lines, 16 * w.T, [&](int64_t begin, int64_t end) {
    end = std::min(end * 16, w.columns());
    for (int64_t column = begin * 16; column < end; column += kBlock) f(column, std::min(column + kBlock, end));
  });
}

// Calls f(b, begin, end) for the columns of each row; of all rows at once where they have one length.
template <class F>
void forRows(const Walk& w, int64_t begin, int64_t end, const F& f) {
  if (!w.lengths) return f(0, begin, end);
  for (int64_t b = begin / w.H; b * w.H < end; b++) f(b, std::max(begin, b * w.H), std::min(end, (b + 1) * w.H));
}

void clear(float* values, int64_t n) {
  if (values) std::memset(values, 0, static_cast<size_t>(n) * sizeof(float));
}

// ---- forward ----

size_t checkVectorScan(const Call& call) {
  using op = vectorScan;
  const TensorView& a = checkedFactors(call, op::a, op::h0, op::lengths, op::reverse);
  expectShape(call, op::b, DType::f32, a.dims, 3);
  expectResultLike(call, op::y, a);
  expectResultLike(call, op::hLast, call.operand(op::h0));
  return 0;
}

void runVectorScan(const Call& call) {
  using op = vectorScan;
  const Walk w = walkOf(call, op::lengths, op::reverse);
  const float *a = call.operand(op::a).f32(), *b = call.operand(op::b).f32(), *h0 = call.operand(op::h0).f32();
  float *y = call.result(op::y).mutableF32(), *h = call.result(op::hLast).mutableF32();
  const VectorScanKernels& k = vectorScanKernels();
  forBlocks(call.pool, w, [&](int64_t from, int64_t to) {
    std::memcpy(h + from, h0 + from, static_cast<size_t>(to - from) * sizeof(float));
    for (int64_t i = 0; i < w.T; i++) {
      const int64_t t = w.at(i);
      forRows(w, from, to, [&](int64_t row, int64_t begin, int64_t end) {
        const int64_t at = t * w.columns() + begin;
        if (w.isPadding(t, row)) return clear(y + at, end - begin);
        k.step(a + at, b + at, h + begin, y + at, end - begin);
      });
    }
  });
}

// ---- gradient ----

size_t checkVectorScanGradient(const Call& call) {
  using op = vectorScanGradient;
  const TensorView& a = checkedFactors(call, op::a, op::h0, op::lengths, op::reverse);
  expectShape(call, op::y, DType::f32, a.dims, 3);
  expectShape(call, op::dy, DType::f32, a.dims, 3);
  expectShape(call, op::dhLast, DType::f32, a.dims + 1, 2);
  expectResultLike(call, op::da, a);
  expectResultLike(call, op::db, a);
  expectResultLike(call, op::dh0, call.operand(op::h0));
  return 0;
}

void runVectorScanGradient(const Call& call) {
  using op = vectorScanGradient;
  const Walk w = walkOf(call, op::lengths, op::reverse);
  const float *a = call.operand(op::a).f32(), *h0 = call.operand(op::h0).f32(), *y = call.operand(op::y).f32();
  const float *dy = call.operand(op::dy).f32(), *dhLast = call.operand(op::dhLast).f32();
  float *da = call.result(op::da).mutableF32(), *db = call.result(op::db).mutableF32();
  float* g = call.result(op::dh0).mutableF32();
  const VectorScanKernels& k = vectorScanKernels();
  const auto from = [](auto* values, int64_t at) { return values ? values + at : nullptr; };
  forBlocks(call.pool, w, [&](int64_t first, int64_t last) {
    clear(g + first, last - first);
    if (dhLast) std::memcpy(g + first, dhLast + first, static_cast<size_t>(last - first) * sizeof(float));
    for (int64_t i = w.T - 1; i >= 0; i--) {
      const int64_t t = w.at(i);
      forRows(w, first, last, [&](int64_t row, int64_t begin, int64_t end) {
        const int64_t at = t * w.columns() + begin;
        if (w.isPadding(t, row)) {
          clear(from(da, at), end - begin);
          return clear(from(db, at), end - begin);
        }
        k.back({.a = a + at,
                .before = w.isFirst(t, row) ? h0 + begin : y + at + w.before(),
                .dy = from(dy, at),
                .g = g + begin,
                .da = from(da, at),
                .db = from(db, at)},
               end - begin);
      });
    }
  });
}

}  // namespace

const Implementation ops::vectorScan::implementation = {checkVectorScan, runVectorScan};
const Implementation ops::vectorScanGradient::implementation = {checkVectorScanGradient, runVectorScanGradient};

}  // namespace ostinato
