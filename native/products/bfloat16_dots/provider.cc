// The CPU's dot products of bfloat16 pairs, for products whose precision allows it.
#include "products/provider.h"
#include "products/bfloat16/operands.h"
#include "products/bfloat16_dots/dots.h"
#include "products/blocked_product.h"

namespace ostinato {
namespace {

class DotsProvider final : public Provider {
 public:
  const char* name() const override { return "dot products (AVX512_BF16)"; }
  bool available() const override { return bfloat16::dotsAvailable(); }
  bool rounds() const override { return true; }

  bool wins(const Gemm& g) const override {
    constexpr int64_t kFewestRows = 8;
    constexpr double kWorthwhile = 48.0 * 48.0 * 48.0;
    return g.M >= kFewestRows && g.N >= 16 && g.K >= 16 &&
           static_cast<double>(g.M) * static_cast<double>(g.N) * static_cast<double>(g.K) >= kWorthwhile;
  }
  bool fits(const Gemm& g) const override { return packing(g.precision) != nullptr; }

  size_t scratchBytes(const Gemm& g, int threads) const override {
    return blockedProductBytes(*packing(g.precision), g, threads);
  }
  void multiply(const Gemm& g, void* scratch, ThreadPool& pool) const override {
    blockedProduct(*packing(g.precision), g, scratch, pool);
  }

  const Packing* packing(Precision precision) const override {
    static const Packing one = [] {
      Packing packing = bfloat16::packingOf<1>();
      packing.multiply = bfloat16_dots::multiply;
      return packing;
    }();
    // In two parts three products take longer than one in float32.
    return precision == Precision::medium && available() ? &one : nullptr;
  }
};

}  // namespace

const Provider& dotsProvider() {
  static const DotsProvider provider;
  return provider;
}

}  // namespace ostinato
