// The vector instructions that make bfloat16 operands, or their emulation. For the files of those who multiply them.
#pragma once

// Where we have tried the intrinsics.
#if defined(__x86_64__) && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)
#define OSTINATO_BFLOAT16 1
#endif

#ifdef OSTINATO_BFLOAT16

// GCC 12's own headers make the vectors that it then calls uninitialised.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <immintrin.h>

// Dot products are not emulated: only a CPU that has them says that it can.
#define OSTINATO_DOTS __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))

#ifdef OSTINATO_EMULATE_TILES
#include "products/bfloat16/emulated_rounding.h"
#define OSTINATO_VECTORS OSTINATO_EMULATION
#else
#define OSTINATO_VECTORS OSTINATO_DOTS
#endif

#include "products/bfloat16/operands.h"

namespace ostinato::bfloat16 {

// Elements of a whole tile.
constexpr int64_t kTile = kRows * kDepth;

OSTINATO_VECTORS inline __mmask16 firstLanes(int64_t n) {
  return n >= 16 ? static_cast<__mmask16>(0xFFFF) : n <= 0 ? 0 : static_cast<__mmask16>((1u << n) - 1);
}

}  // namespace ostinato::bfloat16

#endif
