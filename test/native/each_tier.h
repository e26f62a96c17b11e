// Tests that run on every tier of this CPU.
#pragma once

#include "doctest/doctest.h"
#include "kernels/tiers.h"

namespace ostinato {

template <class F>
void forEachTier(const F& test) {
  for (Tier tier : availableTiers()) {
    REQUIRE(setTier(tierName(tier)));
    INFO("tier ", tierName(tier));
    test();
  }
  setTier("auto");
}

}  // namespace ostinato
