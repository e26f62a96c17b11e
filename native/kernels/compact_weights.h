// A matrix [rows,columns] in fewer bytes, for products that read every weight once: the writing of one sequence is
// bound by that reading. Products convert to float32 while they read; sums are float32.
//
//   bfloat16  the 8 leading bits of each mantissa, rounded to nearest even
//   int8      weight = scale q, with q in -127..127 and the scale of a row its largest absolute value / 127
#pragma once

#include <cstdint>

#include "base/aligned_memory.h"

namespace ostinato {

enum class WeightType { float32 = 0, bfloat16 = 1, int8 = 2 };

struct CompactWeights {
  WeightType type = WeightType::float32;  // float32: there is no compact copy
  int64_t rows = 0, columns = 0;
  int64_t ld = 0;  // elements from row to row, a multiple of 64, zeros past the last column
  AlignedMemory values;
  AlignedMemory scales;  // float [rows], for int8

  const uint16_t* bfloat16(int64_t row) const { return static_cast<const uint16_t*>(values.data()) + row * ld; }
  const int8_t* int8(int64_t row) const { return static_cast<const int8_t*>(values.data()) + row * ld; }
  float scale(int64_t row) const { return static_cast<const float*>(scales.data())[row]; }
  void clear() { *this = CompactWeights(); }
};

// Rounds `weights` [rows,columns] in place to numbers of the type, and keeps them compactly. Numbers that are not
// finite cannot be kept: returns false, and nothing has changed. Throws std::bad_alloc, with nothing changed.
bool compactWeights(float* weights, int64_t rows, int64_t columns, WeightType type, CompactWeights& compact);

}  // namespace ostinato
