// The register tile of the matrix product: `Rows` x `Vectors` vectors of sums stay in registers while k runs; each step
// loads the vectors of B once and broadcasts one element of A per row. For SIMD files only.
#if defined(OSTINATO_OWN_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSTINATO_OWN_TILE_INL_H_
#undef OSTINATO_OWN_TILE_INL_H_
#else
#define OSTINATO_OWN_TILE_INL_H_
#endif

#include <cstring>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "products/own/own_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
// One lane at a time would leave the baseline's own vectors idle: four floats, which GCC and Clang hold in one of them.
constexpr int kLanes = 4;
#ifdef __GNUC__
typedef float Floats __attribute__((vector_size(16)));
HWY_INLINE Floats setFloats(float x) { return Floats{x, x, x, x}; }
HWY_INLINE Floats multiplyAdd(Floats a, Floats b, Floats c) { return c + a * b; }
HWY_INLINE Floats addFloats(Floats a, Floats b) { return a + b; }
HWY_INLINE float sumFloats(Floats a) { return (a[0] + a[2]) + (a[1] + a[3]); }
#else
struct Floats {
  float v[4];
};
HWY_INLINE Floats setFloats(float x) { return {{x, x, x, x}}; }
HWY_INLINE Floats multiplyAdd(Floats a, Floats b, Floats c) {
  for (int i = 0; i < 4; i++) c.v[i] += a.v[i] * b.v[i];
  return c;
}
HWY_INLINE Floats addFloats(Floats a, Floats b) {
  for (int i = 0; i < 4; i++) a.v[i] += b.v[i];
  return a;
}
HWY_INLINE float sumFloats(Floats a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
#endif
HWY_INLINE Floats loadFloats(const float* p) {
  Floats x;
  std::memcpy(&x, p, sizeof x);
  return x;
}
HWY_INLINE void storeFloats(Floats x, float* p) { std::memcpy(p, &x, sizeof x); }
#else
using FloatTag = hn::ScalableTag<float>;
using Floats = hn::Vec<FloatTag>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(FloatTag()));
HWY_INLINE Floats loadFloats(const float* p) { return hn::LoadU(FloatTag(), p); }
HWY_INLINE void storeFloats(Floats x, float* p) { hn::StoreU(x, FloatTag(), p); }
HWY_INLINE Floats setFloats(float x) { return hn::Set(FloatTag(), x); }
HWY_INLINE Floats multiplyAdd(Floats a, Floats b, Floats c) { return hn::MulAdd(a, b, c); }
HWY_INLINE Floats addFloats(Floats a, Floats b) { return hn::Add(a, b); }
HWY_INLINE float sumFloats(Floats a) { return hn::GetLane(hn::SumOfLanes(FloatTag(), a)); }
#endif

// The first `count` floats, zeros after them; never reads past them.
HWY_INLINE Floats loadFirst(const float* p, int count) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3
  const FloatTag d;
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(count)), d, p);
#else
  alignas(64) float line[kLanes] = {};
  for (int i = 0; i < count; i++) line[i] = p[i];
  return loadFloats(line);
#endif
}

constexpr int kPanelVectors = 2;
constexpr int kPanelColumns = kPanelVectors * kLanes;

// 14 x 2 sums of 32 registers (AVX-512), 6 x 2 of 16 (AVX2, SSE2), 12 x 2 of 32 quarter-size ones (NEON).
#if HWY_TARGET <= HWY_AVX3
constexpr int kMaxRows = 14;
#elif HWY_TARGET == HWY_NEON
constexpr int kMaxRows = 12;
#else
constexpr int kMaxRows = 6;
#endif

struct TileInput {
  int64_t k;
  const float* a;      // packed panel, or the first row
  int64_t lda;         // when not packed
  const float* b;      // one panel
  int64_t ldb;         // from depth to depth when B is not packed
  const float* ahead;  // what to prefetch, one line a depth; null: nothing
  int64_t aheadStep;   // floats from line to line
};

// Where a tile goes: rows, or null for one that is thrown away; the column of each vector; columns that exist.
struct TileOutput {
  float* rows[kMaxRows];
  int64_t offsets[kPanelVectors];
  int columns;
  bool accumulate;
  const float* bias;  // of the first column, or null
};

// Tiles at the right edge, of fewer columns than they have lanes, go through a copy of their sums, a row after the
// other. Edges are few, and the loops over single columns would be most of the code if every size of tile had its own.
//
// No pointer is read where it may be null, not even under a mask of zeros: a processor takes hundreds of cycles to see
// that nothing was read. Written as a loop over columns, Clang made such masks of it.
template <int Vectors>
HWY_NOINLINE void readEdge(const TileOutput& out, int rows, float* sums) {
  for (int v = 0; v < Vectors; v++) {
    const int left = out.columns - v * kLanes;
    const int count = left < 0 ? 0 : left < kLanes ? left : kLanes;
    const Floats bias = out.bias && count > 0 ? loadFirst(out.bias + v * kLanes, count) : setFloats(0.0f);
    for (int r = 0; r < rows; r++) {
      const float* row = out.accumulate && count > 0 ? out.rows[r] : nullptr;
      const Floats before = row ? loadFirst(row + out.offsets[v], count) : setFloats(0.0f);
      storeFloats(addFloats(before, bias), sums + (r * Vectors + v) * kLanes);
    }
  }
}

