// How operands in bfloat16 are kept, whoever multiplies them.
#include "products/bfloat16/operands.h"

namespace ostinato::bfloat16 {
namespace {

BFloat16* elements(void* packed) { return static_cast<BFloat16*>(packed); }

constexpr GradientPacking kGradientPacking = {
    .packPairs = [](const float* b, int64_t ldb, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t depth,
                    void* packed) { packPairs(b, ldb, m, k, g0, g1, depth, elements(packed)); },
    .packDepths = [](const float* const* depths, int64_t m, int64_t k, int64_t s0, int64_t s1, int rows,
                     const int32_t* groups,
                     void* packed) { packDepths(depths, m, k, s0, s1, rows, groups, elements(packed)); },
    .transposeTo = transposeTo,
};

}  // namespace

template <int Parts>
Packing packingOf() {
  return {
      .panelRows = kRows,
      .panelColumns = kColumns,
      .depthUnit = kDepth,
      .elementBytes = Parts * sizeof(BFloat16),
      .slackBytes = 0,
      // Measured on 2 MB of L2, which blocks of A and B share: a panel of B is 32 KB.
      .blockDepth = 512,
      .depthStep = kDepth,
      .blockRows = 128,
      .blockColumns = 1024,
      .splitRows = 2 * kRows,
      .splitColumns = kColumns,
      .packingCost = 100,
      // Fewer leave the matrix unit's tiles too empty, and dot products too little work for what packing costs.
      .fewestRows = 4,
      .sharesRows = true,
      .packA = [](const Gemm& g, int64_t m0, int64_t m, int64_t k0, int64_t k, int rows,
                  void* packed) { packA(g, m0, m, k0, k, rows, Parts, elements(packed)); },
      .packB = [](const Gemm& g, int64_t k0, int64_t k, int64_t n0, int64_t n,
                  void* packed) { packB(g, k0, k, n0, n, Parts, elements(packed)); },
      .multiply = nullptr,
      .multiplyRows = nullptr,
      .packGroups = [](const float* a, int64_t lda, int64_t m, int64_t k, int64_t g0, int64_t g1, int64_t row, int rows,
                       void* packed) { packGroups(a, lda, m, k, g0, g1, row, rows, Parts, elements(packed)); },
      // In two parts the gradients in both orders would be twice the bytes of float32, and were 8 % slower.
      .gradients = Parts == 1 ? &kGradientPacking : nullptr,
  };
}

template Packing packingOf<1>();
template Packing packingOf<2>();

}  // namespace ostinato::bfloat16
