// The output layer and its cross-entropy in one op: losses of softmax(x Wᵀ + b) against targets.
//
// Training keeps the logits [N,V] for the gradient op, which turns them into their own gradient in place: at V = 10,000
// they are the largest values of a model. Evaluation gives them no memory; blocks of rows then pass through scratch.
#include <cmath>
#include <cstring>
#include <iterator>

#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "ops/families.h"
#include "ops/ranges.h"
#include "ops/targets.h"
#include "runtime/operation.h"

namespace ostinato {
namespace {

// Rows of logits in scratch at a time: enough for the product to run at full speed, few enough to stay near the cache.
constexpr int64_t kBlockRows = 128;

size_t roundUp(size_t bytes) { return (bytes + 63) / 64 * 64; }

struct Sizes {
  int64_t N, H, V;
  Precision precision;
};

Sizes sizesOf(const Call& call) {
  return {call.operand(0).dims[0], call.operand(0).dims[1], call.operand(1).dims[0], call.precision};
}

// logits [rows,V] = x [rows,H] weightᵀ
Gemm logitsProduct(const Sizes& s, int64_t rows, const float* x, const float* weight, float* logits) {
  Gemm g;
  g.M = rows;
  g.N = s.V;
  g.K = s.H;
  g.a = x;
  g.lda = s.H;
  g.b = weight;
  g.ldb = s.H;
  g.transposeB = true;
  g.c = logits;
  g.ldc = s.V;
  g.precision = s.precision;
  return g;
}

// dx [N,H] = dlogits weight
Gemm inputGradientProduct(const Sizes& s, const float* dlogits, const float* weight, float* dx) {
  Gemm g;
  g.M = s.N;
  g.N = s.H;
  g.K = s.V;
  g.a = dlogits;
  g.lda = s.V;
  g.b = weight;
  g.ldb = s.H;
  g.c = dx;
  g.ldc = s.H;
  g.precision = s.precision;
  return g;
}

// dweight [V,H] = dlogitsᵀ x
Gemm weightGradientProduct(const Sizes& s, const float* dlogits, const float* x, float* dweight) {
  Gemm g;
  g.M = s.V;
  g.N = s.H;
  g.K = s.N;
  g.a = dlogits;
  g.lda = s.V;
  g.transposeA = true;
  g.b = x;
  g.ldb = s.H;
  g.c = dweight;
  g.ldc = s.H;
  g.precision = s.precision;
  return g;
}

void expectInputs(const char* op, const Call& call) {
  expectOperand(op, call, 0, DType::f32, 2);
  expectOperand(op, call, 1, DType::f32, 2);
  const Sizes s = sizesOf(call);
  if (call.operand(1).dims[1] != s.H) {
    refuse(op, "x " + shapeText(call.operand(0)) + " does not fit weight " + shapeText(call.operand(1)));
  }
  expectShape(op, call, 2, DType::f32, &s.V, 1, true);
  expectShape(op, call, 3, DType::i32, &s.N, 1);
}

size_t checkForward(const Call& call) {
  const char* op = "linearCrossEntropy";
  expectCounts(op, call, 4, 4, 0);
  expectInputs(op, call);
  const Sizes s = sizesOf(call);
  const int64_t logits[] = {s.N, s.V};
  expectResult(op, call, 0, DType::f32, &s.N, 1);
  expectResult(op, call, 1, DType::f32, nullptr, 0);
  expectResult(op, call, 2, DType::f32, &s.N, 1);
  expectResult(op, call, 3, DType::f32, logits, 2);
  const int64_t rows = std::min(s.N, kBlockRows);
  const int threads = call.pool.threads();
  const size_t product = std::max(gemmScratchBytes(logitsProduct(s, s.N, nullptr, nullptr, nullptr), threads),
                                  gemmScratchBytes(logitsProduct(s, rows, nullptr, nullptr, nullptr), threads));
  // The last block may be smaller, and a smaller product may ask for more.
  const int64_t rest = s.N % kBlockRows ? s.N % kBlockRows : rows;
  const size_t last = gemmScratchBytes(logitsProduct(s, rest, nullptr, nullptr, nullptr), threads);
  return roundUp(static_cast<size_t>(rows * s.V) * sizeof(float)) + roundUp(std::max(product, last));
}

void runForward(const Call& call) {
  const Sizes s = sizesOf(call);
  const float* bias = call.operand(2).present ? call.operand(2).f32() : nullptr;
  const int32_t* targets = call.operand(3).i32();
  float* losses = call.result(0).mutableF32();
  float* logSumExp = call.result(2).mutableF32();
  float* kept = call.result(3).mutableF32();
  expectTargets(call.operand(3), s.V);

  const int64_t blockRows = kept ? s.N : std::min(s.N, kBlockRows);
  float* block = kept ? kept : static_cast<float*>(call.scratch);
  char* scratch = static_cast<char*>(call.scratch) +
                  roundUp(static_cast<size_t>(std::min(s.N, kBlockRows) * s.V) * sizeof(float));
  const ElementwiseKernels& k = elementwiseKernels();
  for (int64_t first = 0; first < s.N; first += blockRows) {
    const int64_t rows = std::min(blockRows, s.N - first);
    gemm(logitsProduct(s, rows, call.operand(0).f32() + first * s.H, call.operand(1).f32(), block), scratch, call.pool);
    forRanges(call.pool, rows, s.V * 8, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        float* logits = block + row * s.V;
        if (bias) k.add(logits, bias, logits, s.V);
        const float most = k.maximum(logits, s.V);
        const double sum = static_cast<double>(most) + std::log(k.sumExpShifted(logits, most, s.V));
        const int32_t target = targets[first + row];
        if (logSumExp) logSumExp[first + row] = static_cast<float>(sum);
        losses[first + row] = target < 0 ? 0.0f : static_cast<float>(sum - static_cast<double>(logits[target]));
      }
    });
  }
  int64_t count = 0;
  for (int64_t n = 0; n < s.N; n++) count += targets[n] >= 0;
  *call.result(1).mutableF32() = static_cast<float>(count);
}