template <int Vectors>
HWY_NOINLINE void writeEdge(const TileOutput& out, int rows, const float* sums) {
  for (int r = 0; r < rows; r++, sums += Vectors * kLanes) {
    float* row = out.rows[r];
    if (row == nullptr) continue;
    for (int j = 0; j < out.columns; j++) row[out.offsets[j / kLanes] + j % kLanes] = sums[j];
  }
}

// The values that sums begin with: what is there already, and the bias. Adding at the beginning, not at the end, makes
// a product the same to the bit however its depth is cut, which depends on the number of rows.
template <int Rows, int Vectors>
HWY_INLINE void beginTile(Floats (&sums)[Rows][Vectors], const TileOutput& out) {
  if (out.columns != Vectors * kLanes) {
    alignas(64) float edge[Rows * Vectors * kLanes];
    readEdge<Vectors>(out, Rows, edge);
    HWY_UNROLL(16)
    for (int r = 0; r < Rows; r++) {
      HWY_UNROLL(4)
      for (int v = 0; v < Vectors; v++) sums[r][v] = loadFloats(edge + (r * Vectors + v) * kLanes);
    }
    return;
  }
  HWY_UNROLL(16)
  for (int r = 0; r < Rows; r++) {
    const float* row = out.accumulate ? out.rows[r] : nullptr;
    HWY_UNROLL(4)
    for (int v = 0; v < Vectors; v++) {
      sums[r][v] = row ? loadFloats(row + out.offsets[v]) : setFloats(0.0f);
      if (out.bias) sums[r][v] = addFloats(sums[r][v], loadFloats(out.bias + v * kLanes));
    }
  }
}

template <int Rows, int Vectors>
HWY_INLINE void storeTile(const Floats (&sums)[Rows][Vectors], const TileOutput& out) {
  if (out.columns != Vectors * kLanes) {
    alignas(64) float edge[Rows * Vectors * kLanes];
    HWY_UNROLL(16)
    for (int r = 0; r < Rows; r++) {
      HWY_UNROLL(4)
      for (int v = 0; v < Vectors; v++) storeFloats(sums[r][v], edge + (r * Vectors + v) * kLanes);
    }
    writeEdge<Vectors>(out, Rows, edge);
    return;
  }
  HWY_UNROLL(16)
  for (int r = 0; r < Rows; r++) {
    float* row = out.rows[r];
    if (row == nullptr) continue;
    HWY_UNROLL(4)
    for (int v = 0; v < Vectors; v++) storeFloats(sums[r][v], row + out.offsets[v]);
  }
}

// Keeps a vector in its register. GCC would load it anew for each product, and loads are what bounds a tile of few
// rows.
HWY_INLINE void keep(Floats& x) {
#if defined(__GNUC__) && !defined(__clang__) && HWY_ARCH_X86_64 && HWY_TARGET != HWY_SCALAR
  asm("" : "+v"(x.raw));
#else
  (void)x;
#endif
}

// With few rows the multiply-adds of one step are too few to hide their latency, so 4 (or 2) steps get sums of their
// own.
constexpr int tileDepth(int rows) { return rows == 1 ? 4 : rows <= 3 ? 2 : 1; }

