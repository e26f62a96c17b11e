// The instructions of the matrix unit, or their emulation. For the files of this folder.
#pragma once

#include "products/bfloat16/instructions.h"

// An operating system that hands the tiles out, where we have tried it.
#if defined(OSTINATO_BFLOAT16) && defined(__linux__)
#define OSTINATO_MATRIX_UNIT 1
#endif

#ifdef OSTINATO_MATRIX_UNIT

#ifdef OSTINATO_EMULATE_TILES
#include "products/matrix_unit/emulated_tiles.h"
#define OSTINATO_TILES OSTINATO_EMULATION
#else
#define OSTINATO_TILES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16")))
#endif

#include "products/matrix_unit/matrix_unit.h"

#endif
