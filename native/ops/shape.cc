// Ops that move elements: reshape, copy, concat, slice, pad, transpose.
#include <cstring>

#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

// A tensor as [outer, size, inner] around one axis.
struct Axis {
  int64_t outer = 1, size = 1, inner = 1;
};

Axis axisOf(const TensorView& x, int64_t axis) {
  Axis a;
  for (int i = 0; i < x.rank; i++) (i < axis ? a.outer : i == axis ? a.size : a.inner) *= x.dims[i];
  return a;
}

size_t checkReshape(const Call& call) {
  expectCounts("reshape", call, 1, 1, 0);
  const TensorView& x = call.operand(0);
  const TensorView& y = call.result(0);
  if (!x.present || !y.present || x.dtype != y.dtype || x.elements() != y.elements()) {
    refuse("reshape", "expected as many elements of the same type, got " + shapeText(x) + " and " + shapeText(y));
  }
  return 0;
}

// The planner gives both the same memory.
void runReshape(const Call&) {}

size_t checkCopy(const Call& call) {
  expectCounts("copy", call, 1, 1, 0);
  const TensorView& x = call.operand(0);
  if (!x.present) refuse("copy", "expected an operand");
  expectResult("copy", call, 0, x.dtype, x.dims, x.rank);
  return 0;
}

void runCopy(const Call& call) {
  const char* x = static_cast<const char*>(call.operand(0).data);
  char* y = static_cast<char*>(call.result(0).data);
  forRanges(call.pool, call.operand(0).elements(), 1, [&](int64_t begin, int64_t end) {
    std::memcpy(y + begin * 4, x + begin * 4, static_cast<size_t>(end - begin) * 4);
  });
}

size_t checkConcat(const Call& call) {
  if (call.operandCount < 1 || call.resultCount != 1 || call.attributeCount != 1) {
    refuse("concat", "expected at least one operand, one result and one attribute");
  }
  expectOperand("concat", call, 0, DType::f32);
  const TensorView& first = call.operand(0);
  const int64_t axis = expectInteger("concat", call, 0, 0, first.rank - 1);
  int64_t size = 0;
  for (int k = 0; k < call.operandCount; k++) {
    expectOperand("concat", call, k, DType::f32, first.rank);
    for (int i = 0; i < first.rank; i++) {
      if (i != axis && call.operand(k).dims[i] != first.dims[i]) {
        refuse("concat", shapeText(call.operand(k)) + " does not join " + shapeText(first));
      }
    }
    size += call.operand(k).dims[axis];
  }
  int64_t dims[kMaxRank];
  std::copy(first.dims, first.dims + first.rank, dims);
  dims[axis] = size;
  expectResult("concat", call, 0, DType::f32, dims, first.rank);
  return 0;
}

void runConcat(const Call& call) {
  const Axis all = axisOf(call.result(0), call.integer(0));
  float* y = call.result(0).mutableF32();
  forRanges(call.pool, all.outer, all.size * all.inner, [&](int64_t begin, int64_t end) {
    int64_t start = 0;
    for (int k = 0; k < call.operandCount; k++) {
      const int64_t width = call.operand(k).elements() / all.outer;
      for (int64_t o = begin; o < end; o++) {
        std::memcpy(y + o * all.size * all.inner + start, call.operand(k).f32() + o * width,
                    static_cast<size_t>(width) * sizeof(float));
      }
      start += width;
    }
  });
}

size_t checkSlice(const Call& call) {
  expectCounts("slice", call, 1, 1, 3);
  expectOperand("slice", call, 0, DType::f32);
  const TensorView& x = call.operand(0);
  const int64_t axis = expectInteger("slice", call, 0, 0, x.rank - 1);
  const int64_t start = expectInteger("slice", call, 1, 0, x.dims[axis] - 1);
  const int64_t end = expectInteger("slice", call, 2, start + 1, x.dims[axis]);
  int64_t dims[kMaxRank];
  std::copy(x.dims, x.dims + x.rank, dims);
  dims[axis] = end - start;
  expectResult("slice", call, 0, DType::f32, dims, x.rank);
  return 0;
}