template <int Rows, int Vectors, bool PackedA, bool PackedB, bool Ahead>
HWY_NOINLINE void tile(const TileInput& in, const TileOutput& out) {
  constexpr int kDepth = kLanes == 4 ? 1 : tileDepth(Rows);
  Floats sums[kDepth][Rows][Vectors];
  beginTile<Rows, Vectors>(sums[0], out);
  HWY_UNROLL(4)
  for (int s = 1; s < kDepth; s++) {
    HWY_UNROLL(16)
    for (int r = 0; r < Rows; r++) {
      HWY_UNROLL(4)
      for (int v = 0; v < Vectors; v++) sums[s][r][v] = setFloats(0.0f);
    }
  }
  // The tile's part of C comes while the sums are made; it would stall their end otherwise.
  HWY_UNROLL(16)
  for (int r = 0; r < Rows; r++) {
    for (int v = 0; v < Vectors && out.rows[r] != nullptr; v++) hwy::Prefetch(out.rows[r] + out.offsets[v]);
  }
  const float* a = in.a;
  const float* b = in.b;
  const int64_t lda = in.lda;
  const int64_t ldb = PackedB ? kPanelColumns : in.ldb;
  const float* ahead = in.ahead;
  const int64_t aheadStep = in.aheadStep;
  int64_t k = in.k;
  for (; k >= kDepth; k -= kDepth) {
    HWY_UNROLL(4)
    for (int s = 0; s < kDepth; s++) {
      if (Ahead) {
        hwy::Prefetch(ahead);
        ahead += aheadStep;
      }
      Floats columns[Vectors];
      HWY_UNROLL(4)
      for (int v = 0; v < Vectors; v++) {
        columns[v] = loadFloats(b + s * ldb + v * kLanes);
        keep(columns[v]);
      }
      HWY_UNROLL(16)
      for (int r = 0; r < Rows; r++) {
        const Floats x = setFloats(PackedA ? a[s * Rows + r] : a[r * lda + s]);
        HWY_UNROLL(4)
        for (int v = 0; v < Vectors; v++) sums[s][r][v] = multiplyAdd(x, columns[v], sums[s][r][v]);
      }
    }
    a += PackedA ? kDepth * Rows : kDepth;
    b += kDepth * ldb;
  }
  for (; k > 0; k--) {
    HWY_UNROLL(16)
    for (int r = 0; r < Rows; r++) {
      const Floats x = setFloats(PackedA ? a[r] : a[r * lda]);
      HWY_UNROLL(4)
      for (int v = 0; v < Vectors; v++) sums[0][r][v] = multiplyAdd(x, loadFloats(b + v * kLanes), sums[0][r][v]);
    }
    a += PackedA ? Rows : 1;
    b += ldb;
  }
  HWY_UNROLL(4)
  for (int s = 1; s < kDepth; s++) {
    HWY_UNROLL(16)
    for (int r = 0; r < Rows; r++) {
      HWY_UNROLL(4)
      for (int v = 0; v < Vectors; v++) sums[0][r][v] = addFloats(sums[0][r][v], sums[s][r][v]);
    }
  }
  storeTile<Rows, Vectors>(sums[0], out);
}

using TileFunction = void (*)(const TileInput&, const TileOutput&);

template <int Vectors, bool PackedA, bool PackedB, bool Ahead>
HWY_INLINE TileFunction tileFor(int rows) {
  static constexpr TileFunction kTiles[] = {
      nullptr,
      tile<1, Vectors, PackedA, PackedB, Ahead>,
      tile<2, Vectors, PackedA, PackedB, Ahead>,
      tile<3, Vectors, PackedA, PackedB, Ahead>,
      tile<4, Vectors, PackedA, PackedB, Ahead>,
      tile<5, Vectors, PackedA, PackedB, Ahead>,
      tile<6, Vectors, PackedA, PackedB, Ahead>,
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
      tile<7, Vectors, PackedA, PackedB, Ahead>,
      tile<8, Vectors, PackedA, PackedB, Ahead>,
      tile<9, Vectors, PackedA, PackedB, Ahead>,
      tile<10, Vectors, PackedA, PackedB, Ahead>,
      tile<11, Vectors, PackedA, PackedB, Ahead>,
      tile<12, Vectors, PackedA, PackedB, Ahead>,
#endif
#if HWY_TARGET <= HWY_AVX3
      tile<13, Vectors, PackedA, PackedB, Ahead>,
      tile<14, Vectors, PackedA, PackedB, Ahead>,
#endif
  };
  return kTiles[rows];
}

// Runs the tile that computes `rows` rows of the columns in `output`; half a panel where the rest would be zeros.
template <bool PackedA, bool PackedB>
HWY_INLINE void runTile(int rows, const TileInput& input, const TileOutput& output) {
  if (output.columns <= kLanes) {
    tileFor<1, PackedA, PackedB, false>(rows)(input, output);
  } else if (!PackedA && PackedB && input.ahead) {
    tileFor<kPanelVectors, false, true, true>(rows)(input, output);
  } else {
    tileFor<kPanelVectors, PackedA, PackedB, false>(rows)(input, output);
  }
}

// Fills what of `output` depends on the rows [m0, m0 + rows).
HWY_INLINE void setTileRows(const BlockOutput& block, int64_t m0, int rows, TileOutput& output) {
  for (int r = 0; r < rows; r++) {
    const int64_t row = block.cRows ? block.cRows[m0 + r] : m0 + r;
    output.rows[r] = row < 0 ? nullptr : block.c + row * block.ldc;
  }
}

// The same for the panel of columns from n0 on.
HWY_INLINE void setTileColumns(const BlockOutput& block, int64_t n0, TileOutput& output) {
  const int64_t left = block.n - n0;
  output.columns = static_cast<int>(left < kPanelColumns ? left : kPanelColumns);
  output.bias = block.bias ? block.bias + n0 : nullptr;
  for (int v = 0; v < kPanelVectors; v++) {
    const int64_t n = n0 + v * kLanes;
    // A vector that lies past the end altogether has no group.
    output.offsets[v] = n >= block.n ? 0 : block.cGroups ? block.cGroups[n / kGroup] + n % kGroup : n;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#endif  // per-tier include guard
