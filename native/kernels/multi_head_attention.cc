#include "kernels/multi_head_attention.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/multi_head_attention.cc"
#include "kernels/tiers.h"

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/block_product-inl.h"
#include "kernels/vector_math-inl.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr float kHidden = -std::numeric_limits<float>::infinity();
constexpr int64_t kQ = kQueryBlock, kPositionBlock = 64;

// Pieces of a thread's scratch, each a multiple of 16 floats.
struct Pieces {
  float* next;

  HWY_INLINE float* take(int64_t floats) {
    float* piece = next;
    next += wholeVectors(floats);
    return piece;
  }
};

// n rows of D floats, side by side, each with zeros up to a multiple of 16, times a factor.
HWY_NOINLINE void gatherRows(const float* rows, int64_t step, int64_t n, int64_t D, float factor, float* to) {
  const BlockTag d;
  const int64_t width = wholeVectors(D);
  const BlockVector f = hn::Set(d, factor);
  for (int64_t i = 0; i < n; i++, rows += step, to += width) {
    int64_t k = 0;
    for (; k + kBlockLanes <= D; k += kBlockLanes) hn::StoreU(hn::Mul(hn::LoadU(d, rows + k), f), d, to + k);
    for (; k < D; k++) to[k] = rows[k] * factor;
    for (; k < width; k++) to[k] = 0;
  }
}

HWY_NOINLINE void scatterRows(const float* from, int64_t n, int64_t D, const float* factors, int64_t factorStep,
                              float* rows, int64_t step) {
  const BlockTag d;
  const int64_t width = wholeVectors(D);
  for (int64_t i = 0; i < n; i++, rows += step, from += width) {
    const float factor = factors[i * factorStep];
    int64_t k = 0;
    for (; k + kBlockLanes <= D; k += kBlockLanes) {
      hn::StoreU(hn::Mul(hn::LoadU(d, from + k), hn::Set(d, factor)), d, rows + k);
    }
    for (; k < D; k++) rows[k] = from[k] * factor;
  }
}

// n rows of `width` floats as columns of [width][kQ]; zeros in the other columns as far as vectors go.
HWY_NOINLINE void transposeRows(const float* rows, int64_t n, int64_t width, float* columns) {
  const int64_t lanes = wholeVectors(n);
  for (int64_t k = 0; k < width; k += 4) {
    float* to = columns + k * kQ;
    for (int64_t i = 0; i < n; i++) {
      const float* from = rows + i * width + k;
      to[i] = from[0];
      to[kQ + i] = from[1];
      to[2 * kQ + i] = from[2];
      to[3 * kQ + i] = from[3];
    }
    for (int64_t i = n; i < lanes; i++) to[i] = to[kQ + i] = to[2 * kQ + i] = to[3 * kQ + i] = 0;
  }
}

// Positions that the queries before `end` see.
HWY_INLINE int64_t visibleBefore(const AttentionHead& h, int64_t end) {
  return h.causal ? std::min(h.S, end + h.offset) : h.S;
}

// Queries q.. beside positions p..p+m. Where a causal head's diagonal runs through, they are cut into strips, and what
// no query of a strip sees is neither computed nor read.
struct Block {
  static constexpr int64_t kStrip = 16;

  const AttentionHead& h;
  int64_t q, p, m;

  // The last position that query q sees.
  int64_t last() const { return q + h.offset - p; }

  // The strip of queries that is the first to see position p + s, and the end of the positions of which that is true.
  int64_t firstQuery(int64_t s) const { return h.causal ? std::max<int64_t>(0, s - last()) / kStrip * kStrip : 0; }
  int64_t endOfPositions(int64_t s) const { return h.causal ? std::min(m, last() + firstQuery(s) + kStrip) : m; }

  // How many positions the strip of query q + i sees, and the end of the queries, of n, of which that is true.
  int64_t seenBy(int64_t i) const {
    return h.causal ? std::clamp<int64_t>(last() + (i / kStrip + 1) * kStrip, 0, m) : m;
  }
  int64_t endOfQueries(int64_t i, int64_t n) const { return seenBy(i) == m ? n : std::min(n, i + kStrip); }
};

// products[s][i] = row p + s of `rows` times column i: [m][lanes] of a matrix [m][kQ].
HWY_INLINE void productsOf(const Block& block, int64_t lanes, const float* rows, int64_t width, const float* columns,
                           float* products) {
  for (int64_t s = 0, end; s < block.m; s = end) {
    end = block.endOfPositions(s);
    const int64_t i = block.firstQuery(s);
    blockProduct({end - s, lanes - i, block.h.D, rows + (block.p + s) * width, width, 1, columns + i, kQ,
                  products + s * kQ + i, kQ, nullptr, 0});
  }
}

// sums[i] = keep[i] sums[i] + the sum over s of factors[s][i] times row p + s of `rows`, for n queries.
HWY_INLINE void sumOverPositions(const Block& block, int64_t n, const float* factors, const float* rows, int64_t width,
                                 float* sums, const float* keep, int64_t keepStep) {
  for (int64_t i = 0, end; i < n; i = end) {
    end = block.endOfQueries(i, n);
    blockProduct({end - i, width, block.seenBy(i), factors + i, 1, kQ, rows + block.p * width, width, sums + i * width,
                  width, keep ? keep + i * keepStep : nullptr, keepStep});
  }
}

