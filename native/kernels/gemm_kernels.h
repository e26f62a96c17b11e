// The own matrix product's inner parts, one table per CPU tier. They work on one thread and allocate
// nothing; gemm.cc and recurrent_product.cc cut the work into blocks.
//
// Packed A: panels of `panelRows` rows (the last one may have fewer), each stored [k][rows of that panel].
// Packed B: panels of `panelColumns` columns, each stored [k][panelColumns], zeros past the last column.
// Both as in Goto & van de Geijn (2008), "Anatomy of high-performance matrix multiplication".
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/gemm.h"

namespace ostinato {

// Floats past the end of a packed A that packing may scribble on.
constexpr int64_t kPackSlack = 32;
// GemmMaps' groups.
constexpr int64_t kGroup = 16;

// C rows [0,m) and columns [0,n) of one block. c, cRows and cGroups start at this block's first row and column.
struct BlockOutput {
  int64_t m, n;
  float* c;
  int64_t ldc;
  const int32_t* cRows;
  const int32_t* cGroups;
  bool accumulate;
  const float* bias = nullptr;  // of this block's first column
};

struct GemmKernels {
  // Most rows of an A panel and the columns of a B panel that the registers of this tier hold.
  int maxPanelRows;
  int panelColumns;
  // Cache blocking, by measurement: the depth of a panel of B, which streams
  // through L1, and the rows of a packed block of A, which stays in L2.
  int64_t blockDepth;
  int64_t blockRows;
  // Up to so many rows multiplyDirect() beats packing b: where b is transposed, and where not.
  int64_t directRowsTransposed;
  int64_t directRows;

  // Rows [m0,m0+m) and depths [k0,k0+k) of op(A) into `packed`, ceil(m/panelRows) panels. k0 is a multiple of kGroup.
  void (*packA)(const Gemm& g, int64_t m0, int64_t m, int64_t k0, int64_t k, int panelRows, float* packed);

  // Depths [k0,k0+k) and columns [n0,n0+n) of op(B); panel p goes to packed + p*panelStride.
  void (*packB)(const Gemm& g, int64_t k0, int64_t k, int64_t n0, int64_t n, float* packed, int64_t panelStride);

  // packed A [m,k] times packed B [k,n].
  void (*multiplyPacked)(const float* a, int panelRows, int64_t k, const float* b, int64_t panelStride,
                         const BlockOutput& out);

  // a [m,k] as it lies, lda floats from row to row, times packed B [k,n]. For few rows and B packed once.
  void (*multiplyRows)(const float* a, int64_t lda, int64_t k, const float* b, int64_t panelStride,
                       const BlockOutput& out);

  // A few rows of A times a B that is not worth packing; columns [n0,n0+n). Not for transposeA; honours bRows (with
  // transposeB) and cGroups.
  void (*multiplyDirect)(const Gemm& g, int64_t n0, int64_t n);
};

// The table of the current tier (kernels/tiers.h).
const GemmKernels& gemmKernels();

}  // namespace ostinato
