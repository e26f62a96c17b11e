// Philox4x32-10: random numbers that are a function of a counter and a key (Salmon et al. 2011, "Parallel random
// numbers: as easy as 1, 2, 3"). The reference executor computes the same bits.
#pragma once

#include <cstdint>

namespace ostinato {

struct Philox {
  uint32_t word[4];
};

inline Philox philox(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; round++) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c0;
    const uint64_t p1 = uint64_t{0xCD9E8D57} * c2;
    const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ key0;
    const uint32_t n2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ key1;
    c1 = static_cast<uint32_t>(p1);
    c3 = static_cast<uint32_t>(p0);
    c0 = n0;
    c2 = n2;
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return {{c0, c1, c2, c3}};
}

// Uniform in [0, 1) from one word: its upper 24 bits, so that every value is exact in float32.
inline float uniform01(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

}  // namespace ostinato
