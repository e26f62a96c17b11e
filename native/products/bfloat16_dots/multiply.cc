// Panels of A times panels of B: sums of up to 6 rows by 64 columns stay in 24 registers while depths run. Each pair of
// depths takes 4 vectors of B and a broadcast for each row: 10 loads for 24 instructions. Both come from L2, a panel of
// B anew for each tile: what the next 32 depths need is fetched while these are multiplied.
#include "products/bfloat16/instructions.h"
#include "products/bfloat16_dots/dots.h"

#ifdef OSTINATO_BFLOAT16

namespace ostinato::bfloat16_dots {

using namespace bfloat16;

namespace {

constexpr int kMostRows = 6;
constexpr int64_t kPairs = kDepth / 2;

// Rows m.. and columns n.. of a block of C.
struct Place {
  int64_t m, n;
};

// Fetches the sums that a tile will be added to, while it is made.
template <int Rows, int Vectors>
OSTINATO_DOTS inline void fetch(const Place& place, const BlockOutput& out) {
  for (int v = 0; v < Vectors && place.n + v * kGroup < out.n; v++) {
    const int64_t n = place.n + v * kGroup, column = out.cGroups ? out.cGroups[n / kGroup] : n;
    for (int r = 0; r < Rows; r++) {
      const int64_t row = out.cRows ? out.cRows[place.m + r] : place.m + r;
      if (row >= 0) __builtin_prefetch(out.c + row * out.ldc + column, 1);
    }
  }
}

template <int Rows, int Vectors>
OSTINATO_DOTS inline void store(const __m512 (&sums)[Rows][Vectors], const Place& place, const BlockOutput& out) {
  for (int v = 0; v < Vectors; v++) {
    const int64_t n = place.n + v * kGroup;
    if (n >= out.n) return;
    const __mmask16 lanes = firstLanes(out.n - n);
    const int64_t column = out.cGroups ? out.cGroups[n / kGroup] : n;
    const __m512 bias = out.bias ? _mm512_maskz_loadu_ps(lanes, out.bias + n) : _mm512_setzero_ps();
    for (int r = 0; r < Rows; r++) {
      const int64_t row = out.cRows ? out.cRows[place.m + r] : place.m + r;
      if (row < 0) continue;
      float* to = out.c + row * out.ldc + column;
      __m512 sum = _mm512_add_ps(sums[r][v], bias);
      if (out.accumulate) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(lanes, to));
      _mm512_mask_storeu_ps(to, lanes, sum);
    }
  }
}

// Rows of a panel times one or two panels of columns, `bPanel` elements apart. `step` elements lead from 32 depths of
// the rows to the next 32.
template <int Rows, int Vectors>
OSTINATO_DOTS void tile(const BFloat16* a, int64_t step, const BFloat16* b, int64_t bPanel, int64_t k,
                        const Place& place, const BlockOutput& out) {
  if (out.accumulate) fetch<Rows, Vectors>(place, out);
  __m512 sums[Rows][Vectors];
  for (int r = 0; r < Rows; r++) {
    for (int v = 0; v < Vectors; v++) sums[r][v] = _mm512_setzero_ps();
  }
  for (int64_t left = steps(k); left > 0; left--, a += step, b += 2 * kTile) {
    for (int r = 0; r < Rows; r++) __builtin_prefetch(a + step + r * kDepth);
    for (int64_t pair = 0; pair < kPairs; pair++) {
      __m512i columns[Vectors];
      for (int v = 0; v < Vectors; v++) {
        const BFloat16* column = b + v / 2 * bPanel + v % 2 * kTile + pair * 2 * kGroup;
        columns[v] = _mm512_load_si512(column);
        __builtin_prefetch(column + 2 * kTile);
      }
      for (int r = 0; r < Rows; r++) {
        int32_t both;
        __builtin_memcpy(&both, a + r * kDepth + 2 * pair, sizeof(both));
        const __m512i row = _mm512_set1_epi32(both);
        for (int v = 0; v < Vectors; v++) {
          sums[r][v] =
              _mm512_dpbf16_ps(sums[r][v], reinterpret_cast<__m512bh>(row), reinterpret_cast<__m512bh>(columns[v]));
        }
      }
    }
  }
  store<Rows, Vectors>(sums, place, out);
}

using Tile = void (*)(const BFloat16*, int64_t, const BFloat16*, int64_t, int64_t, const Place&, const BlockOutput&);

template <int Vectors>
constexpr Tile kTiles[kMostRows] = {tile<1, Vectors>, tile<2, Vectors>, tile<3, Vectors>,
                                    tile<4, Vectors>, tile<5, Vectors>, tile<6, Vectors>};

// The rows of all panels, for `Vectors` vectors of columns from n on: a panel of 16 in 6, 5 and 5.
template <int Vectors>
OSTINATO_DOTS void columnsOf(Panels a, int panelRows, const BFloat16* b, int64_t bPanel, int64_t k, int64_t n,
                             const BlockOutput& out) {
  for (int64_t m = 0; m < out.m; m += panelRows, a.first += a.stride) {
    const BFloat16* panel = reinterpret_cast<const BFloat16*>(a.first);
    const int64_t rows = out.m - m < panelRows ? out.m - m : panelRows;
    int64_t tiles = ceilDivide(rows, kMostRows);
    for (int64_t row = 0; row < rows; tiles--) {
      const int64_t own = ceilDivide(rows - row, tiles);
      kTiles<Vectors>[own - 1](panel + row* kDepth, panelRows* kDepth, b, bPanel, k, {m + row, n}, out);
      row += own;
    }
  }
}

}  // namespace

void multiply(Panels a, int panelRows, Panels b, int64_t k, const BlockOutput& out) {
  const int64_t bPanel = b.stride / static_cast<int64_t>(sizeof(BFloat16));
  for (int64_t n = 0; n < out.n;) {
    const BFloat16* panel = reinterpret_cast<const BFloat16*>(b.first) + n / kColumns * bPanel;
    if (out.n - n > kColumns + kGroup) {
      columnsOf<4>(a, panelRows, panel, bPanel, k, n, out);
      n += 2 * kColumns;
    } else if (out.n - n > kGroup) {
      columnsOf<2>(a, panelRows, panel, bPanel, k, n, out);
      n += kColumns;
    } else {
      columnsOf<1>(a, panelRows, panel, bPanel, k, n, out);
      n += kColumns;
    }
  }
}

}  // namespace ostinato::bfloat16_dots

#else

#include <cstdlib>

namespace ostinato::bfloat16_dots {

// Never called: bfloat16::dotsAvailable() guards every use.
void multiply(Panels, int, Panels, int64_t, const BlockOutput&) { std::abort(); }

}  // namespace ostinato::bfloat16_dots

#endif