size_t checkGradient(const Call& call) {
  const char* op = "linearCrossEntropyGradient";
  expectCounts(op, call, 7, 3, 0);
  expectInputs(op, call);
  const Sizes s = sizesOf(call);
  const int64_t logits[] = {s.N, s.V};
  expectShape(op, call, 4, DType::f32, &s.N, 1);
  expectShape(op, call, 5, DType::f32, logits, 2);
  expectShape(op, call, 6, DType::f32, &s.N, 1);
  expectResultLike(op, call, 0, call.operand(0));
  expectResultLike(op, call, 1, call.operand(1));
  expectResult(op, call, 2, DType::f32, &s.V, 1);
  const int threads = call.pool.threads();
  return roundUp(std::max(gemmScratchBytes(inputGradientProduct(s, nullptr, nullptr, nullptr), threads),
                          gemmScratchBytes(weightGradientProduct(s, nullptr, nullptr, nullptr), threads)));
}

void runGradient(const Call& call) {
  const Sizes s = sizesOf(call);
  const int32_t* targets = call.operand(3).i32();
  const float* logSumExp = call.operand(4).f32();
  float* dlogits = call.operand(5).mutableF32();
  const float* dlosses = call.operand(6).f32();
  expectTargets(call.operand(3), s.V);
  const ElementwiseKernels& k = elementwiseKernels();
  forRanges(call.pool, s.N, s.V * 8, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      float* d = dlogits + row * s.V;
      if (targets[row] < 0) {
        std::memset(d, 0, static_cast<size_t>(s.V) * sizeof(float));
        continue;
      }
      k.expShifted(d, logSumExp[row], d, s.V);
      d[targets[row]] -= 1;
      k.multiplyScalar(d, dlosses[row], d, s.V);
    }
  });
  gemm(inputGradientProduct(s, dlogits, call.operand(1).f32(), call.result(0).mutableF32()), call.scratch, call.pool);
  gemm(weightGradientProduct(s, dlogits, call.operand(0).f32(), call.result(1).mutableF32()), call.scratch, call.pool);
  float* dbias = call.result(2).mutableF32();
  if (!dbias) return;
  forRanges(call.pool, s.V, s.N, [&](int64_t begin, int64_t end) {
    std::memset(dbias + begin, 0, static_cast<size_t>(end - begin) * sizeof(float));
    for (int64_t row = 0; row < s.N; row++) {
      k.add(dbias + begin, dlogits + row * s.V + begin, dbias + begin, end - begin);
    }
  });
}

constexpr Operation kCrossEntropy[] = {
    {"linearCrossEntropy", checkForward, runForward, 0, 1u << 2 | 1u << 3},
    {"linearCrossEntropyGradient", checkGradient, runGradient, 0, 1u << 2, 1u << 5},
};

}  // namespace

Family crossEntropyFamily() { return {kCrossEntropy, static_cast<int>(std::size(kCrossEntropy))}; }

}  // namespace ostinato
