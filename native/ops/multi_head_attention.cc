// Attention by several heads, its gradient, and its weights for those who want to see them.
//
//   query, context   [T,B,F]   `heads` heads of D = F/heads features side by side
//   memory           [S,B,2F]  keys of all heads, then values of all heads
//   lengths          i32 [B]   in: each in 0..S. A row of length 0 has context 0, and no gradient
//   logSums          [B,heads,T]
//
// Heads are read where they lie, whatever the step from row to row. A thread takes one head of one row of the batch
// after the other, and in the forward op some blocks of its queries where there are few heads; no two write to the same
// place, so threads do not change any bit.
#include "kernels/multi_head_attention.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "kernels/elementwise.h"
#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

struct Sizes {
  int64_t T, B, F, S, heads, D;
  bool causal;
  float scale;
};

// Query, memory and lengths are the first operands of all three ops, their attributes are the same.
Sizes sizesOf(const Call& call) {
  const TensorView &query = call.operand(multiHeadAttention::query), &memory = call.operand(multiHeadAttention::memory);
  const int64_t heads = call.integer(multiHeadAttention::heads), F = query.dims[2];
  return {query.dims[0],
          query.dims[1],
          F,
          memory.dims[0],
          heads,
          F / heads,
          call.attributes[multiHeadAttention::causal] != 0,
          static_cast<float>(call.attributes[multiHeadAttention::scale])};
}

Sizes checkedSizes(const Call& call) {
  expectOperand(call, multiHeadAttention::query, DType::f32, 3);
  expectOperand(call, multiHeadAttention::memory, DType::f32, 3);
  const int64_t F = call.operand(multiHeadAttention::query).dims[2];
  const int64_t heads = expectInteger(call, multiHeadAttention::heads, 1, std::max<int64_t>(F, 1));
  expectInteger(call, multiHeadAttention::causal, 0, 1);
  const Sizes s = sizesOf(call);
  if (F % heads != 0) refuse(call, "the heads do not divide the features");
  const int64_t memory[] = {s.S, s.B, 2 * F};
  expectShape(call, multiHeadAttention::memory, DType::f32, memory, 3);
  expectShape(call, multiHeadAttention::lengths, DType::i32, &s.B, 1);
  if (s.causal && s.S < s.T) refuse(call, "fewer positions than queries");
  return s;
}

const int32_t* lengthsOf(const Call& call, const Sizes& s) {
  return checkedLengths(call.operand(multiHeadAttention::lengths), s.S, "the positions of the memory");
}

AttentionHead headOf(const Call& call, const Sizes& s, int64_t b, int64_t head, int64_t length) {
  const float* keys = call.operand(multiHeadAttention::memory).f32() + b * 2 * s.F + head * s.D;
  return {s.T,
          length,
          s.D,
          s.causal,
          s.S - s.T,
          s.scale,
          call.operand(multiHeadAttention::query).f32() + b * s.F + head * s.D,
          s.B * s.F,
          keys,
          keys + s.F,
          2 * s.B * s.F};
}

// A head's share of n rows of [n,B,width], `first` being its first feature.
void clearHead(const Sizes& s, float* first, int64_t n, int64_t width) {
  for (int64_t i = 0; i < n; i++) std::memset(first + i * s.B * width, 0, static_cast<size_t>(s.D) * sizeof(float));
}

// Work for the threads: pieces of the same size, which whoever is free takes next.
struct Work {
  int64_t pieces;
  int parts;
  size_t partBytes;

  Work(const Call& call, const Sizes& s, int64_t pieces, int64_t floats)
      : pieces(pieces),
        parts(partsFor(call.pool, pieces, s.T * s.S * s.D * s.B * s.heads / std::max<int64_t>(pieces, 1) / 4)),
        partBytes(static_cast<size_t>((floats + 15) / 16 * 16) * sizeof(float)) {}

  size_t scratchBytes() const { return partBytes * static_cast<size_t>(parts); }

  template <class F>
  void run(const Call& call, const F& f) const {
    std::atomic<int64_t> next{0};
    call.pool.parallel(parts, [&](int part) {
      float* scratch =
          reinterpret_cast<float*>(static_cast<char*>(call.scratch) + static_cast<size_t>(part) * partBytes);
      for (int64_t piece = next++; piece < pieces; piece = next++) f(piece, scratch);
    });
  }
};

// ---- forward ----

// Pieces that the queries of a head are cut into: some for each thread, each a multiple of the kernel's blocks.
int64_t cutsOf(const Call& call, const Sizes& s) {
  const int64_t blocks = (s.T + kQueryBlock - 1) / kQueryBlock, wanted = 4 * call.pool.threads();
  return std::clamp<int64_t>((wanted + s.B * s.heads - 1) / std::max<int64_t>(s.B * s.heads, 1), 1,
                             std::max<int64_t>(blocks, 1));
}

Work forwardWork(const Call& call, const Sizes& s) {
  return Work(call, s, s.B * s.heads * cutsOf(call, s), headScratchFloats(s.S, s.D));
}

size_t checkMultiHeadAttention(const Call& call) {
  const Sizes s = checkedSizes(call);
  const int64_t logSums[] = {s.B, s.heads, s.T};
  expectResultLike(call, multiHeadAttention::context, call.operand(multiHeadAttention::query));
  expectResult(call, multiHeadAttention::logSums, DType::f32, logSums, 3);
  return forwardWork(call, s).scratchBytes();
}

