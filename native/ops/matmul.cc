// matmul: a [M,K] or [K,M], b [K,N] or [N,K], transposeA, transposeB -> y [M,N].
#include <algorithm>

#include "kernels/gemm.h"
#include "ops/kept_product.h"
#include "ops/manifest.h"

namespace ostinato {
namespace {

Gemm matmulOf(const Call& call) {
  const TensorView& a = call.operand(0);
  const TensorView& b = call.operand(1);
  Gemm g;
  g.transposeA = call.integer(0) != 0;
  g.transposeB = call.integer(1) != 0;
  g.M = a.dims[g.transposeA ? 1 : 0];
  g.K = a.dims[g.transposeA ? 0 : 1];
  g.N = b.dims[g.transposeB ? 0 : 1];
  g.a = a.f32();
  g.lda = a.dims[1];
  g.b = b.f32();
  g.ldb = b.dims[1];
  g.c = call.result(0).mutableF32();
  g.ldc = g.N;
  g.precision = call.precision;
  return g;
}

size_t checkMatmul(const Call& call) {
  expectCounts("matmul", call, 2, 1, 2);
  expectOperand("matmul", call, 0, DType::f32, 2);
  expectOperand("matmul", call, 1, DType::f32, 2);
  expectInteger("matmul", call, 0, 0, 1);
  expectInteger("matmul", call, 1, 0, 1);
  const Gemm g = matmulOf(call);
  if (call.operand(1).dims[g.transposeB ? 1 : 0] != g.K) {
    refuse("matmul", "inner sizes differ: a " + shapeText(call.operand(0)) + (g.transposeA ? " transposed" : "") +
                         ", b " + shapeText(call.operand(1)) + (g.transposeB ? " transposed" : ""));
  }
  const int64_t dims[] = {g.M, g.N};
  expectResult("matmul", call, 0, DType::f32, dims, 2);
  return std::max(gemmScratchBytes(g, call.pool.threads()), keptProductScratchBytes(g, call.pool));
}

size_t keepsMatmul(const Call& call) { return keptProductBytes(matmulOf(call), call.pool); }

void runMatmul(const Call& call) {
  const Gemm g = matmulOf(call);
  if (call.kept) return keptProduct(g, *call.kept, call.scratch, call.pool);
  gemm(g, call.scratch, call.pool);
}

}  // namespace

const Implementation ops::matmul::implementation = {checkMatmul, runMatmul, keepsMatmul};

}  // namespace ostinato
