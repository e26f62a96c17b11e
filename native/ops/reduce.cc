// Sums, broadcasts and maxima along axes.
#include <cmath>

#include "kernels/elementwise.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

void expectBroadcast(const Call& call, const TensorView& small, const TensorView& large) {
  const int shift = large.rank - small.rank;
  bool fits = shift >= 0;
  for (int i = 0; fits && i < small.rank; i++) fits = small.dims[i] == 1 || small.dims[i] == large.dims[i + shift];
  if (!fits) refuse(call, "shape " + shapeText(small) + " does not broadcast to " + shapeText(large));
}

void expectFloats(const Call& call) {
  expectOperand(call, sumTo::x, DType::f32);
  if (!call.result(sumTo::y).present || call.result(sumTo::y).dtype != DType::f32)
    refuse(call, "expected an f32 result");
}

struct Kept {
  int64_t steps[kMaxRank];  // step in the small tensor for each axis of the large one, 0 where it is summed
};

Kept keptAxes(const TensorView& small, const TensorView& large) {
  Kept kept;
  int64_t step = 1;
  for (int i = large.rank - 1; i >= 0; i--) {
    const int k = i - large.rank + small.rank;
    const int64_t size = k >= 0 ? small.dims[k] : 1;
    kept.steps[i] = size == 1 ? 0 : step;
    step *= size;
  }
  return kept;
}

// Whether leading axes are summed and the others kept whole.
bool sumsLeadingAxes(const TensorView& x, const TensorView& y) {
  const int64_t n = y.elements();
  const Kept kept = keptAxes(y, x);
  bool leading = true;
  int64_t step = 1;
  for (int i = x.rank - 1; leading && i >= 0; i--) {
    const bool inside = step < n;
    leading = inside ? (kept.steps[i] == step || x.dims[i] == 1) : kept.steps[i] == 0;
    if (inside) step *= x.dims[i];
  }
  return leading && step == n;
}

size_t checkSumTo(const Call& call) {
  expectFloats(call);
  const TensorView& x = call.operand(sumTo::x);
  const TensorView& y = call.result(sumTo::y);
  expectBroadcast(call, y, x);
  // One partial sum for each thread, or all sums.
  const int64_t sums = y.elements() == 1 || sumsLeadingAxes(x, y) ? kMaxThreads : y.elements();
  return static_cast<size_t>(sums) * sizeof(double);
}

// Sums of columns: x [rows, width] -> y [width]. Each part owns some columns, so the order of additions is fixed.
void sumRows(const Call& call, int64_t rows, int64_t width) {
  const float* x = call.operand(sumTo::x).f32();
  float* y = call.result(sumTo::y).mutableF32();
  const int parts = partsFor(call.pool, width, rows);
  const int64_t units = (width + 15) / 16;
  call.pool.parallel(parts, [&](int part) {
    const int64_t begin = units * part / parts * 16;
    const int64_t end = std::min(width, units * (part + 1) / parts * 16);
    constexpr int64_t kBand = 128;
    for (int64_t c = begin; c < end; c += kBand) {
      const int64_t n = std::min(kBand, end - c);
      double total[kBand] = {};
      // Runs of rows are summed in float, the runs in double: fast, and the error does not grow with the rows.
      constexpr int64_t kRun = 64;
      for (int64_t r0 = 0; r0 < rows; r0 += kRun) {
        float run[kBand] = {};
        const int64_t r1 = std::min(rows, r0 + kRun);
        for (int64_t r = r0; r < r1; r++) elementwiseKernels().add(run, x + r * width + c, run, n);
        for (int64_t i = 0; i < n; i++) total[i] += static_cast<double>(run[i]);
      }
      for (int64_t i = 0; i < n; i++) y[c + i] = static_cast<float>(total[i]);
    }
  });
}

void sumAll(const Call& call) {
  const float* x = call.operand(sumTo::x).f32();
  const int64_t n = call.operand(sumTo::x).elements();
  double* partial = static_cast<double*>(call.scratch);
  const int parts = partsFor(call.pool, n);
  call.pool.parallel(parts, [&](int part) {
    const int64_t begin = n * part / parts;
    partial[part] = elementwiseKernels().sum(x + begin, n * (part + 1) / parts - begin);
  });
  double total = 0;
  for (int part = 0; part < parts; part++) total += partial[part];
  *call.result(sumTo::y).mutableF32() = static_cast<float>(total);
}

void sumGeneral(const Call& call) {
  const TensorView& x = call.operand(sumTo::x);
  const TensorView& y = call.result(sumTo::y);
  const Kept kept = keptAxes(y, x);
  const int64_t outputs = y.elements();
  double* sums = static_cast<double*>(call.scratch);
  std::fill(sums, sums + outputs, 0.0);
  int64_t index[kMaxRank] = {};
  int64_t target = 0;
  for (int64_t e = 0; e < x.elements(); e++) {
    sums[target] += static_cast<double>(x.f32()[e]);
    for (int i = x.rank - 1; i >= 0; i--) {
      target += kept.steps[i];
      if (++index[i] < x.dims[i]) break;
      target -= kept.steps[i] * x.dims[i];
      index[i] = 0;
    }
  }
  for (int64_t i = 0; i < outputs; i++) y.mutableF32()[i] = static_cast<float>(sums[i]);
}

void runSumTo(const Call& call) {
  const TensorView& x = call.operand(sumTo::x);
  const TensorView& y = call.result(sumTo::y);
  const int64_t n = y.elements();
  if (n == 1) return sumAll(call);
  if (sumsLeadingAxes(x, y)) return sumRows(call, x.elements() / n, n);
  sumGeneral(call);
}

