#include "kernels/compact_weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ostinato {
namespace {

uint16_t roundToBFloat16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits += 0x7FFF + (bits >> 16 & 1);
  return static_cast<uint16_t>(bits >> 16);
}

float fromBFloat16(uint16_t half) {
  const uint32_t bits = static_cast<uint32_t>(half) << 16;
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// Whether all are finite, also as bfloat16, whose largest number is smaller than float32's.
bool allFit(const float* weights, int64_t n) {
  constexpr float kLargest = 3.3895314e38f;
  return std::all_of(weights, weights + n, [](float w) { return std::abs(w) <= kLargest; });
}

}  // namespace

bool compactWeights(float* weights, int64_t rows, int64_t columns, WeightType type, CompactWeights& compact) {
  if (!allFit(weights, rows * columns)) return false;
  CompactWeights made;
  if (type != WeightType::float32) {
    made.type = type;
    made.rows = rows;
    made.columns = columns;
    made.ld = (columns + 63) / 64 * 64;
    const size_t elements = static_cast<size_t>(rows * made.ld);
    made.values = AlignedMemory(type == WeightType::int8 ? elements : 2 * elements);
    if (type == WeightType::int8) made.scales = AlignedMemory(static_cast<size_t>(rows) * sizeof(float));
  }
  for (int64_t r = 0; r < rows; r++) {
    float* row = weights + r * columns;
    if (type == WeightType::bfloat16) {
      uint16_t* to = static_cast<uint16_t*>(made.values.data()) + r * made.ld;
      for (int64_t i = 0; i < columns; i++) row[i] = fromBFloat16(to[i] = roundToBFloat16(row[i]));
    } else if (type == WeightType::int8) {
      float most = 0;
      for (int64_t i = 0; i < columns; i++) most = std::max(most, std::abs(row[i]));
      const float scale = most / 127;
      static_cast<float*>(made.scales.data())[r] = scale;
      int8_t* to = static_cast<int8_t*>(made.values.data()) + r * made.ld;
      if (scale == 0) {
        // All zeros, or so small that their scale is none.
        std::fill(row, row + columns, 0.0f);
        continue;
      }
      for (int64_t i = 0; i < columns; i++) {
        // Beside 1.5 * 2^23 a float has no room for a fraction: rounded to nearest even, and vectors can do it.
        constexpr float kWhole = 12582912.0f;
        const float q = (row[i] / scale + kWhole) - kWhole;
        to[i] = static_cast<int8_t>(std::clamp(q, -127.0f, 127.0f));
        row[i] = scale * static_cast<float>(to[i]);
      }
    }
  }
  compact = std::move(made);
  return true;
}

}  // namespace ostinato
