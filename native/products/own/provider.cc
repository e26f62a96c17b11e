// Our own kernels, for every CPU tier and every product.
#include <algorithm>

#include "products/blocked_product.h"
#include "products/own/own_kernels.h"
#include "products/provider.h"

namespace ostinato {
namespace {

// A stored column [M,1] is a row, a product with one column the transposed product with one row.
Gemm simplified(Gemm g) {
  if (g.maps.plain() && !g.bias && g.N == 1 && g.M > 1 && g.ldc == 1 && (g.transposeB || g.ldb == 1)) {
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

bool isDirect(const Gemm& g, const OwnKernels& kernels) {
  return g.M <= (g.transposeB ? kernels.directRowsTransposed : kernels.directRows) && !g.transposeA &&
         !g.maps.aGroups && !g.maps.cRows && (g.transposeB || (!g.maps.bRows && !g.maps.bGroups && !g.maps.cGroups));
}

class OwnProvider final : public Provider {
 public:
  const char* name() const override { return "own"; }
  bool available() const override { return true; }
  bool wins(const Gemm&) const override { return true; }
  bool fits(const Gemm&) const override { return true; }

  size_t scratchBytes(const Gemm& product, int threads) const override {
    const OwnKernels& kernels = ownKernels();
    const auto bytes = [&](const Gemm& g) {
      return isDirect(g, kernels) ? 0 : blockedProductBytes(kernels.packing, g, threads);
    };
    // Whether there is a bias decides how a product with one column is made, and that is not known yet.
    Gemm plain = product;
    plain.bias = nullptr;
    return std::max(bytes(product), bytes(simplified(plain)));
  }

  void multiply(const Gemm& product, void* scratch, ThreadPool& pool) const override {
    const OwnKernels& kernels = ownKernels();
    const Gemm g = simplified(product);
    if (!isDirect(g, kernels)) return blockedProduct(kernels.packing, g, scratch, pool);
    forParts(g, splitFor(g, pool.threadsHere(), g.M, 64), pool,
             [&](const Part& part) { kernels.multiplyDirect(g, part.n0, part.n); });
  }

  const Packing* packing(Precision) const override { return &ownKernels().packing; }
};

}  // namespace

const Provider& ownProvider() {
  static const OwnProvider provider;
  return provider;
}

}  // namespace ostinato
