// linear: x [...,I], weight [O,I], bias? [O] -> y [...,O] = x weightᵀ + bias.
#include <algorithm>

#include "ops/kept_product.h"
#include "ops/manifest.h"
#include "products/gemm.h"

namespace ostinato {
namespace {

using namespace ops;

using op = ops::linear;

Gemm linearOf(const Call& call) {
  const TensorView& x = call.operand(op::x);
  const TensorView& weight = call.operand(op::weight);
  const int64_t N = weight.dims[0], K = weight.dims[1];
  return {.M = x.elements() / K,
          .N = N,
          .K = K,
          .a = x.f32(),
          .lda = K,
          .b = weight.f32(),
          .ldb = K,
          .transposeB = true,
          .c = call.result(op::y).mutableF32(),
          .ldc = N,
          .bias = call.operand(op::bias).f32(),
          .compact = weight.compactRows(),
          .precision = call.precision};
}

size_t checkLinear(const Call& call) {
  expectOperand(call, linear::x, DType::f32);
  expectOperand(call, linear::weight, DType::f32, 2);
  const TensorView& x = call.operand(linear::x);
  const TensorView& weight = call.operand(linear::weight);
  if (x.rank < 1 || x.last() != weight.dims[1]) {
    refuse(call, "expected x to be [...," + std::to_string(weight.dims[1]) + "] for weight " + shapeText(weight) +
                     ", got " + shapeText(x));
  }
  expectShape(call, linear::bias, DType::f32, weight.dims, 1);
  int64_t dims[kMaxRank];
  for (int i = 0; i < x.rank; i++) dims[i] = x.dims[i];
  dims[x.rank - 1] = weight.dims[0];
  expectResult(call, linear::y, DType::f32, dims, x.rank);
  const Gemm g = linearOf(call);
  return std::max(gemmScratchBytes(g, call.pool.threads()), keptProductScratchBytes(g, call.pool));
}

KeptForm keepsLinear(const Call& call, int operand) {
  return operand == op::weight ? keptProductForm(linearOf(call), call.pool) : KeptForm();
}

void runLinear(const Call& call) {
  const Gemm g = linearOf(call);
  if (Kept* kept = call.keptOf(op::weight)) return keptProduct(g, *kept, call.scratch, call.pool);
  gemm(g, call.scratch, call.pool);
}

void runLinearInBlocks(const Call& call, BlockReader& reader) {
  keptProductInBlocks(linearOf(call), *call.keptOf(op::weight), call.scratch, call.pool, reader);
}

}  // namespace

const Implementation ops::linear::implementation = {checkLinear, runLinear, keepsLinear, runLinearInBlocks};

}  // namespace ostinato
