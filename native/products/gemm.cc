#include "products/gemm.h"

#include <algorithm>

#include "products/provider.h"

namespace ostinato {

size_t gemmScratchBytes(const Gemm& product, int threads) {
  if (product.M <= 0 || product.N <= 0 || product.K <= 0) return 0;
  // Our own provider multiplies what is too small for others: what is enough for a product is then enough for one of
  // fewer rows or columns.
  return std::max(providerOf(product).scratchBytes(product, threads),
                  providers().back()->scratchBytes(product, threads));
}

void gemm(const Gemm& product, void* scratch, ThreadPool& pool) {
  if (product.M <= 0 || product.N <= 0) return;
  if (product.K <= 0) return startWithBias(product);
  providerOf(product).multiply(product, scratch, pool);
}

void startWithBias(const Gemm& g) {
  for (int64_t m = 0; m < g.M; m++) {
    float* c = g.c + m * g.ldc;
    if (g.accumulate) {
      for (int64_t n = 0; g.bias && n < g.N; n++) c[n] += g.bias[n];
    } else if (g.bias) {
      std::copy_n(g.bias, g.N, c);
    } else {
      std::fill_n(c, g.N, 0.0f);
    }
  }
}

}  // namespace ostinato
