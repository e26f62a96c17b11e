// Operands of matrix products in bfloat16, packed for whoever multiplies pairs of depths: the CPU's matrix unit (tiles
// of 16 rows of 64 bytes) or its dot products. With two parts each float32 x is split into hi + lo, hi = x rounded to
// bfloat16 and lo = x - hi rounded.
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

namespace ostinato::bfloat16 {

using BFloat16 = uint16_t;

constexpr int64_t kDepth = 32;
constexpr int64_t kRows = 16;
constexpr int64_t kColumns = 32;

constexpr int64_t steps(int64_t k) { return (k + kDepth - 1) / kDepth; }

// Whether this CPU has the instructions that make such operands and sum their products by pairs (AVX512_BF16). False on
// a tier below avx512: they come on top of that one.
bool dotsAvailable();

// The functions that Packing and GradientPacking (products/packing.h) have under these names, for operands in one part
// or in two; those that pack gradients know one part.
void packA(const Gemm& g, int64_t m0, int64_t m, int64_t k0, int64_t k, int panelRows, int parts, BFloat16* packed);
void packB(const Gemm& g, int64_t k0, int64_t k, int64_t n0, int64_t n, int parts, BFloat16* packed);
void packGroups(const float* a, int64_t lda, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t row, int panelRows,
                int parts, BFloat16* packed);
void packPairs(const float* b, int64_t ldb, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t depth,
               BFloat16* packed);
void packDepths(const float* const* depths, int64_t m, int64_t k, int64_t s0, int64_t s1, int panelRows,
                const int32_t* groups, BFloat16* packed);
void transposeTo(const float* from, int64_t ldFrom, int64_t m, int64_t n, const int32_t* rows, float* to, int64_t ldTo);

// All of that as a Packing, with blocks for the caches as the matrix unit wants them, and nobody yet who multiplies.
template <int Parts>
Packing packingOf();

}  // namespace ostinato::bfloat16
