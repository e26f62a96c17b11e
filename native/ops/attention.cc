// attention, its gradient, and the sums over time that are the gradients of its memory.
//
// Memory lies [S,B,K], so that of one row b is a matrix whose rows are B*K floats apart: products work on it where it
// is. The rows are dealt out to the threads, each with all its steps.
#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/attention.h"
#include "kernels/elementwise.h"
#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"
#include "ops/scratch_layout.h"
#include "products/gemm.h"

namespace ostinato {
namespace {

using namespace ops;

struct Sizes {
  int64_t T, N, K, S, B, M;
  int64_t group;  // rows of queries that share a memory
  int parts;

  // One product has all rows of a group, if there is one step, or otherwise all steps of one row: so many rows,
  // rowStep() floats apart, in so many products.
  int64_t rows() const { return T == 1 ? group : T; }
  int64_t calls() const { return T == 1 ? 1 : group; }
  int64_t rowStep(int64_t width) const { return T == 1 ? width : N * width; }
};

Sizes sizesOf(const Call& call) {
  const TensorView &query = call.operand(attention::query), &keys = call.operand(attention::keys),
                   &values = call.operand(attention::values);
  Sizes s{query.dims[0], query.dims[1], query.dims[2], keys.dims[0], keys.dims[1], values.dims[2], 1, 1};
  s.group = s.B > 0 ? s.N / s.B : 1;
  s.parts = partsFor(call.pool, s.B, s.T * s.group * s.S * (s.K + s.M) / 4);
  return s;
}

Sizes checkedSizes(const Call& call) {
  for (int i = 0; i < 3; i++) expectOperand(call, i, DType::f32, 3);
  const Sizes s = sizesOf(call);
  const int64_t keys[] = {s.S, s.B, s.K}, values[] = {s.S, s.B, s.M};
  expectShape(call, attention::keys, DType::f32, keys, 3);
  expectShape(call, attention::values, DType::f32, values, 3);
  expectShape(call, attention::v, DType::f32, &s.K, 1);
  expectShape(call, attention::lengths, DType::i32, &s.B, 1);
  if (s.N % s.B != 0) refuse(call, "the rows of the queries are no multiple of those of the memory");
  return s;
}

const int32_t* lengthsOf(const Call& call, const Sizes& s) {
  return checkedLengths(call.operand(attention::lengths), s.S, "the positions of the memory");
}

// rows [m] of `width` floats times the first n positions of a memory [S,B,width], and weights [m] of n times those
// rows.
Gemm scoresProduct(const Call& call, const Sizes& s, int64_t width, int64_t n) {
  Gemm g;
  g.M = s.rows();
  g.N = n;
  g.K = width;
  g.lda = s.rowStep(width);
  g.ldb = s.B * width;
  g.transposeB = true;
  g.ldc = s.rowStep(s.S);
  g.precision = call.precision;
  return g;
}

Gemm contextProduct(const Call& call, const Sizes& s, int64_t width, int64_t n) {
  Gemm g;
  g.M = s.rows();
  g.N = width;
  g.K = n;
  g.lda = s.rowStep(s.S);
  g.ldb = s.B * width;
  g.ldc = s.rowStep(width);
  g.precision = call.precision;
  return g;
}

// The most scratch of such a product over any number of positions. Fewer columns never want more, but fewer depths may.
size_t contextScratch(const Call& call, const Sizes& s, int64_t width) {
  size_t bytes = 0;
  for (int64_t n = 1; n <= s.S; n++) bytes = std::max(bytes, gemmScratchBytes(contextProduct(call, s, width, n), 1));
  return bytes;
}

// Runs f(b, length, scratch) for every row of the memory.
template <class F>
void forMemory(const Call& call, const Sizes& s, const int32_t* lengths, char* scratch, size_t partBytes, const F& f) {
  call.pool.parallel(s.parts, [&](int part) {
    for (int64_t b = s.B * part / s.parts; b < s.B * (part + 1) / s.parts; b++) {
      f(b, lengths ? lengths[b] : s.S, scratch + static_cast<size_t>(part) * partBytes);
    }
  });
}

// Calls f(first, step) for the products of one row of the memory: `first` is the index of the first row of queries.
template <class F>
void forCalls(const Sizes& s, int64_t b, const F& f) {
  for (int64_t i = 0; i < s.calls(); i++) f(b * s.group + i);
}

struct Scratch {
  size_t partBytes;
  char* products;
  float* weights;  // [T,N,S], where nobody reads them
  size_t bytes;

