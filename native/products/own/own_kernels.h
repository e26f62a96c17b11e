// The own matrix product's inner parts, one table per CPU tier. They work on one thread and allocate nothing.
//
// Packed A: each panel is stored [k][rows of that panel], the last one with the rows that are left.
// Packed B: each panel is stored [k][panelColumns], zeros past the last column.
// Both as in Goto & van de Geijn (2008), "Anatomy of high-performance matrix multiplication".
#pragma once

#include <cstdint>

#include "products/packing.h"

namespace ostinato {

struct OwnKernels {
  Packing packing;
  // Up to this many rows multiplyDirect() beats packing b: where b is transposed, and where not.
  int64_t directRowsTransposed;
  int64_t directRows;

  // A few rows of A times a B that is not worth packing; columns [n0,n0+n). Not for transposeA; honours bRows (with
  // transposeB) and cGroups.
  void (*multiplyDirect)(const Gemm& g, int64_t n0, int64_t n);
};

// The table of the current tier (kernels/tiers.h).
const OwnKernels& ownKernels();

}  // namespace ostinato
