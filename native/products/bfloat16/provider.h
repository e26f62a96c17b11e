// Common parts of all providers of products in bfloat16.
#pragma once

#include "products/blocked_product.h"
#include "products/provider.h"

namespace ostinato::bfloat16 {

class RoundingProvider : public Provider {
 public:
  bool rounds() const override { return true; }

  // Smaller products gain less than packing and rounding their operands costs.
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

 protected:
  ~RoundingProvider() = default;
};

}  // namespace ostinato::bfloat16
