// linear: x [...,I], weight [O,I], bias? [O] -> y [...,O] = x weightᵀ + bias.
#include <algorithm>

#include "kernels/gemm.h"
#include "ops/kept_product.h"
#include "ops/manifest.h"

namespace ostinato {
namespace {

Gemm linearOf(const Call& call) {
  const TensorView& x = call.operand(0);
  const TensorView& weight = call.operand(1);
  Gemm g;
  g.K = weight.dims[1];
  g.M = x.elements() / g.K;
  g.N = weight.dims[0];
  g.a = x.f32();
  g.lda = g.K;
  g.b = weight.f32();
  g.ldb = g.K;
  g.compact = weight.compactRows();
  g.transposeB = true;
  g.c = call.result(0).mutableF32();
  g.ldc = g.N;
  g.bias = call.operand(2).f32();
  g.precision = call.precision;
  return g;
}

size_t checkLinear(const Call& call) {
  expectCounts("linear", call, 3, 1, 0);
  expectOperand("linear", call, 0, DType::f32);
  expectOperand("linear", call, 1, DType::f32, 2);
  const TensorView& x = call.operand(0);
  const TensorView& weight = call.operand(1);
  if (x.rank < 1 || x.last() != weight.dims[1]) {
    refuse("linear", "expected x to be [...," + std::to_string(weight.dims[1]) + "] for weight " + shapeText(weight) +
                         ", got " + shapeText(x));
  }
  expectShape("linear", call, 2, DType::f32, weight.dims, 1, true);
  int64_t dims[kMaxRank];
  for (int i = 0; i < x.rank; i++) dims[i] = x.dims[i];
  dims[x.rank - 1] = weight.dims[0];
  expectResult("linear", call, 0, DType::f32, dims, x.rank);
  const Gemm g = linearOf(call);
  return std::max(gemmScratchBytes(g, call.pool.threads()), keptProductScratchBytes(g, call.pool));
}

size_t keepsLinear(const Call& call) { return keptProductBytes(linearOf(call), call.pool); }

void runLinear(const Call& call) {
  const Gemm g = linearOf(call);
  if (call.kept) return keptProduct(g, *call.kept, call.scratch, call.pool);
  gemm(g, call.scratch, call.pool);
}

}  // namespace

const Implementation ops::linear::implementation = {checkLinear, runLinear, keepsLinear};

}  // namespace ostinato
