#pragma once

#include <algorithm>

#include "ngram/smoothing.h"

namespace ostinato {

// Witten & Bell (1991), interpolated: a context gives as much to words that it never saw as it saw different ones, R.
//
//   own(w) = c(h w) / (c(h .) + R(h))     weight = R(h) / (c(h .) + R(h))
class WittenBell final : public Smoothing {
 public:
  Kind kind() const override { return Kind::interpolates; }
  double share(int, std::span<const uint32_t> counts, double total, double* own) const override {
    const double R = static_cast<double>(counts.size() - std::count(counts.begin(), counts.end(), 0U));
    for (size_t i = 0; i < counts.size(); i++) own[i] = counts[i] / (total + R);
    return R / (total + R);
  }
};

}  // namespace ostinato