// Row p + s of `sums` += the sum over the n queries i of factors[s][i] times row i of `rows`.
HWY_INLINE void addOverQueries(const Block& block, int64_t n, const float* factors, const float* rows, int64_t width,
                               float* sums) {
  static constexpr float kOne = 1;
  for (int64_t s = 0, end; s < block.m; s = end) {
    end = block.endOfPositions(s);
    const int64_t i = block.firstQuery(s);
    blockProduct({end - s, width, n - i, factors + s * kQ + i, kQ, 1, rows + i * width, width,
                  sums + (block.p + s) * width, width, &kOne, 0});
  }
}

// Scores [m][kQ]: those that a query does not see become -infinity.
HWY_INLINE void hideLater(const Block& block, int64_t lanes, float* scores) {
  if (!block.h.causal) return;
  for (int64_t s = std::max<int64_t>(0, block.last() + 1); s < block.m; s++) {
    const int64_t hidden = std::min(lanes, s - block.last());
    for (int64_t i = block.firstQuery(s); i < hidden; i++) scores[s * kQ + i] = kHidden;
  }
}

// Scores [m][lanes] become exp(score - largest) with the largest so far; `factors` is what earlier results are worth.
HWY_NOINLINE void softmaxBlock(const Block& block, int64_t lanes, float* scores, float* largest, float* sums,
                               float* factors) {
  const BlockTag d;
  for (int64_t i = 0; i < lanes; i += kBlockLanes) {
    const int64_t m = block.seenBy(i);
    const BlockVector before = hn::LoadU(d, largest + i);
    BlockVector top = before;
    for (int64_t s = 0; s < m; s++) top = hn::Max(top, hn::LoadU(d, scores + s * kQ + i));
    const BlockVector factor = vector_math::exp(d, hn::Sub(before, top));
    BlockVector sum = hn::Zero(d);
    for (int64_t s = 0; s < m; s++) {
      const BlockVector e = vector_math::expOfNegative(d, hn::Sub(hn::LoadU(d, scores + s * kQ + i), top));
      hn::StoreU(e, d, scores + s * kQ + i);
      sum = hn::Add(sum, e);
    }
    hn::StoreU(top, d, largest + i);
    hn::StoreU(factor, d, factors + i);
    hn::StoreU(hn::MulAdd(hn::LoadU(d, sums + i), factor, sum), d, sums + i);
  }
}

HWY_NOINLINE void attentionForward(const AttentionHead& h, int64_t begin, int64_t end, float* context,
                                   int64_t contextStep, float* logSums, float* scratch) {
  const int64_t width = wholeVectors(h.D), seen = visibleBefore(h, end);
  Pieces pieces{scratch};
  float *keys = pieces.take(h.S * width), *values = pieces.take(h.S * width);
  float *rows = pieces.take(kQ * width), *columns = pieces.take(width * kQ);
  float* scores = pieces.take(kPositionBlock * kQ);
  float *largest = pieces.take(kQ), *sums = pieces.take(kQ), *factors = pieces.take(kQ);
  gatherRows(h.keys, h.memoryStep, seen, h.D, 1.0f, keys);
  gatherRows(h.values, h.memoryStep, seen, h.D, 1.0f, values);

  for (int64_t q = begin; q < end; q += kQ) {
    const int64_t n = std::min(kQ, end - q), lanes = wholeVectors(n), visible = visibleBefore(h, q + n);
    gatherRows(h.query + q * h.queryStep, h.queryStep, n, h.D, h.scale, rows);
    transposeRows(rows, n, width, columns);
    for (int64_t i = 0; i < kQ; i++) {
      largest[i] = kHidden;
      sums[i] = 0;
    }
    // From here on the rows are those of the context.
    for (int64_t p = 0; p < visible; p += kPositionBlock) {
      const Block block{h, q, p, std::min(kPositionBlock, visible - p)};
      productsOf(block, lanes, keys, width, columns, scores);
      hideLater(block, lanes, scores);
      softmaxBlock(block, lanes, scores, largest, sums, factors);
      sumOverPositions(block, n, scores, values, width, rows, p > 0 ? factors : nullptr, 1);
    }
    for (int64_t i = 0; i < n; i++) {
      if (logSums) logSums[q + i] = largest[i] + std::log(sums[i]);
      factors[i] = 1 / sums[i];
    }
    scatterRows(rows, n, h.D, factors, 1, context + q * contextStep, contextStep);
  }
}

