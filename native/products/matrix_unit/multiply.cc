// Tiles of A times panels of B, sums in the unit's registers.
#include "products/matrix_unit/instructions.h"

#ifdef OSTINATO_MATRIX_UNIT

namespace ostinato::matrix_unit {

using namespace bfloat16;

namespace {

// The configuration that LDTILECFG reads.
struct alignas(64) TileConfiguration {
  uint8_t palette = 1;
  uint8_t startRow = 0;
  uint8_t reserved[14] = {};
  uint16_t bytesPerRow[16] = {};
  uint8_t rows[16] = {};
};

// GCC's intrinsics do not say that they read and write memory: what `memory` points at is in place before, and read
// again after.
inline void settle(const void* memory) { asm volatile("" : : "r"(memory) : "memory"); }

// Tiles 0-3 hold sums, 4 and 5 rows of A, 6 and 7 columns of B.
OSTINATO_TILES inline void configure(int panelRows) {
  TileConfiguration c;
  for (int i = 0; i < 8; i++) {
    c.bytesPerRow[i] = 64;
    c.rows[i] = static_cast<uint8_t>(i < 6 ? panelRows : kRows);
  }
  settle(&c);
  _tile_loadconfig(&c);
}

// Where the sums of one panel of rows and half a panel of columns go.
struct Place {
  float* c;      // null: through `line`s of a buffer
  int64_t m, n;  // of the block
  int rows, columns;
};

OSTINATO_VECTORS inline void storeSums(const float* sums, const Place& place, const BlockOutput& out) {
  const __mmask16 lanes = firstLanes(place.columns);
  const int64_t column = out.cGroups ? out.cGroups[place.n / kGroup] : place.n;
  const __m512 bias = out.bias ? _mm512_maskz_loadu_ps(lanes, out.bias + place.n) : _mm512_setzero_ps();
  for (int i = 0; i < place.rows; i++, sums += 16) {
    const int64_t row = out.cRows ? out.cRows[place.m + i] : place.m + i;
    if (row < 0) continue;
    float* to = out.c + row * out.ldc + column;
    __m512 sum = _mm512_add_ps(_mm512_load_ps(sums), bias);
    if (out.accumulate) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(lanes, to));
    _mm512_mask_storeu_ps(to, lanes, sum);
  }
}

// Cache lines of C that the next block will want: fetched while this one computes, for the tiles' loads and stores wait
// long for what lies in L3.
struct Ahead {
  const float* halves[2];  // may be the same
  int64_t rows, ldc;

