// The CPU's matrix unit, for products whose precision allows it.
#include "products/bfloat16/provider.h"
#include "products/bfloat16/operands.h"
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

class MatrixUnitProvider final : public bfloat16::RoundingProvider {
 public:
  const char* name() const override { return "matrix unit (AMX)"; }
  bool available() const override { return matrixUnitAvailable(); }

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
