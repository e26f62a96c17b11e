// bfloat16, the upper half of a float32, one number at a time.
#pragma once

#include <cstdint>
#include <cstring>

namespace ostinato {

struct Bfloat16 {
  uint16_t bits;
};

inline float toFloat(float value) { return value; }
inline float toFloat(Bfloat16 half) {
  const uint32_t bits = static_cast<uint32_t>(half.bits) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Rounded to nearest, ties to even. A NaN stays one.
inline Bfloat16 toBfloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = bits + 0x7fff + ((bits >> 16) & 1);
  const bool isNaN = (bits & 0x7fffffff) > 0x7f800000;
  return {static_cast<uint16_t>((isNaN ? bits | 0x400000 : rounded) >> 16)};
}

}  // namespace ostinato