  OSTINATO_VECTORS void fetch(int64_t n) {
    for (; n > 0 && rows > 0; n--, rows--) {
      for (const float*& row : halves) {
        __builtin_prefetch(row, 1);
        row += ldc;
      }
    }
  }
};

// The sums of one or two panels of rows by one or two halves of columns.
template <int Parts, int Panels, int Halves>
OSTINATO_TILES inline void block(const BFloat16* a, int64_t aPanel, int panelRows, int64_t k, const BFloat16* b,
                                 const Place (&places)[2][2], Ahead ahead, const BlockOutput& out) {
  const int64_t stride = out.ldc * static_cast<int64_t>(sizeof(float));
  const bool onto = out.accumulate;
  if (onto && places[0][0].c)
    _tile_loadd(0, places[0][0].c, stride);
  else
    _tile_zero(0);
  if (Halves == 2) {
    if (onto && places[0][1].c)
      _tile_loadd(1, places[0][1].c, stride);
    else
      _tile_zero(1);
  }
  if (Panels == 2) {
    if (onto && places[1][0].c)
      _tile_loadd(2, places[1][0].c, stride);
    else
      _tile_zero(2);
  }
  if (Panels == 2 && Halves == 2) {
    if (onto && places[1][1].c)
      _tile_loadd(3, places[1][1].c, stride);
    else
      _tile_zero(3);
  }
  const int64_t aTile = panelRows * kDepth;
  settle(a);
#define OSTINATO_TILE_SUMS()                \
  _tile_dpbf16ps(0, 4, 6);                  \
  if (Halves == 2) _tile_dpbf16ps(1, 4, 7); \
  if (Panels == 2) _tile_dpbf16ps(2, 5, 6); \
  if (Panels == 2 && Halves == 2) _tile_dpbf16ps(3, 5, 7)
#define OSTINATO_TILE_ROWS(part)          \
  _tile_loadd(4, a + (part) * aTile, 64); \
  if (Panels == 2) _tile_loadd(5, a + aPanel + (part) * aTile, 64)
#define OSTINATO_TILE_COLUMNS(part)           \
  _tile_loadd(6, b + (part) * 2 * kTile, 64); \
  if (Halves == 2) _tile_loadd(7, b + ((part) * 2 + 1) * kTile, 64)
  const int64_t fetches = (ahead.rows + steps(k) - 1) / steps(k);
  for (int64_t step = steps(k); step > 0; step--) {
    // With two parts three products are time enough to wait, and fetching costs 5 %.
    if (Parts == 1) ahead.fetch(fetches);
    if (Parts == 2) {
      OSTINATO_TILE_COLUMNS(0);
      OSTINATO_TILE_ROWS(1);
      OSTINATO_TILE_SUMS();
      OSTINATO_TILE_COLUMNS(1);
      OSTINATO_TILE_ROWS(0);
      OSTINATO_TILE_SUMS();
      OSTINATO_TILE_COLUMNS(0);
      OSTINATO_TILE_SUMS();
    } else {
      OSTINATO_TILE_COLUMNS(0);
      OSTINATO_TILE_ROWS(0);
      OSTINATO_TILE_SUMS();
    }
    a += Parts * aTile;
    b += Parts * 2 * kTile;
  }
#undef OSTINATO_TILE_SUMS
#undef OSTINATO_TILE_ROWS
#undef OSTINATO_TILE_COLUMNS
  alignas(64) float sums[4][16 * 16];
  settle(sums);
  if (places[0][0].c)
    _tile_stored(0, places[0][0].c, stride);
  else
    _tile_stored(0, sums[0], 64);
  if (Halves == 2) {
    if (places[0][1].c)
      _tile_stored(1, places[0][1].c, stride);
    else
      _tile_stored(1, sums[1], 64);
  }
  if (Panels == 2) {
    if (places[1][0].c)
      _tile_stored(2, places[1][0].c, stride);
    else
      _tile_stored(2, sums[2], 64);
  }
  if (Panels == 2 && Halves == 2) {
    if (places[1][1].c)
      _tile_stored(3, places[1][1].c, stride);
    else
      _tile_stored(3, sums[3], 64);
  }
  settle(sums);
  for (int i = 0; i < Panels; i++) {
    for (int j = 0; j < Halves; j++) {
      if (!places[i][j].c) storeSums(sums[2 * i + j], places[i][j], out);
    }
  }
}

OSTINATO_VECTORS inline Ahead aheadOf(const BlockOutput& out, int64_t m, int64_t n, int panelRows) {
  if (out.cRows || n >= out.n) return {{nullptr, nullptr}, 0, 0};
  const float* c = out.c + m * out.ldc;
  const int64_t second = n + 16 < out.n ? n + 16 : n;
  const auto column = [&](int64_t j) { return out.cGroups ? out.cGroups[j / kGroup] : j; };
  return {{c + column(n), c + column(second)}, out.m - m < 2 * panelRows ? out.m - m : 2 * panelRows, out.ldc};
}

inline const BFloat16* elements(const char* packed) { return reinterpret_cast<const BFloat16*>(packed); }

template <int Parts>
OSTINATO_TILES void multiplyParts(Panels a, int panelRows, Panels b, int64_t k, const BlockOutput& out) {
  configure(panelRows);
  const int64_t aPanel = a.stride / static_cast<int64_t>(sizeof(BFloat16));
  for (int64_t n = 0; n < out.n; n += kColumns) {
    const BFloat16* columns = elements(b.first + n / kColumns * b.stride);
    const int halves = out.n - n > 16 ? 2 : 1;
    for (int64_t m = 0; m < out.m; m += 2 * panelRows) {
      const int panels = out.m - m > panelRows ? 2 : 1;
      Place places[2][2];
      for (int i = 0; i < panels; i++) {
        for (int j = 0; j < halves; j++) {
          Place& p = places[i][j];
          p.m = m + i * panelRows;
          p.n = n + j * 16;
          p.rows = static_cast<int>(out.m - p.m < panelRows ? out.m - p.m : panelRows);
          p.columns = static_cast<int>(out.n - p.n < 16 ? out.n - p.n : 16);
          // Whole tiles that lie in C row by row need no detour.
          const bool straight = p.rows == panelRows && p.columns == 16 && !out.cRows && !out.bias;
          p.c = straight ? out.c + p.m * out.ldc + (out.cGroups ? out.cGroups[p.n / kGroup] : p.n) : nullptr;
        }
      }
      const bool sameColumns = m + 2 * panelRows < out.m;
      const Ahead ahead = aheadOf(out, sameColumns ? m + 2 * panelRows : 0, sameColumns ? n : n + kColumns, panelRows);
      const BFloat16* rows = elements(a.first + m / panelRows * a.stride);
      if (panels == 2 && halves == 2) {
        block<Parts, 2, 2>(rows, aPanel, panelRows, k, columns, places, ahead, out);
      } else if (panels == 2) {
        block<Parts, 2, 1>(rows, aPanel, panelRows, k, columns, places, ahead, out);
      } else if (halves == 2) {
        block<Parts, 1, 2>(rows, aPanel, panelRows, k, columns, places, ahead, out);
      } else {
        block<Parts, 1, 1>(rows, aPanel, panelRows, k, columns, places, ahead, out);
      }
    }
  }
  _tile_release();
}

}  // namespace

void multiply(Panels a, int panelRows, Panels b, int64_t k, int parts, const BlockOutput& out) {
  (parts == 2 ? multiplyParts<2> : multiplyParts<1>)(a, panelRows, b, k, out);
}

}  // namespace ostinato::matrix_unit

#else

#include <cstdlib>
#include "products/matrix_unit/matrix_unit.h"

#include "products/matrix_unit/matrix_unit.h"

namespace ostinato::matrix_unit {

// Never called: matrixUnitAvailable() guards every use.
void multiply(Panels, int, Panels, int64_t, int, const BlockOutput&) { std::abort(); }

}  // namespace ostinato::matrix_unit

#endif
