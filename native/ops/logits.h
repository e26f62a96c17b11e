// Parts that the output layer's cross-entropy and its gradient share: sizes, how threads divide the logits, and the
// products.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/rounding.h"
#include "ops/operation.h"
#include "ops/ranges.h"
#include "products/gemm.h"

namespace ostinato {

// Columns of a block of logits, which stays in L2.
constexpr int64_t kLogitColumns = 512;
// Fewer columns than these for each thread, and threads divide the rows instead.
constexpr int64_t kLogitColumnsOfPart = 1024;

struct LogitSizes {
  int64_t N, H, V;
  Precision precision;

  // x [N,H], weight [V,H]
  LogitSizes(const Call& call, int x, int weight)
      : N(call.operand(x).dims[0]),
        H(call.operand(x).dims[1]),
        V(call.operand(weight).dims[0]),
        precision(call.precision) {}
};

struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

// The share of one of `parts` in n, in whole units.
inline Range share(int64_t n, int64_t unit, int parts, int part) {
  const int64_t units = ceilDivide(n, unit);
  return {std::min(n, units * part / parts * unit), std::min(n, units * (part + 1) / parts * unit)};
}

// How threads divide the logits.
struct LogitGrid {
  int rowParts, columnParts;

  LogitGrid(const LogitSizes& s, const ThreadPool& pool) {
    const int threads = partsFor(pool, s.N, s.V * (8 + s.H));
    columnParts = static_cast<int>(std::clamp<int64_t>(s.V / kLogitColumnsOfPart, 1, threads));
    rowParts = threads / columnParts;
  }
  int parts() const { return rowParts * columnParts; }
};

// logits [m,n] = x [m,H] weightᵀ for m rows and n words
inline Gemm logitsProduct(const LogitSizes& s, int64_t m, int64_t n, const float* x, const float* weight, float* logits,
                          int64_t ld) {
  return {.M = m,
          .N = n,
          .K = s.H,
          .a = x,
          .lda = s.H,
          .b = weight,
          .ldb = s.H,
          .transposeB = true,
          .c = logits,
          .ldc = ld,
          .precision = s.precision};
}

// dx [N,H] = dlogits weight
inline Gemm inputGradientProduct(const LogitSizes& s, const float* dlogits, const float* weight, float* dx) {
  return {.M = s.N,
          .N = s.H,
          .K = s.V,
          .a = dlogits,
          .lda = s.V,
          .b = weight,
          .ldb = s.H,
          .c = dx,
          .ldc = s.H,
          .precision = s.precision};
}

// dweight [n,H] = dlogitsᵀ x for n words
inline Gemm weightGradientProduct(const LogitSizes& s, int64_t n, const float* dlogits, const float* x,
                                  float* dweight) {
  return {.M = n,
          .N = s.H,
          .K = s.N,
          .a = dlogits,
          .lda = s.V,
          .transposeA = true,
          .b = x,
          .ldb = s.H,
          .c = dweight,
          .ldc = s.H,
          .precision = s.precision};
}

// Checks x, weight, bias and targets, which both ops begin with.
void expectLogitInputs(const Call& call);

}  // namespace ostinato
