// Matrix products on the CPU's matrix unit (Intel AMX: tiles of 16 rows of 64 bytes), on bfloat16 operands
// (products/bfloat16/operands.h) with float32 sums. Operands in two parts are multiplied as hi hi + hi lo + lo hi,
// summed smallest first.
#pragma once

#include <cstdint>

#include "products/packing.h"

namespace ostinato {

// Whether CPU and operating system have a matrix unit for this process; the first call asks for it. False on a tier
// below avx512: the unit comes on top of that one.
bool matrixUnitAvailable();

namespace matrix_unit {

// Packing's function of this name, for operands in one part or in two.
void multiply(Panels a, int panelRows, Panels b, int64_t k, int parts, const BlockOutput& out);

}  // namespace matrix_unit
}  // namespace ostinato