  Scratch(const Call& call, const Sizes& s, bool gradient) {
    ScratchLayout layout(call.scratch);
    const auto [scored, made] = gradient ? std::pair(s.M, s.K) : std::pair(s.K, s.M);
    const size_t need =
        std::max(gemmScratchBytes(scoresProduct(call, s, scored, s.S), 1), contextScratch(call, s, made));
    partBytes = (need + 63) / 64 * 64;
    products = static_cast<char*>(layout.bytes(partBytes * static_cast<size_t>(s.parts)));
    weights = gradient ? nullptr : layout.floats(s.T * s.N * s.S);
    bytes = layout.used();
  }
};

size_t checkAttention(const Call& call) {
  const Sizes s = checkedSizes(call);
  const int64_t context[] = {s.T, s.N, s.M}, weights[] = {s.T, s.N, s.S};
  expectResult(call, attention::context, DType::f32, context, 3);
  expectResult(call, attention::weights, DType::f32, weights, 3);
  return Scratch(call, s, false).bytes;
}

void runAttention(const Call& call) {
  const Sizes s = sizesOf(call);
  const int32_t* lengths = lengthsOf(call, s);
  const Scratch scratch(call, s, false);
  const float *query = call.operand(attention::query).f32(), *keys = call.operand(attention::keys).f32(),
              *values = call.operand(attention::values).f32();
  const float* v = call.operand(attention::v).f32();
  const float scale = static_cast<float>(call.attributes[attention::scale]);
  float* context = call.result(attention::context).mutableF32();
  float* weights =
      call.result(attention::weights).data ? call.result(attention::weights).mutableF32() : scratch.weights;
  const ElementwiseKernels& k = elementwiseKernels();

  forMemory(call, s, lengths, scratch.products, scratch.partBytes, [&](int64_t b, int64_t length, char* own) {
    forCalls(s, b, [&](int64_t first) {
      if (!v && length > 0) {
        Gemm g = scoresProduct(call, s, s.K, length);
        g.a = query + first * s.K;
        g.b = keys + b * s.K;
        g.c = weights + first * s.S;
        gemm(g, own, call.pool);
      }
      for (int64_t i = 0; i < s.rows(); i++) {
        float* row = weights + first * s.S + i * s.rowStep(s.S);
        if (v) {
          const float* q = query + first * s.K + i * s.rowStep(s.K);
          additiveAttentionKernels().scores(q, keys + b * s.K, s.B * s.K, v, length, s.K, row);
        } else {
          k.multiplyScalar(row, scale, row, length);
        }
        if (length > 0) {
          const double sum = k.expShifted(row, k.maximum(row, length), row, length);
          k.multiplyScalar(row, static_cast<float>(1 / sum), row, length);
        } else {
          std::memset(context + first * s.M + i * s.rowStep(s.M), 0, static_cast<size_t>(s.M) * sizeof(float));
        }
        std::memset(row + length, 0, static_cast<size_t>(s.S - length) * sizeof(float));
      }
      if (length == 0) return;
      Gemm g = contextProduct(call, s, s.M, length);
      g.a = weights + first * s.S;
      g.b = values + b * s.M;
      g.c = context + first * s.M;
      gemm(g, own, call.pool);
    });
  });
}

size_t checkAttentionGradient(const Call& call) {
  const Sizes s = checkedSizes(call);
  if (s.group != 1) refuse(call, "memory that rows share has no gradient");
  const int64_t query[] = {s.T, s.N, s.K}, context[] = {s.T, s.N, s.M}, weights[] = {s.T, s.N, s.S};
  expectShape(call, attentionGradient::weights, DType::f32, weights, 3);
  expectShape(call, attentionGradient::dcontext, DType::f32, context, 3);
  expectShape(call, attentionGradient::dweights, DType::f32, weights, 3);
  expectResult(call, attentionGradient::dquery, DType::f32, query, 3);
  expectResult(call, attentionGradient::dscores, DType::f32, weights, 3);
  return Scratch(call, s, true).bytes;
}

void runAttentionGradient(const Call& call) {
  const Sizes s = sizesOf(call);
  const int32_t* lengths = lengthsOf(call, s);
  const Scratch scratch(call, s, true);
  const float *query = call.operand(attentionGradient::query).f32(),
              *keys = call.operand(attentionGradient::keys).f32(),
              *values = call.operand(attentionGradient::values).f32();
  const float *v = call.operand(attentionGradient::v).f32(), *weights = call.operand(attentionGradient::weights).f32();
  const float *dcontext = call.operand(attentionGradient::dcontext).f32(),
              *dweights = call.operand(attentionGradient::dweights).f32();
  const float scale = v ? 1.0f : static_cast<float>(call.attributes[attentionGradient::scale]);
  float *dquery = call.result(attentionGradient::dquery).mutableF32(),
        *dscores = call.result(attentionGradient::dscores).mutableF32();
  const ElementwiseKernels& k = elementwiseKernels();

  forMemory(call, s, lengths, scratch.products, scratch.partBytes, [&](int64_t b, int64_t length, char* own) {
    if (dcontext && length > 0) {
      Gemm g = scoresProduct(call, s, s.M, length);
      g.a = dcontext + b * s.M;
      g.b = values + b * s.M;
      g.c = dscores + b * s.S;
      gemm(g, own, call.pool);
    }
    for (int64_t t = 0; t < s.T; t++) {
      const int64_t at = (t * s.N + b) * s.S;
      float* row = dscores + at;
      if (!dcontext) std::memset(row, 0, static_cast<size_t>(length) * sizeof(float));
      if (dweights) k.add(row, dweights + at, row, length);
      // softmax: dscore = w (dw - sum of w dw)
      k.addScalar(row, static_cast<float>(-k.dot(row, weights + at, length)), row, length);
      k.multiply(row, weights + at, row, length);
      if (scale != 1.0f) k.multiplyScalar(row, scale, row, length);
      std::memset(row + length, 0, static_cast<size_t>(s.S - length) * sizeof(float));
      float* dq = dquery + (t * s.N + b) * s.K;
      if (v || length == 0) std::memset(dq, 0, static_cast<size_t>(s.K) * sizeof(float));
      if (v) {
        const float* q = query + (t * s.N + b) * s.K;
        additiveAttentionKernels().queryGradient(q, keys + b * s.K, s.B * s.K, v, row, length, s.K, dq);
      }
    }
    if (v || length == 0) return;
    Gemm g = contextProduct(call, s, s.K, length);
    g.a = dscores + b * s.S;
    g.b = keys + b * s.K;
    g.c = dquery + b * s.K;
    gemm(g, own, call.pool);
  });
}

// sums [S,K] of row b = factors^T [S,T] times rows [T,K].
Gemm sumProduct(const Call& call) {
  const TensorView &factors = call.operand(attentionSum::factors), &rows = call.operand(attentionSum::rows);
  Gemm g;
  g.M = factors.dims[2];
  g.N = rows.dims[2];
  g.K = factors.dims[0];
  g.lda = factors.dims[1] * factors.dims[2];
  g.transposeA = true;
  g.ldb = rows.dims[1] * rows.dims[2];
  g.ldc = g.ldb;
  g.precision = call.precision;
  return g;
}

int sumParts(const Call& call) {
  const Gemm g = sumProduct(call);
  return partsFor(call.pool, call.operand(attentionSum::factors).dims[1], g.M * g.N * g.K / 4);
}

size_t checkAttentionSum(const Call& call) {
  expectOperand(call, attentionSum::factors, DType::f32, 3);
  expectOperand(call, attentionSum::rows, DType::f32, 3);
  const TensorView &factors = call.operand(attentionSum::factors), &rows = call.operand(attentionSum::rows);
  const int64_t fits[] = {factors.dims[0], factors.dims[1], rows.dims[2]};
  const int64_t sums[] = {factors.dims[2], factors.dims[1], rows.dims[2]};
  expectShape(call, attentionSum::rows, DType::f32, fits, 3);
  expectResult(call, attentionSum::sums, DType::f32, sums, 3);
  return (gemmScratchBytes(sumProduct(call), 1) + 63) / 64 * 64 * static_cast<size_t>(sumParts(call));
}

void runAttentionSum(const Call& call) {
  const Gemm shape = sumProduct(call);
  const int64_t B = call.operand(attentionSum::factors).dims[1];
  const size_t partBytes = (gemmScratchBytes(shape, 1) + 63) / 64 * 64;
  const int parts = sumParts(call);
  call.pool.parallel(parts, [&](int part) {
    for (int64_t b = B * part / parts; b < B * (part + 1) / parts; b++) {
      Gemm g = shape;
      g.a = call.operand(attentionSum::factors).f32() + b * g.M;
      g.b = call.operand(attentionSum::rows).f32() + b * g.N;
      g.c = call.result(attentionSum::sums).mutableF32() + b * g.N;
      gemm(g, static_cast<char*>(call.scratch) + static_cast<size_t>(part) * partBytes, call.pool);
    }
  });
}

struct AdditiveSizes {
  int64_t T, B, S, K;
  int parts;

