// The largest answer of each filter over all places of a sequence, and its gradient, which reaches that place alone.
//
//   y[n,f] = max over c < lengths[n] of (b_f + sum over i < w of W[f,i] · x[n,c+i]), x = 0 past the length
//
//   x        [N,C,E]    in
//   weight   [F,w E]    in: w vectors of E side by side
//   bias     [F]        in
//   lengths  i32 [N]    in: each in 0..C; of a row of length 0 y is 0
//   y        [N,F]      out
//   places   i32 [N,F]  out: the place of each maximum, of several the first; -1 for a row of length 0
//
// The vectors of w places are one run of memory, so that an answer is a product with no copy of x; all filters at once,
// by the rows of the weights turned. Rows are dealt out to the threads; for the gradient of the weights, filters are.
#include <algorithm>
#include <cstdint>
#include <string>

#include "kernels/elementwise.h"
#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"
#include "ops/scratch_layout.h"

namespace ostinato {
namespace {

using namespace ops;

struct Sizes {
  int64_t N, C, E, F, K;
  int parts;

  // Numbers that a filter reads at a place.
  int64_t reach(int64_t length, int64_t place) const { return std::min(K, (length - place) * E); }
};

Sizes checkedSizes(const Call& call, int x, int weight, int lengths) {
  expectOperand(call, x, DType::f32, 3);
  expectOperand(call, weight, DType::f32, 2);
  const TensorView &values = call.operand(x), &filters = call.operand(weight);
  Sizes s{values.dims[0], values.dims[1], values.dims[2], filters.dims[0], filters.dims[1], 1};
  expectShape(call, lengths, DType::i32, &s.N, 1);
  if (s.K % s.E != 0) refuse(call, "expected a weight of whole vectors of x, got " + shapeText(filters));
  s.parts = partsFor(call.pool, s.N, s.C * s.F * s.K);
  return s;
}

// The weights turned, [K,F], and for each thread the answers of all filters at a place.
struct Scratch {
  float *turned, *answers;
};

Scratch scratchOf(const Sizes& s, void* base, int part, size_t* used = nullptr) {
  ScratchLayout layout(base);
  Scratch own{layout.floats(s.K * s.F), nullptr};
  for (int p = 0; p <= part; p++) own.answers = layout.floats(s.F);
  if (used) *used = layout.used();
  return own;
}

size_t checkFilterMaxima(const Call& call) {
  using op = filterMaxima;
  const Sizes s = checkedSizes(call, op::x, op::weight, op::lengths);
  expectShape(call, op::bias, DType::f32, &s.F, 1);
  const int64_t rows[] = {s.N, s.F};
  expectResult(call, op::y, DType::f32, rows, 2);
  expectResult(call, op::places, DType::i32, rows, 2);
  size_t bytes = 0;
  scratchOf(s, nullptr, s.parts - 1, &bytes);
  return bytes;
}

void runFilterMaxima(const Call& call) {
  using op = filterMaxima;
  const Sizes s = checkedSizes(call, op::x, op::weight, op::lengths);
  const int32_t* lengths = checkedLengths(call.operand(op::lengths), s.C, "the places of x");
  const float *x = call.operand(op::x).f32(), *weight = call.operand(op::weight).f32();
  const float* bias = call.operand(op::bias).f32();
  float* y = call.result(op::y).mutableF32();
  int32_t* places = call.result(op::places).mutableI32();
  float* turned = scratchOf(s, call.scratch, 0).turned;
  for (int64_t f = 0; f < s.F; f++) {
    for (int64_t k = 0; k < s.K; k++) turned[k * s.F + f] = weight[f * s.K + k];
  }
  const auto addScaled = elementwiseKernels().addScaled;
  call.pool.parallel(s.parts, [&](int part) {
    float* answers = scratchOf(s, call.scratch, part).answers;
    for (int64_t n = s.N * part / s.parts; n < s.N * (part + 1) / s.parts; n++) {
      float* best = y + n * s.F;
      int32_t* at = places ? places + n * s.F : nullptr;
      if (lengths[n] == 0) std::fill_n(best, s.F, 0.0f);
      if (at) std::fill_n(at, s.F, lengths[n] == 0 ? -1 : 0);
      for (int64_t c = 0; c < lengths[n]; c++) {
        float* sums = c == 0 ? best : answers;
        std::copy_n(bias, s.F, sums);
        const float* from = x + (n * s.C + c) * s.E;
        for (int64_t k = 0; k < s.reach(lengths[n], c); k++) addScaled(turned + k * s.F, from[k], sums, s.F);
        if (c == 0) continue;
        for (int64_t f = 0; f < s.F; f++) {
          // NaN shows.
          if (!(sums[f] > best[f]) && sums[f] == sums[f]) continue;
          best[f] = sums[f];
          if (at) at[f] = static_cast<int32_t>(c);
        }
      }
    }
  });
}

// ---- gradient ----

size_t checkFilterMaximaGradient(const Call& call) {
  using op = filterMaximaGradient;
  const Sizes s = checkedSizes(call, op::x, op::weight, op::lengths);
  const int64_t rows[] = {s.N, s.F};
  expectShape(call, op::places, DType::i32, rows, 2);
  expectShape(call, op::dy, DType::f32, rows, 2);
  expectResultLike(call, op::dx, call.operand(op::x));
  expectResultLike(call, op::dweight, call.operand(op::weight));
  expectResult(call, op::dbias, DType::f32, &s.F, 1);
  return 0;
}

// Each place must be within its row, or -1.
void expectPlaces(const int32_t* places, const int32_t* lengths, const Sizes& s) {
  for (int64_t i = 0; i < s.N * s.F; i++) {
    if (places[i] >= -1 && places[i] < lengths[i / s.F]) continue;
    throw InputError("place " + std::to_string(places[i]) + " of row " + std::to_string(i / s.F) +
                     " is outside its length");
  }
}

void runFilterMaximaGradient(const Call& call) {
  using op = filterMaximaGradient;
  const Sizes s = checkedSizes(call, op::x, op::weight, op::lengths);
  const int32_t* lengths = checkedLengths(call.operand(op::lengths), s.C, "the places of x");
  const int32_t* places = call.operand(op::places).i32();
  expectPlaces(places, lengths, s);
  const float *x = call.operand(op::x).f32(), *weight = call.operand(op::weight).f32();
  const float* dy = call.operand(op::dy).f32();
  float *dx = call.result(op::dx).mutableF32(), *dweight = call.result(op::dweight).mutableF32();
  float* dbias = call.result(op::dbias).mutableF32();
  const auto addScaled = elementwiseKernels().addScaled;
  // Calls f(number in [N,F], filter, first number of x, how many) for the maxima of some rows and filters.
  const auto forMaxima = [&](int64_t rows[2], int64_t filters[2], const auto& visit) {
    for (int64_t n = rows[0]; n < rows[1]; n++) {
      for (int64_t f = filters[0]; f < filters[1]; f++) {
        const int32_t place = places[n * s.F + f];
        if (place >= 0) visit(n * s.F + f, f, (n * s.C + place) * s.E, s.reach(lengths[n], place));
      }
    }
  };
  if (dx) {
    forRanges(call.pool, s.N, s.F * s.K, [&](int64_t begin, int64_t end) {
      std::fill(dx + begin * s.C * s.E, dx + end * s.C * s.E, 0.0f);
      int64_t rows[] = {begin, end}, filters[] = {0, s.F};
      forMaxima(rows, filters, [&](int64_t i, int64_t f, int64_t from, int64_t count) {
        addScaled(weight + f * s.K, dy[i], dx + from, count);
      });
    });
  }
  forRanges(call.pool, s.F, s.N * s.K, [&](int64_t begin, int64_t end) {
    std::fill(dweight + begin * s.K, dweight + end * s.K, 0.0f);
    std::fill(dbias + begin, dbias + end, 0.0f);
    int64_t rows[] = {0, s.N}, filters[] = {begin, end};
    forMaxima(rows, filters, [&](int64_t i, int64_t f, int64_t from, int64_t count) {
      addScaled(x + from, dy[i], dweight + f * s.K, count);
      dbias[f] += dy[i];
    });
  });
}

}  // namespace

const Implementation ops::filterMaxima::implementation = {checkFilterMaxima, runFilterMaxima};
const Implementation ops::filterMaximaGradient::implementation = {checkFilterMaximaGradient, runFilterMaximaGradient};

}  // namespace ostinato
