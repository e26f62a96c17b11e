// The matrix unit's instructions in plain C++, for tests of this folder on CPUs without it
// (CMake: OSTINATO_EMULATE_TILES). They need AVX-512 and compute the unit's bits, except that results below 2^-126
// stay. Source: Intel 64 and IA-32 Architectures Software Developer's Manual, TDPBF16PS.
//
// Included after immintrin.h by instructions.h alone, whose intrinsics it replaces.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ostinato::emulated_tiles {

constexpr int kTiles = 8, kMostRows = 16, kRowBytes = 64;

struct Unit {
  bool configured = false;
  int rows[kTiles] = {}, rowBytes[kTiles] = {};
  alignas(64) float tiles[kTiles][kMostRows][kRowBytes / sizeof(float)] = {};
};

// Each thread has its registers.
inline Unit& unit() {
  static thread_local Unit own;
  return own;
}

[[noreturn]] inline void fault(const char* what) {
  std::fprintf(stderr, "emulated matrix unit: %s\n", what);
  std::abort();
}

inline Unit& configured() {
  if (!unit().configured) fault("a tile was used before _tile_loadconfig");
  return unit();
}

inline void loadConfiguration(const void* memory) {
  const auto* bytes = static_cast<const uint8_t*>(memory);
  if (bytes[0] != 1) fault("only palette 1 exists");
  Unit& u = unit();
  u = Unit();
  for (int i = 0; i < kTiles; i++) {
    uint16_t rowBytes;
    std::memcpy(&rowBytes, bytes + 16 + 2 * i, sizeof(rowBytes));
    u.rows[i] = bytes[48 + i];
    u.rowBytes[i] = rowBytes;
    if (u.rows[i] > kMostRows || rowBytes > kRowBytes) fault("a tile has more than 16 rows of 64 bytes");
  }
  u.configured = true;
}

inline void release() { unit().configured = false; }

inline void zero(int tile) {
  Unit& u = configured();
  std::memset(u.tiles[tile], 0, sizeof(u.tiles[tile]));
}

inline void load(int tile, const void* memory, int64_t stride) {
  zero(tile);
  Unit& u = configured();
  for (int row = 0; row < u.rows[tile]; row++) {
    std::memcpy(u.tiles[tile][row], static_cast<const char*>(memory) + row * stride,
                static_cast<size_t>(u.rowBytes[tile]));
  }
}

inline void store(int tile, void* memory, int64_t stride) {
  const Unit& u = configured();
  for (int row = 0; row < u.rows[tile]; row++) {
    std::memcpy(static_cast<char*>(memory) + row * stride, u.tiles[tile][row], static_cast<size_t>(u.rowBytes[tile]));
  }
}

// The bfloat16 in half of a lane; numbers below 2^-126 count as 0.
inline float half(float lane, bool odd) {
  uint32_t bits;
  std::memcpy(&bits, &lane, sizeof(bits));
  bits = odd ? bits & 0xFFFF0000u : bits << 16;
  if ((bits & 0x7F800000u) == 0) bits &= 0x80000000u;
  std::memcpy(&lane, &bits, sizeof(bits));
  return lane;
}

// Builds with sanitizers compile with -O1; the multiplications of the emulated unit are not what they look at.
#if defined(__GNUC__) && !defined(__clang__)
#define OSTINATO_FAST __attribute__((optimize("O3")))
#else
#define OSTINATO_FAST
#endif

// Pairs of depths have a sum each for the even and the odd ones, which meet at the end.
OSTINATO_EMULATION OSTINATO_FAST inline void multiplyAdd(int sums, int a, int b) {
  Unit& u = configured();
  const int depths = u.rowBytes[a] / 4, columns = u.rowBytes[b] / 4;
  if (u.rows[b] != depths || u.rows[sums] != u.rows[a] || u.rowBytes[sums] != u.rowBytes[b])
    fault("tiles do not fit together");
  float evenOfB[kMostRows][kMostRows] = {}, oddOfB[kMostRows][kMostRows] = {};
  for (int k = 0; k < depths; k++) {
    for (int n = 0; n < columns; n++) {
      evenOfB[k][n] = half(u.tiles[b][k][n], false);
      oddOfB[k][n] = half(u.tiles[b][k][n], true);
    }
  }
  for (int row = 0; row < u.rows[a]; row++) {
    float even[kMostRows] = {}, odd[kMostRows] = {};
    for (int k = 0; k < depths; k++) {
      const float first = half(u.tiles[a][row][k], false), second = half(u.tiles[a][row][k], true);
      for (int n = 0; n < kMostRows; n++) {
        even[n] = std::fma(first, evenOfB[k][n], even[n]);
        odd[n] = std::fma(second, oddOfB[k][n], odd[n]);
      }
    }
    for (int n = 0; n < columns; n++) u.tiles[sums][row][n] += even[n] + odd[n];
  }
}

}  // namespace ostinato::emulated_tiles

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#define _tile_loadconfig ::ostinato::emulated_tiles::loadConfiguration
#define _tile_release ::ostinato::emulated_tiles::release
#define _tile_zero ::ostinato::emulated_tiles::zero
#define _tile_loadd ::ostinato::emulated_tiles::load
#define _tile_stored ::ostinato::emulated_tiles::store
#define _tile_dpbf16ps ::ostinato::emulated_tiles::multiplyAdd
