// The CPU's matrix unit, for products whose precision allows it.
#include "products/provider.h"
#include "products/blocked_product.h"
#include "products/matrix_unit/matrix_unit.h"

namespace ostinato {
namespace {

using matrix_unit::BFloat16;

BFloat16* tiles(void* packed) { return static_cast<BFloat16*>(packed); }

constexpr GradientPacking kGradientPacking = {
    .packPairs = [](const float* b, int64_t ldb, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t depth,
                    void* packed) { matrix_unit::packPairs(b, ldb, m, k, g0, g1, depth, tiles(packed)); },
    .packDepths = [](const float* const* depths, int64_t m, int64_t k, int64_t s0, int64_t s1, int rows,
                     const int32_t* groups,
                     void* packed) { matrix_unit::packDepths(depths, m, k, s0, s1, rows, groups, tiles(packed)); },
    .transposeTo = matrix_unit::transposeTo,
};

// Operands in one part, or in two.
template <int Parts>
Packing packingOf() {
  return {
      .panelRows = matrix_unit::kRows,
      .panelColumns = matrix_unit::kColumns,
      .depthUnit = matrix_unit::kDepth,
      .elementBytes = Parts * sizeof(BFloat16),
      .slackBytes = 0,
      // Measured on 2 MB of L2, which blocks of A and B share: a panel of B is 32 KB.
      .blockDepth = 512,
      .depthStep = matrix_unit::kDepth,
      .blockRows = 128,
      .blockColumns = 1024,
      .splitRows = 2 * matrix_unit::kRows,
      .splitColumns = matrix_unit::kColumns,
      .packingCost = 100,
      // Fewer leave its tiles too empty.
      .fewestRows = 4,
      .sharesRows = true,
      .packA = [](const Gemm& g, int64_t m0, int64_t m, int64_t k0, int64_t k, int rows,
                  void* packed) { matrix_unit::packA(g, m0, m, k0, k, rows, Parts, tiles(packed)); },
      .packB = [](const Gemm& g, int64_t k0, int64_t k, int64_t n0, int64_t n,
                  void* packed) { matrix_unit::packB(g, k0, k, n0, n, Parts, tiles(packed)); },
      .multiply = [](Panels a, int rows, Panels b, int64_t k,
                     const BlockOutput& out) { matrix_unit::multiply(a, rows, b, k, Parts, out); },
      .multiplyRows = nullptr,
      .packGroups =
          [](const float* a, int64_t lda, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t row, int rows,
             void* packed) { matrix_unit::packGroups(a, lda, m, k, g0, g1, row, rows, Parts, tiles(packed)); },
      // In two parts the gradients in both orders would be twice the bytes of float32, and were 8 % slower.
      .gradients = Parts == 1 ? &kGradientPacking : nullptr,
  };
}

class MatrixUnitProvider final : public Provider {
 public:
  const char* name() const override { return "matrix unit"; }
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