// Scores [m][lanes] become weights, and dweights what the scores get: w (dw - sum of w dw), the sum being `means`.
HWY_NOINLINE void softmaxGradientBlock(const Block& block, int64_t lanes, float* scores, float* dweights,
                                       const float* logSums, const float* means) {
  const BlockTag d;
  for (int64_t i = 0; i < lanes; i += kBlockLanes) {
    const BlockVector logSum = hn::LoadU(d, logSums + i), mean = hn::LoadU(d, means + i);
    const int64_t m = block.seenBy(i);
    for (int64_t s = 0; s < m; s++) {
      const int64_t at = s * kQ + i;
      const BlockVector w = vector_math::exp(d, hn::Sub(hn::LoadU(d, scores + at), logSum));
      hn::StoreU(w, d, scores + at);
      hn::StoreU(hn::Mul(w, hn::Sub(hn::LoadU(d, dweights + at), mean)), d, dweights + at);
    }
  }
}

HWY_INLINE float dotOf(const float* a, const float* b, int64_t n) {
  const BlockTag d;
  BlockVector sum = hn::Zero(d);
  int64_t k = 0;
  for (; k + kBlockLanes <= n; k += kBlockLanes) sum = hn::MulAdd(hn::LoadU(d, a + k), hn::LoadU(d, b + k), sum);
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; k < n; k++) total += a[k] * b[k];
  return total;
}

HWY_NOINLINE void attentionGradient(const AttentionHead& h, const AttentionHeadGradient& g, float* scratch) {
  const int64_t width = wholeVectors(h.D), seen = visibleBefore(h, h.T);
  Pieces pieces{scratch};
  float *keys = pieces.take(h.S * width), *values = pieces.take(h.S * width);
  float *dkeys = pieces.take(h.S * width), *dvalues = pieces.take(h.S * width);
  float *queries = pieces.take(kQ * width), *dcontexts = pieces.take(kQ * width), *dqueries = pieces.take(kQ * width);
  float *queryColumns = pieces.take(width * kQ), *dcontextColumns = pieces.take(width * kQ);
  float *weights = pieces.take(kPositionBlock * kQ), *dscores = pieces.take(kPositionBlock * kQ);
  float *logSums = pieces.take(kQ), *means = pieces.take(kQ);
  const float one = 1;
  gatherRows(h.keys, h.memoryStep, seen, h.D, 1.0f, keys);
  gatherRows(h.values, h.memoryStep, seen, h.D, 1.0f, values);
  std::memset(dkeys, 0, static_cast<size_t>(h.S * width) * sizeof(float));
  std::memset(dvalues, 0, static_cast<size_t>(h.S * width) * sizeof(float));

  for (int64_t q = 0; q < h.T; q += kQ) {
    const int64_t n = std::min(kQ, h.T - q), lanes = wholeVectors(n), visible = visibleBefore(h, q + n);
    gatherRows(h.query + q * h.queryStep, h.queryStep, n, h.D, h.scale, queries);
    transposeRows(queries, n, width, queryColumns);
    gatherRows(g.dcontext + q * g.contextStep, g.contextStep, n, h.D, 1.0f, dcontexts);
    transposeRows(dcontexts, n, width, dcontextColumns);
    for (int64_t i = 0; i < lanes; i++) {
      logSums[i] = i < n ? g.logSums[q + i] : 0;
      means[i] = i < n ? dotOf(dcontexts + i * width, g.context + (q + i) * g.contextStep, h.D) : 0;
    }
    for (int64_t p = 0; p < visible; p += kPositionBlock) {
      const Block block{h, q, p, std::min(kPositionBlock, visible - p)};
      productsOf(block, lanes, keys, width, queryColumns, weights);
      hideLater(block, lanes, weights);
      productsOf(block, lanes, values, width, dcontextColumns, dscores);
      softmaxGradientBlock(block, lanes, weights, dscores, logSums, means);
      addOverQueries(block, n, weights, dcontexts, width, dvalues);
      addOverQueries(block, n, dscores, queries, width, dkeys);
      sumOverPositions(block, n, dscores, keys, width, dqueries, p > 0 ? &one : nullptr, 0);
    }
    scatterRows(dqueries, n, h.D, &h.scale, 0, g.dquery + q * h.queryStep, h.queryStep);
  }
  scatterRows(dkeys, h.S, h.D, &one, 0, g.dkeys, h.memoryStep);
  scatterRows(dvalues, h.S, h.D, &one, 0, g.dvalues, h.memoryStep);
}

const MultiHeadAttentionKernels kMultiHeadAttentionKernels = {attentionForward, attentionGradient};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {
namespace {

int64_t wholeVectorsOf(int64_t floats) { return (floats + 15) / 16 * 16; }

constexpr int64_t kScores = 64 * kQueryBlock;

}  // namespace

int64_t headScratchFloats(int64_t S, int64_t D) {
  return (2 * S + 2 * kQueryBlock) * wholeVectorsOf(D) + kScores + 3 * kQueryBlock;
}

int64_t headGradientScratchFloats(int64_t S, int64_t D) {
  return (4 * S + 5 * kQueryBlock) * wholeVectorsOf(D) + 2 * kScores + 2 * kQueryBlock;
}

const MultiHeadAttentionKernels& multiHeadAttentionKernels() { return OSTINATO_TIER_TABLE(kMultiHeadAttentionKernels); }

}  // namespace ostinato
#endif
