// The CPU's matrix unit, for products whose precision allows it.
#include "products/provider.h"
#include "products/bfloat16/operands.h"
#include "products/blocked_product.h"
#include "products/matrix_unit/matrix_unit.h"

namespace ostinato {
namespace {

// Operands in one part, or in two.
template <int Parts>
Packing packingOf() {
  Packing packing = bfloat16::packingOf<Parts>();
  packing.multiply = [](Panels a, int rows, Panels b, int64_t k, const BlockOutput& out) {
    matrix_unit::multiply(a, rows, b, k, Parts, out);
  };
  return packing;
}

class MatrixUnitProvider final : public Provider {
 public:
  const char* name() const override { return "matrix unit (AMX)"; }
  bool available() const override { return matrixUnitAvailable(); }
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
    static const Packing one = packingOf<1>(), two = packingOf<2>();
    if (precision == Precision::highest || !available()) return nullptr;
    return precision == Precision::high ? &two : &one;
  }
};

}  // namespace

const Provider& matrixUnitProvider() {
  static const MatrixUnitProvider provider;
  return provider;
}

}  // namespace ostinato
