// How a provider keeps the operands of products: packed into panels, their elements in the order in which its
// instructions want them. What is packed once may be multiplied often.
//
// Packed A: panels of at most `panelRows` rows, packed B: panels of `panelColumns` columns; both begin at 64-byte
// boundaries, and a panel holds all its depths. Depths are filled up with zeros to a multiple of `depthUnit`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/rounding.h"
#include "products/gemm.h"

namespace ostinato {

// C rows [0,m) and columns [0,n) of one block. c, cRows and cGroups start at this block's first row and column.
struct BlockOutput {
  int64_t m, n;
  float* c;
  int64_t ldc;
  const int32_t* cRows = nullptr;
  const int32_t* cGroups = nullptr;
  bool accumulate = false;
  const float* bias = nullptr;  // of this block's first column
};

// Panels of a packed operand, `stride` bytes from one to the next.
struct Panels {
  const char* first;
  int64_t stride;
};

// Operands that are packed piece by piece while gradients are made.
struct GradientPacking {
  // Rows [0,m) of a plain B, ldb floats from row to row, as depths [depth,depth+m) of a packed B of k depths: groups
  // [g0,g1) of 16 columns, the first of which `b` begins with; the rest of `packed` stays. `depth` is even; an odd m is
  // filled up with a row of zeros.
  void (*packPairs)(const float* b, int64_t ldb, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t depth,
                    void* packed);

  // Units [s0,s1) of depthUnit depths of the packed A [m,k] whose depths are m floats each, at the k pointers of
  // `depths` (null: zeros). groups: where each 16 of them lie (null: one after the other); `rows` is 16 then.
  void (*packDepths)(const float* const* depths, int64_t m, int64_t k, int64_t s0, int64_t s1, int rows,
                     const int32_t* groups, void* packed);

  // to[rows[j], i] = from[i, j] for i in [0,m), j in [0,n), n a multiple of 16; a row of -1 is left out.
  void (*transposeTo)(const float* from, int64_t ldFrom, int64_t m, int64_t n, const int32_t* rows, float* to,
                      int64_t ldTo);
};

struct Packing {
  // Most rows of a panel of A; columns of a panel of B; how many depths are kept together.
  int panelRows, panelColumns, depthUnit;
  // An operand's element, with all its parts.
  int64_t elementBytes;
  // Past the end of a packed A, what packing may scribble on.
  int64_t slackBytes;

  // Cache blocking, by measurement: the depth of a block, whose panels of B stream through L1; a block's rows of A,
  // which stay in L2; its columns of B, which lie in L2 or L3. Depths are cut at multiples of depthStep.
  int64_t blockDepth, depthStep, blockRows, blockColumns;
  // Threads divide C at multiples of these.
  int64_t splitRows, splitColumns;
  // The cost of packing an element, in multiply-adds.
  double packingCost;

  // Fewest rows of A for which keeping B packed is worth it.
  int64_t fewestRows;
  // Packing rows costs so much that all threads share it; otherwise each packs for itself.
  bool sharesRows;

  // Rows [m0,m0+m) and depths [k0,k0+k) of op(A), at most `rows` of them in a panel. k0 is a multiple of kGroup; so is
  // m0 where aGroups is given with transposeA.
  void (*packA)(const Gemm& g, int64_t m0, int64_t m, int64_t k0, int64_t k, int rows, void* packed);

  // Depths [k0,k0+k) and columns [n0,n0+n) of op(B). n0 is a multiple of kGroup where bGroups is given.
  void (*packB)(const Gemm& g, int64_t k0, int64_t k, int64_t n0, int64_t n, void* packed);

  // Packed A [m,k] times packed B [k,n].
  void (*multiply)(Panels a, int rows, Panels b, int64_t k, const BlockOutput& out);

  // A [m,k] as it lies, lda floats from row to row, times packed B [k,n], for few rows; null: rows must be packed.
  void (*multiplyRows)(const float* a, int64_t lda, int64_t k, Panels b, const BlockOutput& out);

  // Rows [0,m) of a plain A, lda floats from row to row, as rows [row,row+m) of a packed A of k depths: groups [g0,g1)
  // of 16 depths, the first of which `a` begins with; the rest of `packed` stays. What fills up panels and depths is
  // written by nobody: zeros must have been there before. Null: rows are packed as a whole only.
  void (*packGroups)(const float* a, int64_t lda, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t row, int rows,
                     void* packed);

  // Null: gradients are better kept as rows; so they are where blocks (ops/gradient_tiles.cc) have no whole panels.
  const GradientPacking* gradients;

  // Rows of a panel, so that all have nearly as many: 20 rows of at most 16 are 10 and 10.
  int panelRowsFor(int64_t m) const {
    return m <= 0 ? 1 : static_cast<int>(ceilDivide(m, ceilDivide(m, int64_t{panelRows})));
  }
  // Where panels begin that m rows, or n columns, of k depths come before; with all of them, bytes of the operand.
  int64_t bytesOfA(int64_t m, int64_t k, int rows) const {
    return roundUp(m, rows) * roundUp(k, depthUnit) * elementBytes;
  }
  int64_t bytesOfB(int64_t n, int64_t k) const {
    return roundUp(n, panelColumns) * roundUp(k, depthUnit) * elementBytes;
  }
  Panels panelsOfA(const void* packed, int64_t k, int rows) const {
    return {static_cast<const char*>(packed), bytesOfA(rows, k, rows)};
  }
  Panels panelsOfB(const void* packed, int64_t k) const {
    return {static_cast<const char*>(packed), bytesOfB(panelColumns, k)};
  }
  // Panels of `width` rows or columns each, from depth k (a multiple of depthUnit) and panel i on.
  Panels from(Panels panels, int64_t k, int64_t i, int64_t width) const {
    return {panels.first + i * panels.stride + k * width * elementBytes, panels.stride};
  }
};

}  // namespace ostinato
