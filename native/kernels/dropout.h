// Dropout masks from Philox counters, once per CPU tier; every tier gives the same bits.
#pragma once

#include <cstdint>

namespace ostinato {

struct DropoutMask {
  uint32_t seed, stream, step;
  float rate;
};

struct DropoutKernels {
  // scale[i - begin] = 1 / (1 - rate) where element i of the mask is kept, else 0, for begin <= i < end.
  // Element i is kept when the upper 24 bits of word i % 4 of philox(counter (i / 4, 0, step, 0), key (seed, stream)),
  // as a fraction, are at least the rate. begin is a multiple of 4; scale has room for end - begin rounded up to 4
  // * 16.
  void (*mask)(const DropoutMask& mask, int64_t begin, int64_t end, float* scale);
};

// The table of the current tier.
const DropoutKernels& dropoutKernels();

}  // namespace ostinato
