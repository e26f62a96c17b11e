#pragma once

#include "ngram/smoothing.h"

namespace ostinato {

// Discounts that depend on the count: none; one for all; those of counts 1, 2, and 3 or more.
//
//   own(w) = max(c(h w) - D(c), 0) / sum of c(h .)     weight = sum of D(c) over the words / sum of c(h .)
//
// Absolute discounting (Ney, Essen & Kneser 1994) has one D and plain counts, Kneser-Ney (1995) one D and counts of
// continuations, modified Kneser-Ney (Chen & Goodman 1998, equations 24 to 28) three D and counts of continuations.
class Discounting final : public Smoothing {
 public:
  struct Form {
    bool continuations, three;
    double fixed;  // in place of an estimate of one D; below 0 for none
  };

  explicit Discounting(Form form) : form_(form) {}
  Kind kind() const override { return Kind::interpolates; }
  bool countsContinuations() const override { return form_.continuations; }
  void fit(const OrderStatistics& statistics, Notes& notes) override;
  double share(int order, std::span<const uint32_t> counts, double total, double* own) const override;

 private:
  Form form_;
  // [0] is 0: what never came has nothing to give.
  double discounts_[4] = {};
};

}  // namespace ostinato
