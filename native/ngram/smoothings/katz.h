#pragma once

#include "ngram/smoothing.h"

namespace ostinato {

// Back-off with Good-Turing discounts (Katz 1987). Counts above K are trusted; a count r of at most K becomes d_r r:
//
//   d_r = (r*/r - A) / (1 - A)     r* = (r + 1) n_{r+1} / n_r     A = (K + 1) n_{K+1} / n_1
//
// Words of the vocabulary that never came share what order 1 is discounted by: half of each count of 1. The formula,
// with K = 1, would take these away whole, whatever the counts.
class Katz final : public Smoothing {
 public:
  explicit Katz(int most) : most_(most) {}
  Kind kind() const override { return Kind::backsOff; }
  void fit(const OrderStatistics& statistics, Notes& notes) override;
  double share(int order, std::span<const uint32_t> counts, double total, double* own) const override;

 private:
  int most_;
  std::vector<double> factors_;
};

}  // namespace ostinato
