// Matrix products by the CPU's dot products of bfloat16 pairs (AVX512_BF16: VDPBF16PS), on operands of
// products/bfloat16/operands.h in one part, with float32 sums. A product is summed depth after depth, odd before even;
// numbers below 2^-126 count as 0.
#pragma once

#include <cstdint>

#include "products/packing.h"

namespace ostinato::bfloat16_dots {

// Packing's function of this name.
void multiply(Panels a, int panelRows, Panels b, int64_t k, const BlockOutput& out);

}  // namespace ostinato::bfloat16_dots
