#pragma once

#include "ngram/smoothing.h"

namespace ostinato {

// Quotients of counts. Maximum likelihood: p(w | h) = c(h w) / c(h .), and 0 for a word that never followed a context
// that came. With a threshold, back-off as lectures draw it: the quotient where the count is above the threshold, else
// that of the shorter context. No weight makes up for the difference, so those do not sum to 1.
class Quotient final : public Smoothing {
 public:
  // threshold < 0: maximum likelihood.
  explicit Quotient(int threshold) : threshold_(threshold) {}
  Kind kind() const override { return threshold_ < 0 ? Kind::interpolates : Kind::substitutes; }
  double share(int order, std::span<const uint32_t> counts, double total, double* own) const override {
    for (size_t i = 0; i < counts.size(); i++) {
      const bool stands = order == 1 || static_cast<int64_t>(counts[i]) > threshold_;
      own[i] = stands ? counts[i] / total : -1;
    }
    return 0;
  }

 private:
  int64_t threshold_;
};

}  // namespace ostinato