void runMultiHeadAttention(const Call& call) {
  const Sizes s = sizesOf(call);
  const int32_t* lengths = lengthsOf(call, s);
  float *contexts = call.result(multiHeadAttention::context).mutableF32(),
        *allSums = call.result(multiHeadAttention::logSums).mutableF32();
  const MultiHeadAttentionKernels& kernels = multiHeadAttentionKernels();
  const int64_t cuts = cutsOf(call, s), blocks = (s.T + kQueryBlock - 1) / kQueryBlock;
  forwardWork(call, s).run(call, [&](int64_t piece, float* scratch) {
    const int64_t head = piece / cuts % s.heads, b = piece / cuts / s.heads, cut = piece % cuts;
    const int64_t begin = blocks * cut / cuts * kQueryBlock;
    const int64_t end = std::min(s.T, blocks * (cut + 1) / cuts * kQueryBlock), length = lengths ? lengths[b] : s.S;
    if (begin >= end) return;
    float* context = contexts + b * s.F + head * s.D;
    float* logSums = allSums ? allSums + (b * s.heads + head) * s.T : nullptr;
    if (length == 0) {
      clearHead(s, context + begin * s.B * s.F, end - begin, s.F);
      if (logSums) std::fill(logSums + begin, logSums + end, 0.0f);
      return;
    }
    kernels.forward(headOf(call, s, b, head, length), begin, end, context, s.B * s.F, logSums, scratch);
  });
}

// ---- gradient ----

Work gradientWork(const Call& call, const Sizes& s) {
  return Work(call, s, s.B * s.heads, headGradientScratchFloats(s.S, s.D));
}

size_t checkMultiHeadAttentionGradient(const Call& call) {
  const Sizes s = checkedSizes(call);
  const TensorView& query = call.operand(multiHeadAttentionGradient::query);
  const int64_t logSums[] = {s.B, s.heads, s.T};
  expectShape(call, multiHeadAttentionGradient::context, DType::f32, query.dims, 3);
  expectShape(call, multiHeadAttentionGradient::logSums, DType::f32, logSums, 3);
  expectShape(call, multiHeadAttentionGradient::dcontext, DType::f32, query.dims, 3);
  expectResultLike(call, multiHeadAttentionGradient::dquery, query);
  expectResultLike(call, multiHeadAttentionGradient::dmemory, call.operand(multiHeadAttentionGradient::memory));
  return gradientWork(call, s).scratchBytes();
}

void runMultiHeadAttentionGradient(const Call& call) {
  const Sizes s = sizesOf(call);
  const int32_t* lengths = lengthsOf(call, s);
  const MultiHeadAttentionKernels& kernels = multiHeadAttentionKernels();
  gradientWork(call, s).run(call, [&](int64_t piece, float* scratch) {
    const int64_t head = piece % s.heads, b = piece / s.heads, length = lengths ? lengths[b] : s.S;
    const int64_t at = b * s.F + head * s.D, step = 2 * s.B * s.F;
    float* dquery = call.result(multiHeadAttentionGradient::dquery).mutableF32() + at;
    float* dkeys = call.result(multiHeadAttentionGradient::dmemory).mutableF32() + b * 2 * s.F + head * s.D;
    clearHead(s, dkeys + length * step, s.S - length, 2 * s.F);
    clearHead(s, dkeys + s.F + length * step, s.S - length, 2 * s.F);
    if (length == 0) {
      clearHead(s, dquery, s.T, s.F);
      return;
    }
    const AttentionHeadGradient gradient = {
        call.operand(multiHeadAttentionGradient::context).f32() + at,
        call.operand(multiHeadAttentionGradient::dcontext).f32() + at,
        s.B * s.F,
        call.operand(multiHeadAttentionGradient::logSums).f32() + (b * s.heads + head) * s.T,
        dquery,
        dkeys,
        dkeys + s.F};
    kernels.gradient(headOf(call, s, b, head, length), gradient, scratch);
  });
}

// ---- weights ----

size_t checkMultiHeadWeights(const Call& call) {
  const Sizes s = checkedSizes(call);
  const int64_t weights[] = {s.heads, s.T, s.B, s.S};
  expectResult(call, multiHeadWeights::weights, DType::f32, weights, 4);
  return 0;
}

void runMultiHeadWeights(const Call& call) {
  const Sizes s = sizesOf(call);
  const int32_t* lengths = lengthsOf(call, s);
  float* weights = call.result(multiHeadWeights::weights).mutableF32();
  const ElementwiseKernels& k = elementwiseKernels();
  forRanges(call.pool, s.heads * s.T * s.B, s.S * (s.D + 20), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t b = row % s.B, t = row / s.B % s.T, head = row / s.B / s.T;
      const AttentionHead h = headOf(call, s, b, head, lengths ? lengths[b] : s.S);
      const int64_t seen = h.causal ? std::min(h.S, t + h.offset + 1) : h.S;
      float* own = weights + row * s.S;
      for (int64_t p = 0; p < seen; p++) {
        const double product = k.dot(h.query + t * h.queryStep, h.keys + p * h.memoryStep, s.D);
        own[p] = static_cast<float>(product) * s.scale;
      }
      if (seen > 0) {
        const double sum = k.expShifted(own, k.maximum(own, seen), own, seen);
        k.multiplyScalar(own, static_cast<float>(1 / sum), own, seen);
      }
      std::fill(own + seen, own + s.S, 0.0f);
    }
  });
}

}  // namespace

const Implementation ops::multiHeadAttention::implementation = {checkMultiHeadAttention, runMultiHeadAttention};
const Implementation ops::multiHeadAttentionGradient::implementation = {checkMultiHeadAttentionGradient,
                                                                        runMultiHeadAttentionGradient};
const Implementation ops::multiHeadWeights::implementation = {checkMultiHeadWeights, runMultiHeadWeights};

}  // namespace ostinato
