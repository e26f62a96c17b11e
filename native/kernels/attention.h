// Additive scores of attention (Bahdanau et al. 2015): vᵀ tanh(query + key), for one query and n keys, and their
// gradients.
//
// query, v, dquery, dv [K]; keys, dkeys [n] rows of K, ld floats from row to row; scores, dscores [n]. No alignment is
// needed; results overlap no operand. Error: that of tanh (kernels/vector_math-inl.h) and of a float32 sum of K
// products, made in as many short sums as a vector has lanes.
#pragma once

#include <cstdint>

namespace ostinato {

struct AdditiveAttentionKernels {
  void (*scores)(const float* query, const float* keys, int64_t ld, const float* v, int64_t n, int64_t K,
                 float* scores);
  // dquery += sum over keys of dscore v (1 - tanh²)
  void (*queryGradient)(const float* query, const float* keys, int64_t ld, const float* v, const float* dscores,
                        int64_t n, int64_t K, float* dquery);
  // dkeys += dscore v (1 - tanh²), dv += dscore tanh
  void (*keysGradient)(const float* query, const float* keys, int64_t ld, const float* v, const float* dscores,
                       int64_t n, int64_t K, float* dkeys, float* dv);
};

const AdditiveAttentionKernels& additiveAttentionKernels();

}  // namespace ostinato
