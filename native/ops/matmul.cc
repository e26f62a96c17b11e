// matmul: a [M,K] or [K,M], b [K,N] or [N,K], transposeA, transposeB -> y [M,N].
#include <algorithm>

#include "ops/kept_product.h"
#include "ops/manifest.h"
#include "products/gemm.h"

namespace ostinato {
namespace {

using namespace ops;

using op = ops::matmul;

Gemm matmulOf(const Call& call) {
  const TensorView& a = call.operand(op::a);
  const TensorView& b = call.operand(op::b);
  const bool transposeA = call.integer(op::transposeA) != 0, transposeB = call.integer(op::transposeB) != 0;
  const int64_t N = b.dims[transposeB ? 0 : 1];
  return {.M = a.dims[transposeA ? 1 : 0],
          .N = N,
          .K = a.dims[transposeA ? 0 : 1],
          .a = a.f32(),
          .lda = a.dims[1],
          .transposeA = transposeA,
          .b = b.f32(),
          .ldb = b.dims[1],
          .transposeB = transposeB,
          .c = call.result(op::y).mutableF32(),
          .ldc = N,
          .precision = call.precision};
}

size_t checkMatmul(const Call& call) {
  expectOperand(call, matmul::a, DType::f32, 2);
  expectOperand(call, matmul::b, DType::f32, 2);
  expectInteger(call, matmul::transposeA, 0, 1);
  expectInteger(call, matmul::transposeB, 0, 1);
  const Gemm g = matmulOf(call);
  if (call.operand(matmul::b).dims[g.transposeB ? 1 : 0] != g.K) {
    refuse(call, "inner sizes differ: a " + shapeText(call.operand(matmul::a)) + (g.transposeA ? " transposed" : "") +
                     ", b " + shapeText(call.operand(matmul::b)) + (g.transposeB ? " transposed" : ""));
  }
  const int64_t dims[] = {g.M, g.N};
  expectResult(call, matmul::y, DType::f32, dims, 2);
  return std::max(gemmScratchBytes(g, call.pool.threads()), keptProductScratchBytes(g, call.pool));
}

KeptForm keepsMatmul(const Call& call, int operand) {
  return operand == op::b ? keptProductForm(matmulOf(call), call.pool) : KeptForm();
}

void runMatmul(const Call& call) {
  const Gemm g = matmulOf(call);
  if (Kept* kept = call.keptOf(op::b)) return keptProduct(g, *kept, call.scratch, call.pool);
  gemm(g, call.scratch, call.pool);
}

}  // namespace

const Implementation ops::matmul::implementation = {checkMatmul, runMatmul, keepsMatmul};

}  // namespace ostinato
