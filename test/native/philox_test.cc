#include "base/philox.h"

#include <cmath>
#include <vector>

#include "doctest/doctest.h"
#include "each_tier.h"
#include "kernels/dropout.h"

using namespace ostinato;

TEST_CASE("Philox gives the known answers of the Random123 library") {
  const Philox zero = philox(0, 0, 0, 0, 0, 0);
  CHECK(zero.word[0] == 0x6627e8d5);
  CHECK(zero.word[1] == 0xe169c58d);
  CHECK(zero.word[2] == 0xbc57ac4c);
  CHECK(zero.word[3] == 0x9b00dbd8);
  const Philox pi = philox(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0);
  CHECK(pi.word[0] == 0xd16cfe09);
  CHECK(pi.word[1] == 0x94fdcceb);
  CHECK(pi.word[2] == 0x5001e420);
  CHECK(pi.word[3] == 0x24126ea1);
}

TEST_CASE("every tier makes the mask that the definition gives") {
  forEachTier([] {
    for (const int64_t n : {1, 3, 4, 63, 64, 65, 1000}) {
      for (const int64_t begin : {0, 4, 1024}) {
        const DropoutMask mask = {7, 3, 11, 0.3f};
        std::vector<float> scale(static_cast<size_t>(n) + 128);
        dropoutKernels().mask(mask, begin, begin + n, scale.data());
        for (int64_t i = 0; i < n; i++) {
          const int64_t e = begin + i;
          const Philox random = philox(static_cast<uint32_t>(e / 4), 0, mask.step, 0, mask.seed, mask.stream);
          const bool kept = uniform01(random.word[e % 4]) >= mask.rate;
          REQUIRE((scale[static_cast<size_t>(i)] != 0) == kept);
          if (kept) REQUIRE(scale[static_cast<size_t>(i)] == doctest::Approx(1 / 0.7));
        }
      }
    }
  });
}
