// One step of attention by several heads over the keys and values of earlier steps, which rows of the batch share.
//
//   query, context  [N,F]     heads of D = F/heads features side by side
//   cache           [N,L,2F]  as [N,2FL]: for each row of the batch and place of time the keys, then the values
//   lineage         i32 [N,L] in: the row whose cache holds what row n has read at a place; each in 0..N-1
//   times           i32 [N]   in: steps before this one. Time s is kept at the place s mod L
//   positions       i32 [N]   in: tokens of its text that a row has read before, 0..times[n]. It sees the last
//                             min(positions[n] + 1, L) times, its own the last of them
//
// The heads of all rows are dealt out to the threads. Places are read in ascending order of time.
#include <algorithm>
#include <cstring>
#include <string>

#include "kernels/elementwise.h"
#include "ops/data_checks.h"
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
  const int64_t L = call.operand(cachedAttention::lineage).dims[1];
  return {N, F, L, heads, F / heads, partsFor(call.pool, N * heads, 2 * F * L / heads)};
}

// A thread's scratch: for each place its weight for one head, and where its keys begin.
int64_t wholeLine(int64_t n) { return (n + 15) / 16 * 16; }
size_t partBytes(const Sizes& s) {
  return static_cast<size_t>(wholeLine(s.L)) * (sizeof(float) + sizeof(const float*));
}

size_t checkCachedAttention(const Call& call) {
  expectOperand(call, cachedAttention::query, DType::f32, 2);
  expectOperand(call, cachedAttention::lineage, DType::i32, 2);
  const int64_t F = call.operand(cachedAttention::query).dims[1];
  const int64_t heads = expectInteger(call, cachedAttention::heads, 1, F);
  if (F % heads != 0) refuse(call, "the heads do not divide the features");
  const Sizes s = sizesOf(call);
  if (s.L == 0) refuse(call, "there are no places");
  const int64_t cache[] = {s.N, 2 * s.F * s.L}, lineage[] = {s.N, s.L};
  expectShape(call, cachedAttention::cache, DType::f32, cache, 2);
  expectShape(call, cachedAttention::lineage, DType::i32, lineage, 2);
  expectShape(call, cachedAttention::times, DType::i32, &s.N, 1);
  expectShape(call, cachedAttention::positions, DType::i32, &s.N, 1);
  expectResultLike(call, cachedAttention::context, call.operand(cachedAttention::query));
  return partBytes(s) * static_cast<size_t>(s.parts);
}

// The context of one head of one row; keys[i] are its keys of visible place i, the values lie F further.
void attend(const Sizes& s, const float* query, const float* const* keys, int64_t head, int64_t seen, float scale,
            float* weights, float* context) {
  const ElementwiseKernels& k = elementwiseKernels();
  const int64_t at = head * s.D;
  for (int64_t i = 0; i < seen; i++) weights[i] = static_cast<float>(k.dot(query, keys[i] + at, s.D)) * scale;
  const double sum = k.expShifted(weights, k.maximum(weights, seen), weights, seen);
  std::memset(context, 0, static_cast<size_t>(s.D) * sizeof(float));
  for (int64_t i = 0; i < seen; i++) {
    k.addScaled(keys[i] + s.F + at, weights[i] / static_cast<float>(sum), context, s.D);
  }
}

void runCachedAttention(const Call& call) {
  const Sizes s = sizesOf(call);
  const int32_t *times = call.operand(cachedAttention::times).i32(),
                *positions = call.operand(cachedAttention::positions).i32(),
                *lineage = call.operand(cachedAttention::lineage).i32();
  expectIds(call.operand(cachedAttention::lineage), s.N);
  for (int64_t n = 0; n < s.N; n++) {
    if (positions[n] >= 0 && positions[n] <= times[n]) continue;
    throw InputError("position " + std::to_string(positions[n]) + " of row " + std::to_string(n) +
                     " is not in 0 to its time, " + std::to_string(times[n]));
  }
  const float scale = static_cast<float>(call.attributes[cachedAttention::scale]);
  const float *query = call.operand(cachedAttention::query).f32(), *cache = call.operand(cachedAttention::cache).f32();
  float* context = call.result(cachedAttention::context).mutableF32();
  call.pool.parallel(s.parts, [&](int part) {
    char* scratch = static_cast<char*>(call.scratch) + partBytes(s) * static_cast<size_t>(part);
    const float** keys = reinterpret_cast<const float**>(scratch);
    float* weights = reinterpret_cast<float*>(keys + wholeLine(s.L));
    const int64_t pieces = s.N * s.heads, first = pieces * part / s.parts;
    for (int64_t piece = first; piece < pieces * (part + 1) / s.parts; piece++) {
      const int64_t n = piece / s.heads, head = piece % s.heads, at = n * s.F + head * s.D;
      const int64_t seen = std::min<int64_t>(positions[n], s.L - 1) + 1;
      // The heads of a row see the same places.
      const bool isNewRow = piece == first || head == 0;
      for (int64_t i = 0; isNewRow && i < seen; i++) {
        const int64_t place = (times[n] - (seen - 1 - i)) % s.L;
        keys[i] = cache + (lineage[n * s.L + place] * s.L + place) * 2 * s.F;
      }
      attend(s, query + at, keys, head, seen, scale, weights, context + at);
    }
  });
}

}  // namespace

const Implementation ops::cachedAttention::implementation = {checkCachedAttention, runCachedAttention};

}  // namespace ostinato
