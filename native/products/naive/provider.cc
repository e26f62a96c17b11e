// Three loops: the drill of a provider.
#include "products/provider.h"
#include "products/blocked_product.h"

namespace ostinato {
namespace {

class NaiveProvider final : public Provider {
 public:
  const char* name() const override { return "naive"; }
  bool available() const override { return true; }
  bool wins(const Gemm&) const override { return false; }
  bool fits(const Gemm& g) const override { return g.maps.plain(); }
  size_t scratchBytes(const Gemm&, int) const override { return 0; }
  void multiply(const Gemm& g, void*, ThreadPool&) const override {
    for (int64_t i = 0; i < g.M; i++) {
      for (int64_t j = 0; j < g.N; j++) {
        float sum = g.accumulate ? g.c[i * g.ldc + j] : 0.0f;
        if (g.bias) sum += g.bias[j];
        for (int64_t k = 0; k < g.K; k++) {
          const float a = g.transposeA ? g.a[k * g.lda + i] : g.a[i * g.lda + k];
          const float b = g.transposeB ? g.b[j * g.ldb + k] : g.b[k * g.ldb + j];
          sum += a * b;
        }
        g.c[i * g.ldc + j] = sum;
      }
    }
  }
  const Packing* packing(Precision) const override { return nullptr; }
};

}  // namespace

const Provider& naiveProvider() {
  static const NaiveProvider provider;
  return provider;
}

}  // namespace ostinato
