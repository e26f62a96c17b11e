// Attention of one head over one row of the batch, block by block (Vaswani et al. 2017, equation 1; Dao et al. 2022).
//
//   scores = scale Q Kᵀ   weights = softmax(scores)   context = weights V
//
// 64 queries meet 64 positions at a time. Their scores lie transposed, [positions][queries], so that the maximum and
// the sum of a query run down a lane of vectors. A running maximum and sum (forward) and the logarithms of the sums
// (gradient) stand for the weights of other blocks; memory grows with T + S, never with T x S.
//
//   query, context     T rows of D floats, queryStep and contextStep floats apart
//   keys, values       S rows of D floats, memoryStep floats apart
//   logSums            [T]: the largest score plus the logarithm of the sum of exp(score - largest). Null: not wanted
//   offset             with causal, query t sees the positions up to t + offset; offset >= 0
//   scratch            headScratchFloats(...) floats, 64-byte aligned
//
// S >= 1. No other alignment is needed; results overlap no operand. Each result is a float32 sum in an order that
// depends on T, S, D and the tier only. Error: that of float32 sums of D and S products and of exp (2 ulp).
#pragma once

#include <cstdint>

namespace ostinato {

struct AttentionHead {
  int64_t T, S, D;
  bool causal;
  int64_t offset;
  float scale;
  const float* query;
  int64_t queryStep;
  const float *keys, *values;
  int64_t memoryStep;
};

struct AttentionHeadGradient {
  const float *context, *dcontext;
  int64_t contextStep;
  const float* logSums;
  // Written, not added to: dquery with queryStep, dkeys and dvalues with memoryStep.
  float *dquery, *dkeys, *dvalues;
};

// Queries of a block.
constexpr int64_t kQueryBlock = 64;

// Floats of scratch for any range of queries, and for the gradient.
int64_t headScratchFloats(int64_t S, int64_t D);
int64_t headGradientScratchFloats(int64_t S, int64_t D);

struct MultiHeadAttentionKernels {
  // The queries from begin to end, begin a multiple of kQueryBlock; `context` and `logSums` are those of query 0.
  void (*forward)(const AttentionHead& head, int64_t begin, int64_t end, float* context, int64_t contextStep,
                  float* logSums, float* scratch);
  void (*gradient)(const AttentionHead& head, const AttentionHeadGradient& gradient, float* scratch);
};

const MultiHeadAttentionKernels& multiHeadAttentionKernels();

}  // namespace ostinato
