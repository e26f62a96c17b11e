#include "kernels/gemm.h"

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "base/blas.h"
#include "base/rounding.h"
#include "base/thread_pool.h"
#include "kernels/gemm_kernels.h"
#include "kernels/matrix_unit.h"
#include "kernels/tiers.h"

namespace ostinato {
namespace {

// Columns of a packed block of B, which lies in L2 or L3.
constexpr int64_t kBlockColumns = 2048;
// Below this many multiply-adds a second thread gains less than waking it costs.
constexpr int64_t kSerialWork = 150000;

bool isPlain(const GemmMaps& maps) {
  return !maps.aGroups && !maps.bGroups && !maps.bRows && !maps.cRows && !maps.cGroups;
}

// A stored column [M,1] is a row, a product with one column the transposed product with one row.
Gemm simplified(Gemm g) {
  if (isPlain(g.maps) && !g.bias && g.N == 1 && g.M > 1 && g.ldc == 1 && (g.transposeB || g.ldb == 1)) {
    Gemm swapped = g;
    swapped.M = 1;
    swapped.N = g.M;
    swapped.a = g.b;
    swapped.lda = g.K;
    swapped.transposeA = false;
    swapped.b = g.a;
    swapped.ldb = g.lda;
    swapped.transposeB = !g.transposeA;
    swapped.ldc = g.M;
    swapped.compact = nullptr;
    return swapped;
  }
  if (g.M == 1 && g.transposeA && g.lda == 1 && !g.maps.aGroups) {
    g.transposeA = false;
    g.lda = g.K;
  }
  return g;
}

bool isDirect(const Gemm& g, const GemmKernels& kernels) {
  return g.M <= (g.transposeB ? kernels.directRowsTransposed : kernels.directRows) && !g.transposeA &&
         !g.maps.aGroups && !g.maps.cRows && (g.transposeB || (!g.maps.bRows && !g.maps.bGroups && !g.maps.cGroups));
}

// The grid of parts that C is cut into, one part a thread.
struct Split {
  int64_t rows, columns;  // of one part
  int rowParts, columnParts;
  int parts() const { return rowParts * columnParts; }
};

// packing: what packing an element costs, in multiply-adds.
Split splitFor(const Gemm& g, int threads, int64_t rowUnit, int64_t columnUnit, double packing = 12) {
  Split best{g.M, g.N, 1, 1};
  if (threads <= 1 || g.M * g.N * g.K < kSerialWork) return best;
  const int64_t rowUnits = ceilDivide(g.M, rowUnit), columnUnits = ceilDivide(g.N, columnUnit);
  double bestCost = 0;
  for (int rowParts = 1; rowParts <= threads; rowParts++) {
    const int columnParts = threads / rowParts;
    const int64_t rows = ceilDivide(rowUnits, rowParts) * rowUnit;
    const int64_t columns = ceilDivide(columnUnits, columnParts) * columnUnit;
    // Time per depth of one part: its sums, and packing.
    const double cost = static_cast<double>(rows) * columns + packing * (rows + columns);
    if (rowParts == 1 || cost < bestCost) {
      bestCost = cost;
      best = {rows, columns, static_cast<int>(ceilDivide(g.M, rows)), static_cast<int>(ceilDivide(g.N, columns))};
    }
  }
  return best;
}

Split ownSplit(const Gemm& g, const GemmKernels& kernels, int threads) {
  if (isDirect(g, kernels)) return splitFor(g, threads, g.M, 64);
  return splitFor(g, threads, kernels.maxPanelRows, std::max<int64_t>(kernels.panelColumns, kGroup));
}

// Blocks of nearly equal depth: 2600 by at most 704 is 656, 656, 656, 632.
int64_t evenDepth(int64_t k, int64_t most, int64_t unit) {
  return std::min(k, roundUp(ceilDivide(k, ceilDivide(k, most)), unit));
}

int64_t blockDepth(const GemmKernels& kernels, int64_t k) { return evenDepth(k, kernels.blockDepth, kGroup); }

struct BlockScratch {
  int64_t a, b;  // floats
  int64_t total() const { return a + b; }
};

BlockScratch blockScratch(const Gemm& g, const GemmKernels& kernels, const Split& split) {
  const int64_t depth = blockDepth(kernels, g.K);
  const int64_t columns = roundUp(std::min(split.columns, kBlockColumns), kernels.panelColumns);
  return {roundUp(std::min(split.rows, kernels.blockRows) * depth + kPackSlack, 16), roundUp(columns * depth, 16)};
}

// Where the block of C from row m0 and column n0 on goes. Its first depths bring the bias and what was there before.
BlockOutput outputOf(const Gemm& g, int64_t m0, int64_t m, int64_t n0, int64_t n, bool first) {
  BlockOutput out{
      m, n, g.c, g.ldc, g.maps.cRows, g.maps.cGroups, g.accumulate || !first, g.bias && first ? g.bias + n0 : nullptr};
  if (out.cRows) {
    out.cRows += m0;
  } else {
    out.c += m0 * g.ldc;
  }
  if (out.cGroups) {
    out.cGroups += n0 / kGroup;
  } else {
    out.c += n0;
  }
  return out;
}

void multiplyPart(const Gemm& g, const GemmKernels& kernels, int64_t m0, int64_t m, int64_t n0, int64_t n,
                  float* packedA, float* packedB) {
  const int64_t depth = blockDepth(kernels, g.K);
  for (int64_t nb = 0; nb < n; nb += kBlockColumns) {
    const int64_t columns = std::min(kBlockColumns, n - nb);
    for (int64_t k0 = 0; k0 < g.K; k0 += depth) {
      const int64_t k = std::min(depth, g.K - k0);
      const int64_t panelStride = k * kernels.panelColumns;
      kernels.packB(g, k0, k, n0 + nb, columns, packedB, panelStride);
      for (int64_t mb = 0; mb < m; mb += kernels.blockRows) {
        const int64_t rows = std::min(kernels.blockRows, m - mb);
        const int panelRows =
            static_cast<int>(ceilDivide(rows, ceilDivide(rows, static_cast<int64_t>(kernels.maxPanelRows))));
        kernels.packA(g, m0 + mb, rows, k0, k, panelRows, packedA);
        const BlockOutput out = outputOf(g, m0 + mb, rows, n0 + nb, columns, k0 == 0);
        kernels.multiplyPacked(packedA, panelRows, k, packedB, panelStride, out);
      }
    }
  }
}

void multiplyOwn(const Gemm& g, float* scratch, ThreadPool& pool) {
  const GemmKernels& kernels = gemmKernels();
  const Split split = ownSplit(g, kernels, pool.threadsHere());
  const bool direct = isDirect(g, kernels);
  const BlockScratch sizes = blockScratch(g, kernels, split);
  pool.parallel(split.parts(), [&](int part) {
    const int64_t m0 = part / split.columnParts * split.rows, n0 = part % split.columnParts * split.columns;
    const int64_t m = std::min(split.rows, g.M - m0), n = std::min(split.columns, g.N - n0);
    if (direct) {
      kernels.multiplyDirect(g, n0, n);
    } else {
      float* packed = scratch + part * sizes.total();
      multiplyPart(g, kernels, m0, m, n0, n, packed, packed + sizes.a);
    }
  });
}

// ---- the matrix unit
// -------------------------------------------------------------------------------------------------

// Cache blocking, by measurement on 2 MB of L2: a panel of B is 32 KB, which streams through L1; blocks of A and B
// share L2.
constexpr int64_t kUnitDepth = 512, kUnitRows = 128, kUnitColumns = 1024;
// Packing an element costs as much as so many multiply-adds of the unit.
constexpr double kUnitPacking = 100;

struct UnitBlocks {
  Split split;
  int64_t a, b;  // elements of scratch of one part
  int64_t bytes() const { return (a + b) * static_cast<int64_t>(sizeof(matrix_unit::BFloat16)) * split.parts(); }
};

UnitBlocks unitBlocks(const Gemm& g, int threads) {
  const int parts = matrix_unit::partsOf(g.precision);
  UnitBlocks blocks;
  blocks.split = splitFor(g, threads, 2 * matrix_unit::kRows, matrix_unit::kColumns, kUnitPacking);
  const int64_t depth = evenDepth(g.K, kUnitDepth, matrix_unit::kDepth), rows = std::min(blocks.split.rows, kUnitRows);
  blocks.a = roundUp(matrix_unit::packedA(roundUp(rows, matrix_unit::kRows), depth, matrix_unit::kRows, parts), 32);
  blocks.b = matrix_unit::packedB(std::min(blocks.split.columns, kUnitColumns), depth, parts);
  return blocks;
}

void multiplyUnit(const Gemm& g, matrix_unit::BFloat16* scratch, ThreadPool& pool) {
  const UnitBlocks blocks = unitBlocks(g, pool.threadsHere());
  const Split& split = blocks.split;
  const int parts = matrix_unit::partsOf(g.precision);
  const int64_t depth = evenDepth(g.K, kUnitDepth, matrix_unit::kDepth);
  pool.parallel(split.parts(), [&](int part) {
    const int64_t m0 = part / split.columnParts * split.rows, n0 = part % split.columnParts * split.columns;
    const int64_t m = std::min(split.rows, g.M - m0), n = std::min(split.columns, g.N - n0);
    matrix_unit::BFloat16* packedA = scratch + part * (blocks.a + blocks.b);
    matrix_unit::BFloat16* packedB = packedA + blocks.a;
    for (int64_t nb = 0; nb < n; nb += kUnitColumns) {
      const int64_t columns = std::min(kUnitColumns, n - nb);
      for (int64_t k0 = 0; k0 < g.K; k0 += depth) {
        const int64_t k = std::min(depth, g.K - k0);
        matrix_unit::packB(g, k0, k, n0 + nb, columns, parts, packedB);
        for (int64_t mb = 0; mb < m; mb += kUnitRows) {
          const int64_t rows = std::min(kUnitRows, m - mb);
          const int panelRows = matrix_unit::panelRowsFor(rows);
          matrix_unit::packA(g, m0 + mb, rows, k0, k, panelRows, parts, packedA);
          matrix_unit::multiply(matrix_unit::panelsOfA(packedA, k, panelRows, parts), panelRows,
                                matrix_unit::panelsOfB(packedB, k, parts), k, parts,
                                outputOf(g, m0 + mb, rows, n0 + nb, columns, k0 == 0));
        }
      }
    }
  });
}

bool fitsUnit(const Gemm& g) {
  constexpr int64_t kFewestRows = 8;
  constexpr double kWorthwhile = 48.0 * 48.0 * 48.0;
  return g.precision != Precision::highest && g.M >= kFewestRows && g.N >= 16 && g.K >= 16 &&
         static_cast<double>(g.M) * static_cast<double>(g.N) * static_cast<double>(g.K) >= kWorthwhile &&
         matrixUnitAvailable();
}

// ---- the system's BLAS
// -----------------------------------------------------------------------------------------------

// c = bias, or c += bias, for the products that know of none.
void startWithBias(int64_t m, int64_t n, const float* bias, bool accumulate, float* c, int64_t ldc) {
  for (int64_t i = 0; i < m; i++, c += ldc) {
    for (int64_t j = 0; j < n; j++) c[j] = (accumulate ? c[j] : 0.0f) + (bias ? bias[j] : 0.0f);
  }
}

void multiplyBlas(const Gemm& g, const Blas& blas, ThreadPool& pool) {
  const Split split = splitFor(g, pool.threadsHere(), 16, 16);
  pool.parallel(split.parts(), [&](int part) {
    const int64_t m0 = part / split.columnParts * split.rows, n0 = part % split.columnParts * split.columns;
    const int64_t m = std::min(split.rows, g.M - m0), n = std::min(split.columns, g.N - n0);
    float* c = g.c + m0 * g.ldc + n0;
    if (g.bias) startWithBias(m, n, g.bias + n0, g.accumulate, c, g.ldc);
    blas.sgemm(kBlasRowMajor, g.transposeA ? kBlasTranspose : kBlasNoTranspose,
               g.transposeB ? kBlasTranspose : kBlasNoTranspose, static_cast<int>(m), static_cast<int>(n),
               static_cast<int>(g.K), 1.0f, g.a + (g.transposeA ? m0 : m0 * g.lda), static_cast<int>(g.lda),
               g.b + (g.transposeB ? n0 * g.ldb : n0), static_cast<int>(g.ldb), g.accumulate || g.bias ? 1.0f : 0.0f, c,
               static_cast<int>(g.ldc));
  });
}

bool fitsBlas(const Gemm& g) { return isPlain(g.maps) && std::max({g.M, g.N, g.K, g.lda, g.ldb, g.ldc}) <= INT_MAX; }

// Which products go to the system's BLAS unless somebody says otherwise. GFLOP/s, one thread of a Xeon with AVX-512 and
// 2 MB of L2 (fma peak 240), OpenBLAS 0.3.21 (its SkylakeX kernels whatever our tier), bench/native/kernels.cc:
//
//     M      K      N   op    avx512   avx2   portable   OpenBLAS
//   2048   2048   2048  NN      192     113       29        200
//   4096    512   2048  NT      192     114       29        196
//   4096   2048    512  NN      197     111       31        187
//   2048   4096    512  TN      194     111       29        164
//    700    650  10000  NT      170     106       29        187
//     64    512   2048  NT      142     105       27        134
//     20    650   2600  NT       98      83       23         85
//      5    512   8000  NT       66      57       20         24
//      1    650  10000  NT       15      15       10          6
//
// On a tier with vectors the own kernels win or tie; that tie is not worth another library's threads in the process.
// The portable tier is for CPUs that we have no kernels for, where a tuned BLAS does. Accelerate reaches Apple's matrix
// units, which nothing else can; that is documented by Apple and not measured here.
bool blasIsFaster(const Gemm& g) {
  constexpr double kWorthwhile = 64.0 * 64.0 * 64.0;
  if (static_cast<double>(g.M) * static_cast<double>(g.N) * static_cast<double>(g.K) < kWorthwhile || g.M < 8)
    return false;
#ifndef __APPLE__
  if (currentTier() != Tier::portable) return false;
#endif
  return systemBlas() != nullptr && systemBlas()->optimized;
}

GemmProvider providerFromEnvironment() {
  GemmProvider provider = GemmProvider::automatic;
  const char* name = std::getenv("OSTINATO_GEMM");
  if (name != nullptr) parseGemmProvider(name, provider);
  return provider;
}

std::atomic<GemmProvider>& currentProvider() {
  static std::atomic<GemmProvider> provider{providerFromEnvironment()};
  return provider;
}

}  // namespace

bool parseGemmProvider(const char* name, GemmProvider& provider) {
  if (std::strcmp(name, "auto") == 0) {
    provider = GemmProvider::automatic;
  } else if (std::strcmp(name, "own") == 0) {
    provider = GemmProvider::own;
  } else if (std::strcmp(name, "blas") == 0) {
    provider = GemmProvider::blas;
  } else {
    return false;
  }
  return true;
}

bool setGemmProvider(GemmProvider provider) {
  currentProvider() = provider;
  return provider != GemmProvider::blas || systemBlas() != nullptr;
}

GemmProvider gemmProvider() { return currentProvider(); }

GemmProvider gemmChoice(const Gemm& g) {
  const GemmProvider wanted = gemmProvider();
  if (wanted != GemmProvider::blas && fitsUnit(g)) return GemmProvider::matrixUnit;
  if (wanted == GemmProvider::own || !fitsBlas(g)) return GemmProvider::own;
  const bool blas = wanted == GemmProvider::blas ? systemBlas() != nullptr : blasIsFaster(g);
  return blas ? GemmProvider::blas : GemmProvider::own;
}

size_t gemmScratchBytes(const Gemm& product, int threads) {
  const bool onUnit = product.M > 0 && product.N > 0 && gemmChoice(product) == GemmProvider::matrixUnit;
  const size_t unitBytes = onUnit ? static_cast<size_t>(unitBlocks(product, threads).bytes()) : 0;
  const GemmKernels& kernels = gemmKernels();
  const auto ownBytes = [&](const Gemm& g) -> size_t {
    if (g.K <= 0 || isDirect(g, kernels)) return 0;
    const Split split = ownSplit(g, kernels, threads);
    return static_cast<size_t>(blockScratch(g, kernels, split).total() * split.parts()) * sizeof(float);
  };
  // Whether there is a bias decides how a product with one column is made, and that is not known yet.
  Gemm plain = product;
  plain.bias = nullptr;
  // Also where the unit serves it: what is enough for a product is then enough for one of fewer rows or columns.
  return std::max({unitBytes, ownBytes(product), ownBytes(simplified(plain))});
}

void gemm(const Gemm& product, void* scratch, ThreadPool& pool) {
  if (product.M <= 0 || product.N <= 0) return;
  if (product.K <= 0) {
    startWithBias(product.M, product.N, product.bias, product.accumulate, product.c, product.ldc);
    return;
  }
  switch (gemmChoice(product)) {
    case GemmProvider::blas: return multiplyBlas(product, *systemBlas(), pool);
    case GemmProvider::matrixUnit: return multiplyUnit(product, static_cast<matrix_unit::BFloat16*>(scratch), pool);
    default: return multiplyOwn(simplified(product), static_cast<float*>(scratch), pool);
  }
}

}  // namespace ostinato
