// General matrix product on float32, row-major:  C = op(A) op(B) + bias  or  C += op(A) op(B) + bias.
//
//   op(A) [M,K]  a is [M,K], or [K,M] when transposeA; lda floats from row to row of what is stored
//   op(B) [K,N]  b is [K,N], or [N,K] when transposeB; ldb likewise
//   c     [M,N]  ldc floats from row to row; overlaps neither a nor b
//   bias  [N]    added to every row; null: none
//
// K = 0 gives the bias or zeros (added to C when accumulating); not with maps. NaN and infinity pass through as in
// plain arithmetic. Each element is a float32 sum in an order that depends only on the sizes, the tier and the number
// of threads; error: docs/numerics.md.
//
// Providers (products/provider.h), chosen per shape by measurement, multiply: our own kernels for every CPU tier, the
// system's CBLAS if one is found at run time, and, for products whose precision allows it, the CPU's matrix unit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/compact_weights.h"
#include "products/precision.h"

namespace ostinato {

class ThreadPool;

// Columns of a group.
constexpr int64_t kGroup = 16;

// Index lists for operands that are kept in blocks of 16 columns (the recurrent cells' gates). Our own kernels and the
// matrix unit know them, BLAS does not. Null: the plain index.
struct GemmMaps {
  // Which 16-wide groups of a's stored columns take part: columns of op(A) (K) without transposeA, its rows (M) with
  // it.
  const int32_t* aGroups = nullptr;
  // Which 16-wide groups of b's stored columns (N) take part. Not for transposeB.
  const int32_t* bGroups = nullptr;
  // Stored row of b for each of its rows that takes part (K, or N with transposeB); -1 stands for a row of zeros.
  const int32_t* bRows = nullptr;
  // Row of c for each row of the product; -1 throws the row away.
  const int32_t* cRows = nullptr;
  // First column in c for each group of 16 columns of the product.
  const int32_t* cGroups = nullptr;

  bool plain() const { return !aGroups && !bGroups && !bRows && !cRows && !cGroups; }
};

struct Gemm {
  int64_t M = 0, N = 0, K = 0;
  const float* a = nullptr;
  int64_t lda = 0;
  bool transposeA = false;
  const float* b = nullptr;
  int64_t ldb = 0;
  bool transposeB = false;
  float* c = nullptr;
  int64_t ldc = 0;
  bool accumulate = false;
  const float* bias = nullptr;
  // b once more in fewer bytes, as it is stored; read instead of it by products of few rows. Only with transposeB.
  const CompactWeights* compact = nullptr;
  GemmMaps maps = {};
  Precision precision = Precision::highest;
};

// Bytes of scratch for gemm() with these sizes, strides and transposes on the current tier, for any provider; of
// pointers it only looks at whether the maps are null. 0 when none is needed. For one thread they are enough also with
// fewer rows or columns.
size_t gemmScratchBytes(const Gemm& product, int threads);

// Scratch: 64-byte aligned, at least gemmScratchBytes(product, pool.threads()) bytes. Called inside a parallel part of
// the pool it runs on the calling thread alone, and gemmScratchBytes(product, 1) are enough.
void gemm(const Gemm& product, void* scratch, ThreadPool& pool);

// c = bias or zeros, or c += bias: a product without depths.
void startWithBias(const Gemm& product);

}  // namespace ostinato