  explicit AdditiveSizes(const Call& call)
      : T(call.operand(additiveGradient::query).dims[0]),
        B(call.operand(additiveGradient::query).dims[1]),
        S(call.operand(additiveGradient::keys).dims[0]),
        K(call.operand(additiveGradient::query).dims[2]),
        parts(partsFor(call.pool, B, T * S * K)) {}
};

size_t checkAdditiveGradient(const Call& call) {
  expectOperand(call, additiveGradient::query, DType::f32, 3);
  expectOperand(call, additiveGradient::keys, DType::f32, 3);
  const AdditiveSizes s(call);
  const int64_t dscores[] = {s.T, s.B, s.S}, keys[] = {s.S, s.B, s.K};
  expectShape(call, additiveGradient::dscores, DType::f32, dscores, 3);
  expectShape(call, additiveGradient::keys, DType::f32, keys, 3);
  expectShape(call, additiveGradient::v, DType::f32, &s.K, 1);
  expectResult(call, additiveGradient::dkeys, DType::f32, keys, 3);
  expectResult(call, additiveGradient::dv, DType::f32, &s.K, 1);
  return static_cast<size_t>(s.parts * s.K) * sizeof(float);
}

void runAdditiveGradient(const Call& call) {
  const AdditiveSizes s(call);
  const float *query = call.operand(additiveGradient::query).f32(),
              *dscores = call.operand(additiveGradient::dscores).f32();
  const float *keys = call.operand(additiveGradient::keys).f32(), *v = call.operand(additiveGradient::v).f32();
  float *dkeys = call.result(additiveGradient::dkeys).mutableF32(),
        *dv = call.result(additiveGradient::dv).mutableF32();
  float* sums = static_cast<float*>(call.scratch);
  call.pool.parallel(s.parts, [&](int part) {
    float* own = sums + part * s.K;
    std::memset(own, 0, static_cast<size_t>(s.K) * sizeof(float));
    for (int64_t b = s.B * part / s.parts; b < s.B * (part + 1) / s.parts; b++) {
      for (int64_t i = 0; i < s.S; i++) {
        std::memset(dkeys + (i * s.B + b) * s.K, 0, static_cast<size_t>(s.K) * sizeof(float));
      }
      for (int64_t t = 0; t < s.T; t++) {
        const int64_t row = t * s.B + b;
        additiveAttentionKernels().keysGradient(query + row * s.K, keys + b * s.K, s.B * s.K, v, dscores + row * s.S,
                                                s.S, s.K, dkeys + b * s.K, own);
      }
    }
  });
  std::memset(dv, 0, static_cast<size_t>(s.K) * sizeof(float));
  for (int part = 0; part < s.parts; part++) elementwiseKernels().add(dv, sums + part * s.K, dv, s.K);
}

}  // namespace

const Implementation ops::attention::implementation = {checkAttention, runAttention};
const Implementation ops::attentionGradient::implementation = {checkAttentionGradient, runAttentionGradient};
const Implementation ops::attentionSum::implementation = {checkAttentionSum, runAttentionSum};
const Implementation ops::additiveGradient::implementation = {checkAdditiveGradient, runAdditiveGradient};

}  // namespace ostinato
