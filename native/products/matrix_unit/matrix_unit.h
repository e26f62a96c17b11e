// Matrix products on the CPU's matrix unit (Intel AMX: tiles of 16 rows of 64 bytes), on bfloat16 operands with float32
// sums. Operands come as float32 and are packed into tiles; with two parts each float32 x is split into hi + lo, hi = x
// rounded to bfloat16 and lo = x - hi rounded, and hi hi + hi lo + lo hi is summed, smallest first.
//
// Packed A: panels of `panelRows` <= 16 rows (the last one filled up with zeros): [panel][k/32][part][panelRows][32].
// Packed B: panels of 32 columns: [panel][k/32][part][2 halves][16 pairs of depths][16 columns][2].
// k is filled up with zeros to a multiple of 32. Both start at 64-byte boundaries.
//
// Numbers: bfloat16 has float32's range. Operands below 2^-126 count as 0, and with two parts an infinity makes NaN (as
// inf - inf does). Errors: docs/numerics.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "products/packing.h"

namespace ostinato {

// Whether CPU and operating system have a matrix unit for this process; the first call asks for it. False on a tier
// below avx512: the unit comes on top of that one.
bool matrixUnitAvailable();

namespace matrix_unit {

using BFloat16 = uint16_t;

constexpr int64_t kDepth = 32;
constexpr int64_t kRows = 16;
constexpr int64_t kColumns = 32;

constexpr int64_t steps(int64_t k) { return (k + kDepth - 1) / kDepth; }
constexpr int partsOf(Precision precision) { return precision == Precision::high ? 2 : 1; }

// Rows of a panel, so that all have nearly as many: 20 rows are 10 and 10.
constexpr int panelRowsFor(int64_t m) {
  const int64_t panels = (m + kRows - 1) / kRows;
  return static_cast<int>(panels > 0 ? (m + panels - 1) / panels : 1);
}

// Elements of a packed operand.
constexpr int64_t packedA(int64_t m, int64_t k, int panelRows, int parts) {
  return (m + panelRows - 1) / panelRows * panelRows * steps(k) * kDepth * parts;
}
constexpr int64_t packedB(int64_t n, int64_t k, int parts) {
  return (n + kColumns - 1) / kColumns * kColumns * steps(k) * kDepth * parts;
}

// Rows [m0,m0+m) and depths [k0,k0+k) of op(A). k0 is a multiple of kGroup; so is m0 where aGroups is given with
// transposeA.
void packA(const Gemm& g, int64_t m0, int64_t m, int64_t k0, int64_t k, int panelRows, int parts, BFloat16* packed);

// Rows [0,m) of a plain A, lda floats from row to row, as rows [row,row+m) of a packed A of k depths: groups [g0,g1) of
// 16 depths, the first of which `a` begins with; the rest of `packed` stays. What fills up panels and depths is written
// by nobody: zeros must have been there before.
void packGroups(const float* a, int64_t lda, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t row, int panelRows,
                int parts, BFloat16* packed);

// Rows [0,m) of a plain B, ldb floats from row to row, as depths [depth,depth+m) of a packed B of k depths: groups
// [g0,g1) of 16 columns, the first of which `b` begins with; the rest of `packed` stays. `depth` is even; an odd m is
// filled up with a row of zeros. One part.
void packPairs(const float* b, int64_t ldb, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t depth,
               BFloat16* packed);

// Depths of 32 [s0,s1) of the packed A [m,k] whose depths are m floats each, at the k pointers of `depths` (null:
// zeros). groups: where each 16 of them lie (null: one after the other); panelRows is 16 then. One part.
void packDepths(const float* const* depths, int64_t m, int64_t k, int64_t s0, int64_t s1, int panelRows,
                const int32_t* groups, BFloat16* packed);

// Depths [k0,k0+k) and columns [n0,n0+n) of op(B). n0 is a multiple of kGroup where bGroups is given.
void packB(const Gemm& g, int64_t k0, int64_t k, int64_t n0, int64_t n, int parts, BFloat16* packed);

// Panels of a packed operand from some depth on: `stride` elements from one to the next.
struct Panels {
  const BFloat16* first;
  int64_t stride;
  // From depth k (a multiple of 32) and panel i on; `rows` are those of a panel of A, or the columns of one of B.
  Panels from(int64_t k, int64_t i, int64_t rows, int parts) const {
    return {first + i * stride + k * rows * parts, stride};
  }
};
inline Panels panelsOfA(const BFloat16* packed, int64_t k, int panelRows, int parts) {
  return {packed, steps(k) * kDepth * panelRows * parts};
}
inline Panels panelsOfB(const BFloat16* packed, int64_t k, int parts) {
  return {packed, steps(k) * kDepth * kColumns * parts};
}

// packed A [m,k] times packed B [k,n].
void multiply(Panels a, int panelRows, Panels b, int64_t k, int parts, const BlockOutput& out);

// to[rows[j], i] = from[i, j] for i in [0,m), j in [0,n), n a multiple of 16; a row of -1 is left out.
void transposeTo(const float* from, int64_t ldFrom, int64_t m, int64_t n, const int32_t* rows, float* to, int64_t ldTo);

}  // namespace matrix_unit
}  // namespace ostinato
