// Draws a token from a row of logits: greedy, temperature, top-k (Fan et al. 2018), top-p (Holtzman et al. 2020).
#pragma once

#include <cstdint>

namespace ostinato {

struct DrawFilter {
  double temperature = 1;  // 0: the best token
  int64_t topK = 0;        // 0: all
  double topP = 1;         // 1: all
};

// The token at fraction u of [0, 1) of the distribution.
//
//   logits          [V] in, no NaN
//   most            their maximum, finite
//   weights, order  [V] scratch
int32_t drawToken(const float* logits, int64_t V, float most, const DrawFilter& filter, double u, double* weights,
                  int32_t* order);

}  // namespace ostinato