size_t checkBroadcastTo(const Call& call) {
  expectFloats(call);
  expectBroadcast(call, call.operand(broadcastTo::x), call.result(broadcastTo::y));
  return 0;
}

void runBroadcastTo(const Call& call) {
  const TensorView& x = call.operand(broadcastTo::x);
  const TensorView& y = call.result(broadcastTo::y);
  const Kept kept = keptAxes(x, y);
  const int inner = y.rank - 1;
  const int64_t width = y.last();
  const int64_t rows = y.elements() / width;
  forRanges(call.pool, rows, width, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      int64_t offset = 0, rest = row;
      for (int i = inner - 1; i >= 0; i--) {
        offset += rest % y.dims[i] * kept.steps[i];
        rest /= y.dims[i];
      }
      const float* from = x.f32() + offset;
      float* to = y.mutableF32() + row * width;
      if (inner >= 0 && kept.steps[inner] == 0) {
        std::fill(to, to + width, *from);
      } else {
        std::copy(from, from + width, to);
      }
    }
  });
}

// ---- max: x as [outer, size, inner] ----

struct Axis {
  int64_t outer = 1, size = 1, inner = 1;
};

Axis axisOf(const TensorView& x, int64_t axis) {
  Axis a;
  for (int i = 0; i < x.rank; i++) (i < axis ? a.outer : i == axis ? a.size : a.inner) *= x.dims[i];
  return a;
}

size_t checkMax(const Call& call) {
  expectOperand(call, max::x, DType::f32);
  const TensorView& x = call.operand(max::x);
  const int64_t axis = expectInteger(call, max::axis, 0, x.rank - 1);
  int64_t dims[kMaxRank];
  int rank = 0;
  for (int i = 0; i < x.rank; i++) {
    if (i != axis) dims[rank++] = x.dims[i];
  }
  expectResult(call, max::y, DType::f32, dims, rank);
  expectResult(call, max::index, DType::i32, dims, rank);
  return 0;
}

// The largest of `size` rows for each of n columns, and which row it is in; the first NaN wins.
template <bool Indexed>
void largestRow(const float* rows, int64_t ld, int64_t size, int64_t n, float* y, int32_t* index) {
  std::copy(rows, rows + n, y);
  if (Indexed) std::fill(index, index + n, 0);
  for (int64_t k = 1; k < size; k++) {
    const float* row = rows + k * ld;
    for (int64_t i = 0; i < n; i++) {
      const bool better = row[i] > y[i] || (row[i] != row[i] && y[i] == y[i]);
      y[i] = better ? row[i] : y[i];
      if (Indexed) index[i] = better ? static_cast<int32_t>(k) : index[i];
    }
  }
}

void runMax(const Call& call) {
  const TensorView& x = call.operand(max::x);
  const Axis a = axisOf(x, call.integer(max::axis));
  float* y = call.result(max::y).mutableF32();
  int32_t* index = call.result(max::index).mutableI32();
  // So many columns at a time stay in L1 while the rows pass.
  constexpr int64_t kColumns = 512;
  const int64_t pieces = (a.inner + kColumns - 1) / kColumns;
  forRanges(call.pool, a.outer * pieces, a.size * std::min(a.inner, kColumns), [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; piece++) {
      const int64_t o = piece / pieces, first = piece % pieces * kColumns;
      const int64_t n = std::min(kColumns, a.inner - first), at = o * a.inner + first;
      const float* rows = x.f32() + o * a.size * a.inner + first;
      if (index) {
        largestRow<true>(rows, a.inner, a.size, n, y + at, index + at);
      } else {
        largestRow<false>(rows, a.inner, a.size, n, y + at, nullptr);
      }
    }
  });
}

size_t checkMaxGradient(const Call& call) {
  expectOperand(call, maxGradient::index, DType::i32);
  const TensorView& index = call.operand(maxGradient::index);
  expectShape(call, maxGradient::dy, DType::f32, index.dims, index.rank);
  const TensorView& dx = call.result(maxGradient::dx);
  const int64_t axis = expectInteger(call, maxGradient::axis, 0, index.rank);
  if (!dx.present || dx.dtype != DType::f32 || dx.rank != index.rank + 1) refuse(call, "ill-shaped result");
  for (int i = 0, k = 0; i < dx.rank; i++) {
    if (i != axis && dx.dims[i] != index.dims[k++]) refuse(call, "ill-shaped result");
  }
  return 0;
}

void runMaxGradient(const Call& call) {
  const TensorView& dx = call.result(maxGradient::dx);
  const Axis a = axisOf(dx, call.integer(maxGradient::axis));
  const int32_t* index = call.operand(maxGradient::index).i32();
  const float* dy = call.operand(maxGradient::dy).f32();
  float* out = dx.mutableF32();
  std::fill(out, out + dx.elements(), 0.0f);
  for (int64_t o = 0; o < a.outer; o++) {
    for (int64_t i = 0; i < a.inner; i++) {
      const int64_t k = index[o * a.inner + i];
      if (k < 0 || k >= a.size) throw InputError("index " + std::to_string(k) + " is outside the axis");
      out[(o * a.size + k) * a.inner + i] = dy[o * a.inner + i];
    }
  }
}

}  // namespace

const Implementation ops::sumTo::implementation = {checkSumTo, runSumTo};
const Implementation ops::broadcastTo::implementation = {checkBroadcastTo, runBroadcastTo};
const Implementation ops::max::implementation = {checkMax, runMax};
const Implementation ops::maxGradient::implementation = {checkMaxGradient, runMaxGradient};

}  // namespace ostinato
