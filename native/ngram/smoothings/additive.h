#pragma once

#include "ngram/smoothing.h"

namespace ostinato {

// Additive smoothing of the highest order (Laplace: 1; Lidstone 1920: any number): p(w | h) = (c(h w) + a) / (c(h .) +
// a d) for d words. Shorter n-grams have no say: below, all words are alike.
class Additive final : public Smoothing {
 public:
  Additive(double added, ModelSize size) : added_(added), size_(size) {}
  Kind kind() const override { return Kind::backsOff; }
  double share(int order, std::span<const uint32_t> counts, double total, double* own) const override {
    const double d = size_.words;
    for (size_t i = 0; i < counts.size(); i++) {
      own[i] = order < size_.order ? 1 / d : (counts[i] + added_) / (total + added_ * d);
    }
    return 1;
  }

 private:
  double added_;
  ModelSize size_;
};

}  // namespace ostinato
