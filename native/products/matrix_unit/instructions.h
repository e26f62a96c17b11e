// The instructions of the matrix unit, and of the vectors that feed it, or their emulation. For the files of this
// folder.
#pragma once

// The tiles' intrinsics, and an operating system that hands them out, where we have tried them.
#if defined(__linux__) && defined(__x86_64__) && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)
#define OSTINATO_MATRIX_UNIT 1
#endif

#ifdef OSTINATO_MATRIX_UNIT

// GCC 12's own headers make the vectors that it then calls uninitialised.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <immintrin.h>

#ifdef OSTINATO_EMULATE_TILES
#include "products/matrix_unit/emulated_tiles.h"
#define OSTINATO_VECTORS OSTINATO_EMULATION
#define OSTINATO_TILES OSTINATO_EMULATION
#else
#define OSTINATO_VECTORS __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))
#define OSTINATO_TILES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16")))
#endif

#include "products/matrix_unit/matrix_unit.h"

namespace ostinato::matrix_unit {

// Elements of a whole tile.
constexpr int64_t kTile = kRows * kDepth;

OSTINATO_VECTORS inline __mmask16 firstLanes(int64_t n) {
  return n >= 16 ? static_cast<__mmask16>(0xFFFF) : n <= 0 ? 0 : static_cast<__mmask16>((1u << n) - 1);
}

}  // namespace ostinato::matrix_unit

#endif
