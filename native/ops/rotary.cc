// Rotary positions: pairs of features, turned by angles that grow with the position.
//
//   y[i] = x[i] cos a - x[i + D/2] sin a    y[i + D/2] = x[i] sin a + x[i + D/2] cos a
//   a = direction position base^(-2i/D)     position = positions[b] + t
//
//   x, y       [T,B,W]  heads of D = size/heads features side by side, then W - size features that stay
//   positions  i32 [B]  or absent: 0
//
// Steps are dealt out to the threads, each with a table of the cosines and sines of one position.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops/manifest.h"
#include "ops/ranges.h"
#include "ops/scratch_layout.h"

namespace ostinato {
namespace {

using namespace ops;

struct Sizes {
  int64_t T, B, W, heads, size;
  int parts;

  int64_t half() const { return size / heads / 2; }
};

Sizes sizesOf(const Call& call) {
  const TensorView& x = call.operand(rotary::x);
  Sizes s{x.dims[0], x.dims[1], x.dims[2], call.integer(rotary::heads), call.integer(rotary::size), 1};
  s.parts = partsFor(call.pool, s.T, s.B * s.W);
  return s;
}

struct Table {
  double* frequencies;
  float *cosines, *sines;
};

Table tableOf(const Sizes& s, void* base, int part, size_t* used = nullptr) {
  ScratchLayout layout(base);
  Table own{};
  own.frequencies = layout.array<double>(s.half());
  for (int p = 0; p <= part; p++) {
    own.cosines = layout.floats(s.half());
    own.sines = layout.floats(s.half());
  }
  if (used) *used = layout.used();
  return own;
}

size_t checkRotary(const Call& call) {
  expectOperand(call, rotary::x, DType::f32, 3);
  const TensorView& x = call.operand(rotary::x);
  const int64_t size = expectInteger(call, rotary::size, 1, x.dims[2]);
  const int64_t heads = expectInteger(call, rotary::heads, 1, size);
  if (size % (2 * heads) != 0) refuse(call, "the heads do not divide the features into pairs");
  const double base = call.attributes[rotary::base], direction = call.attributes[rotary::direction];
  if (!(base > 0) || !std::isfinite(base)) refuse(call, "the base is not above 0");
  if (direction != 1 && direction != -1) refuse(call, "the direction is neither 1 nor -1");
  expectShape(call, rotary::positions, DType::i32, &x.dims[1], 1);
  expectResultLike(call, rotary::y, x);
  const Sizes s = sizesOf(call);
  size_t bytes = 0;
  tableOf(s, nullptr, s.parts - 1, &bytes);
  return bytes;
}

void fillTable(const Table& table, int64_t half, double position) {
  for (int64_t i = 0; i < half; i++) {
    const double angle = position * table.frequencies[i];
    table.cosines[i] = static_cast<float>(std::cos(angle));
    table.sines[i] = static_cast<float>(std::sin(angle));
  }
}

void turnRow(const Table& table, const Sizes& s, const float* x, float* y) {
  const int64_t half = s.half();
  for (int64_t head = 0; head < s.heads; head++, x += 2 * half, y += 2 * half) {
    for (int64_t i = 0; i < half; i++) {
      const float a = x[i], b = x[i + half];
      y[i] = a * table.cosines[i] - b * table.sines[i];
      y[i + half] = a * table.sines[i] + b * table.cosines[i];
    }
  }
  std::memcpy(y, x, static_cast<size_t>(s.W - s.size) * sizeof(float));
}

void runRotary(const Call& call) {
  const Sizes s = sizesOf(call);
  const TensorView& positions = call.operand(rotary::positions);
  const float* x = call.operand(rotary::x).f32();
  float* y = call.result(rotary::y).mutableF32();
  const double base = call.attributes[rotary::base], direction = call.attributes[rotary::direction];
  double* frequencies = tableOf(s, call.scratch, 0).frequencies;
  for (int64_t i = 0; i < s.half(); i++) {
    frequencies[i] = direction * std::pow(base, -static_cast<double>(i) / static_cast<double>(s.half()));
  }
  call.pool.parallel(s.parts, [&](int part) {
    const Table table = tableOf(s, call.scratch, part);
    for (int64_t t = s.T * part / s.parts; t < s.T * (part + 1) / s.parts; t++) {
      if (!positions.present) fillTable(table, s.half(), static_cast<double>(t));
      for (int64_t b = 0; b < s.B; b++) {
        if (positions.present)
          fillTable(table, s.half(), static_cast<double>(positions.i32()[b]) + static_cast<double>(t));
        const int64_t at = (t * s.B + b) * s.W;
        turnRow(table, s, x + at, y + at);
      }
    }
  });
}

}  // namespace

const Implementation ops::rotary::implementation = {checkRotary, runRotary};

}  // namespace ostinato
