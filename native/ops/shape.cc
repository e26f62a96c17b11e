// Ops that move elements: reshape, copy, concat, slice, pad, transpose.
#include <cstring>

#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

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
  const TensorView& x = call.operand(reshape::x);
  const TensorView& y = call.result(reshape::y);
  if (!x.present || !y.present || x.dtype != y.dtype || x.elements() != y.elements()) {
    refuse(call, "expected as many elements of the same type, got " + shapeText(x) + " and " + shapeText(y));
  }
  return 0;
}

// The planner gives both the same memory.
void runReshape(const Call&) {}

size_t checkCopy(const Call& call) {
  const TensorView& x = call.operand(copy::x);
  if (!x.present) refuse(call, "expected an operand");
  expectResult(call, copy::y, x.dtype, x.dims, x.rank);
  return 0;
}

void runCopy(const Call& call) {
  const char* x = static_cast<const char*>(call.operand(copy::x).data);
  char* y = static_cast<char*>(call.result(copy::y).data);
  forRanges(call.pool, call.operand(copy::x).elements(), 1, [&](int64_t begin, int64_t end) {
    std::memcpy(y + begin * 4, x + begin * 4, static_cast<size_t>(end - begin) * 4);
  });
}

size_t checkConcat(const Call& call) {
  if (call.operandCount < 1 || call.resultCount != 1 || call.attributeCount != 1) {
    refuse(call, "expected at least one operand, one result and one attribute");
  }
  expectOperand(call, concat::tensors, DType::f32);
  const TensorView& first = call.operand(concat::tensors);
  const int64_t axis = expectInteger(call, concat::axis, 0, first.rank - 1);
  int64_t size = 0;
  for (int k = 0; k < call.operandCount; k++) {
    expectOperand(call, k, DType::f32, first.rank);
    for (int i = 0; i < first.rank; i++) {
      if (i != axis && call.operand(k).dims[i] != first.dims[i]) {
        refuse(call, shapeText(call.operand(k)) + " does not join " + shapeText(first));
      }
    }
    size += call.operand(k).dims[axis];
  }
  int64_t dims[kMaxRank];
  std::copy(first.dims, first.dims + first.rank, dims);
  dims[axis] = size;
  expectResult(call, concat::y, DType::f32, dims, first.rank);
  return 0;
}

void runConcat(const Call& call) {
  const Axis all = axisOf(call.result(concat::y), call.integer(concat::axis));
  float* y = call.result(concat::y).mutableF32();
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
  expectOperand(call, slice::x, DType::f32);
  const TensorView& x = call.operand(slice::x);
  const int64_t axis = expectInteger(call, slice::axis, 0, x.rank - 1);
  const int64_t start = expectInteger(call, slice::start, 0, x.dims[axis] - 1);
  const int64_t end = expectInteger(call, slice::end, start + 1, x.dims[axis]);
  int64_t dims[kMaxRank];
  std::copy(x.dims, x.dims + x.rank, dims);
  dims[axis] = end - start;
  expectResult(call, slice::y, DType::f32, dims, x.rank);
  return 0;
}

void runSlice(const Call& call) {
  const Axis a = axisOf(call.operand(slice::x), call.integer(slice::axis));
  const int64_t start = call.integer(slice::start) * a.inner;
  const int64_t width = (call.integer(slice::end) - call.integer(slice::start)) * a.inner;
  const float* x = call.operand(slice::x).f32();
  float* y = call.result(slice::y).mutableF32();
  forRanges(call.pool, a.outer, width, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      std::memcpy(y + o * width, x + o * a.size * a.inner + start, static_cast<size_t>(width) * sizeof(float));
    }
  });
}

size_t checkPad(const Call& call) {
  expectOperand(call, pad::x, DType::f32);
  const TensorView& x = call.operand(pad::x);
  const int64_t axis = expectInteger(call, pad::axis, 0, x.rank - 1);
  constexpr int64_t kMost = int64_t{1} << 31;
  const int64_t before = expectInteger(call, pad::before, 0, kMost);
  const int64_t after = expectInteger(call, pad::after, 0, kMost);
  int64_t dims[kMaxRank];
  std::copy(x.dims, x.dims + x.rank, dims);
  dims[axis] += before + after;
  expectResult(call, pad::y, DType::f32, dims, x.rank);
  return 0;
}

void runPad(const Call& call) {
  const Axis a = axisOf(call.operand(pad::x), call.integer(pad::axis));
  const int64_t before = call.integer(pad::before) * a.inner;
  const int64_t after = call.integer(pad::after) * a.inner;
  const int64_t width = a.size * a.inner;
  const float* x = call.operand(pad::x).f32();
  float* y = call.result(pad::y).mutableF32();
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
  expectOperand(call, transpose::x, DType::f32);
  const TensorView& x = call.operand(transpose::x);
  const int64_t axis0 = expectInteger(call, transpose::axis0, 0, x.rank - 1);
  const int64_t axis1 = expectInteger(call, transpose::axis1, 0, x.rank - 1);
  int64_t dims[kMaxRank];
  std::copy(x.dims, x.dims + x.rank, dims);
  std::swap(dims[axis0], dims[axis1]);
  expectResult(call, transpose::y, DType::f32, dims, x.rank);
  return 0;
}

void runTranspose(const Call& call) {
  const TensorView& x = call.operand(transpose::x);
  const TensorView& y = call.result(transpose::y);
  // Step in x for one step along each axis of y.
  int64_t steps[kMaxRank];
  int64_t step = 1;
  for (int i = x.rank - 1; i >= 0; i--) {
    steps[i] = step;
    step *= x.dims[i];
  }
  std::swap(steps[call.integer(transpose::axis0)], steps[call.integer(transpose::axis1)]);
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
