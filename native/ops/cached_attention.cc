// One step of attention by several heads over the keys and values of the last L tokens.
//
//   query, context  [N,F]    heads of D = F/heads features side by side
//   row             [N,2F]   keys, then values, of the token that is read
//   cache, after    [N,L,2F] as [N,2FL]: those of the tokens before, and with this one. Position p lies in place p mod
//   L positions       i32 [N]  in: tokens read before; a step at position p sees the last min(p + 1, L)
//
// Rows are dealt out to the threads.
#include <algorithm>
#include <cstring>
#include <string>

#include "kernels/elementwise.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

struct Sizes {
  int64_t N, F, L, heads, D;
  int parts;
};

Sizes sizesOf(const Call& call) {
  const TensorView& query = call.operand(cachedAttention::query);
  const int64_t N = query.dims[0], F = query.dims[1], heads = call.integer(cachedAttention::heads);
  const int64_t W = call.operand(cachedAttention::cache).dims[1];
  return {N, F, W / (2 * F), heads, F / heads, partsFor(call.pool, N, W)};
}

size_t checkCachedAttention(const Call& call) {
  expectOperand(call, cachedAttention::query, DType::f32, 2);
  expectOperand(call, cachedAttention::cache, DType::f32, 2);
  const int64_t F = call.operand(cachedAttention::query).dims[1];
  const int64_t heads = expectInteger(call, cachedAttention::heads, 1, F);
  const int64_t W = call.operand(cachedAttention::cache).dims[1];
  if (F % heads != 0) refuse(call, "the heads do not divide the features");
  if (W % (2 * F) != 0) refuse(call, "the cache has no whole rows of keys and values");
  const Sizes s = sizesOf(call);
  const int64_t row[] = {s.N, 2 * F}, cache[] = {s.N, W};
  expectShape(call, cachedAttention::row, DType::f32, row, 2);
  expectShape(call, cachedAttention::cache, DType::f32, cache, 2);
  expectShape(call, cachedAttention::positions, DType::i32, &s.N, 1);
  expectResultLike(call, cachedAttention::context, call.operand(cachedAttention::query));
  expectResultLike(call, cachedAttention::after, call.operand(cachedAttention::cache));
  return static_cast<size_t>((s.L + 15) / 16 * 16 * s.parts) * sizeof(float);
}

// The context of one head of one row; `memory` is the head's first key, `weights` [L] scratch.
void attend(const Sizes& s, const float* query, const float* memory, int64_t seen, float scale, float* weights,
            float* context) {
  const ElementwiseKernels& k = elementwiseKernels();
  for (int64_t p = 0; p < seen; p++) weights[p] = static_cast<float>(k.dot(query, memory + p * 2 * s.F, s.D)) * scale;
  const double sum = k.expShifted(weights, k.maximum(weights, seen), weights, seen);
  std::memset(context, 0, static_cast<size_t>(s.D) * sizeof(float));
  for (int64_t p = 0; p < seen; p++) {
    k.addScaled(memory + s.F + p * 2 * s.F, weights[p] / static_cast<float>(sum), context, s.D);
  }
}

void runCachedAttention(const Call& call) {
  const Sizes s = sizesOf(call);
  const int32_t* positions = call.operand(cachedAttention::positions).i32();
  for (int64_t n = 0; n < s.N; n++) {
    if (positions[n] < 0) {
      throw InputError("position " + std::to_string(positions[n]) + " of row " + std::to_string(n) + " is below 0");
    }
  }
  const float scale = static_cast<float>(call.attributes[cachedAttention::scale]);
  const float *query = call.operand(cachedAttention::query).f32(), *row = call.operand(cachedAttention::row).f32(),
              *cache = call.operand(cachedAttention::cache).f32();
  float *context = call.result(cachedAttention::context).mutableF32(),
        *after = call.result(cachedAttention::after).mutableF32();
  const int64_t width = 2 * s.F, size = s.L * width;
  call.pool.parallel(s.parts, [&](int part) {
    float* weights = static_cast<float*>(call.scratch) + (s.L + 15) / 16 * 16 * part;
    for (int64_t n = s.N * part / s.parts; n < s.N * (part + 1) / s.parts; n++) {
      float* own = after + n * size;
      std::memcpy(own, cache + n * size, static_cast<size_t>(size) * sizeof(float));
      std::memcpy(own + positions[n] % s.L * width, row + n * width, static_cast<size_t>(width) * sizeof(float));
      const int64_t seen = std::min<int64_t>(positions[n], s.L - 1) + 1;
      for (int64_t head = 0; head < s.heads; head++) {
        const int64_t at = n * s.F + head * s.D;
        attend(s, query + at, own + head * s.D, seen, scale, weights, context + at);
      }
    }
  });
}

}  // namespace

const Implementation ops::cachedAttention::implementation = {checkCachedAttention, runCachedAttention};

}  // namespace ostinato