void runSlice(const Call& call) {
  const Axis a = axisOf(call.operand(0), call.integer(0));
  const int64_t start = call.integer(1) * a.inner;
  const int64_t width = (call.integer(2) - call.integer(1)) * a.inner;
  const float* x = call.operand(0).f32();
  float* y = call.result(0).mutableF32();
  forRanges(call.pool, a.outer, width, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      std::memcpy(y + o * width, x + o * a.size * a.inner + start, static_cast<size_t>(width) * sizeof(float));
    }
  });
}

size_t checkPad(const Call& call) {
  expectCounts("pad", call, 1, 1, 3);
  expectOperand("pad", call, 0, DType::f32);
  const TensorView& x = call.operand(0);
  const int64_t axis = expectInteger("pad", call, 0, 0, x.rank - 1);
  constexpr int64_t kMost = int64_t{1} << 31;
  const int64_t before = expectInteger("pad", call, 1, 0, kMost);
  const int64_t after = expectInteger("pad", call, 2, 0, kMost);
  int64_t dims[kMaxRank];
  std::copy(x.dims, x.dims + x.rank, dims);
  dims[axis] += before + after;
  expectResult("pad", call, 0, DType::f32, dims, x.rank);
  return 0;
}

void runPad(const Call& call) {
  const Axis a = axisOf(call.operand(0), call.integer(0));
  const int64_t before = call.integer(1) * a.inner;
  const int64_t after = call.integer(2) * a.inner;
  const int64_t width = a.size * a.inner;
  const float* x = call.operand(0).f32();
  float* y = call.result(0).mutableF32();
  forRanges(call.pool, a.outer, before + width + after, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      float* row = y + o * (before + width + after);
      std::fill(row, row + before, 0.0f);
      std::memcpy(row + before, x + o * width, static_cast<size_t>(width) * sizeof(float));
      std::fill(row + before + width, row + before + width + after, 0.0f);
    }
  });
}

size_t checkTranspose(const Call& call) {
  expectCounts("transpose", call, 1, 1, 2);
  expectOperand("transpose", call, 0, DType::f32);
  const TensorView& x = call.operand(0);
  const int64_t axis0 = expectInteger("transpose", call, 0, 0, x.rank - 1);
  const int64_t axis1 = expectInteger("transpose", call, 1, 0, x.rank - 1);
  int64_t dims[kMaxRank];
  std::copy(x.dims, x.dims + x.rank, dims);
  std::swap(dims[axis0], dims[axis1]);
  expectResult("transpose", call, 0, DType::f32, dims, x.rank);
  return 0;
}

void runTranspose(const Call& call) {
  const TensorView& x = call.operand(0);
  const TensorView& y = call.result(0);
  // Step in x for one step along each axis of y.
  int64_t steps[kMaxRank];
  int64_t step = 1;
  for (int i = x.rank - 1; i >= 0; i--) {
    steps[i] = step;
    step *= x.dims[i];
  }
  std::swap(steps[call.integer(0)], steps[call.integer(1)]);
  const int inner = y.rank - 1;
  const int64_t width = y.last();
  forRanges(call.pool, y.elements() / width, width, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      int64_t offset = 0, rest = row;
      for (int i = inner - 1; i >= 0; i--) {
        offset += rest % y.dims[i] * steps[i];
        rest /= y.dims[i];
      }
      for (int64_t i = 0; i < width; i++) y.mutableF32()[row * width + i] = x.f32()[offset + i * steps[inner]];
    }
  });
}

}  // namespace

const Implementation ops::copy::implementation = {checkCopy, runCopy};
const Implementation ops::reshape::implementation = {checkReshape, runReshape};
const Implementation ops::concat::implementation = {checkConcat, runConcat};
const Implementation ops::slice::implementation = {checkSlice, runSlice};
const Implementation ops::pad::implementation = {checkPad, runPad};
const Implementation ops::transpose::implementation = {checkTranspose, runTranspose};

}  // namespace ostinato
