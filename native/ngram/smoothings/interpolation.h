#pragma once

#include "ngram/smoothing.h"

namespace ostinato {

// Linear interpolation of orders with one weight for each (Jelinek & Mercer 1980):
//
//   p(w | h) = sum over k of a_k c(h_k w) / c(h_k .)     h_k: the last k - 1 words of h; k = 0: 1 / V
//
// A context that never came leaves its weight to the shorter ones, in proportion.
class Interpolation final : public Smoothing {
 public:
  explicit Interpolation(std::vector<double> weights) : weights_(std::move(weights)) {}
  Kind kind() const override { return Kind::interpolates; }
  double share(int order, std::span<const uint32_t> counts, double total, double* own) const override {
    double below = 0;
    for (int k = 0; k < order; k++) below += weights_[static_cast<size_t>(k)];
    const double here = weights_[static_cast<size_t>(order)], sum = here + below;
    // Orders up to this one may have no weight at all.
    const double share = sum > 0 ? here / sum : 0;
    for (size_t i = 0; i < counts.size(); i++) own[i] = share * counts[i] / total;
    return 1 - share;
  }

 private:
  std::vector<double> weights_;
};

}  // namespace ostinato
