// How a smoothing shares the probability of a context among the words after it. Each is a file of
// native/ngram/smoothings and a line of smoothings.cc; ngram_estimate.cc walks the contexts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ostinato {

// Numbers that a user may set; each smoothing reads its own.
struct SmoothingOptions {
  double added = 1;             // additive: what is added to each count
  double discount = -1;         // absolute, kneserNey: instead of the estimate
  int threshold = 0;            // backOff: counts above it stand
  int mostDiscounted = 7;       // katz: larger counts are trusted
  std::vector<double> weights;  // interpolation: of the uniform distribution and of orders 1 to n; sum 1
};

// The numbers of one order that a smoothing estimates its discounts from.
struct OrderStatistics {
  int order = 1;
  // [r]: n-grams that were counted r times; [0] is not used.
  std::array<int64_t, 26> ofCount = {};
};

// Remarks about what could not be done as asked, for the user.
using Notes = std::vector<std::string>;

class Smoothing {
 public:
  enum class Kind {
    // p(w | h) = own(w) + weight p(w | h'), h' being h without its first word.
    interpolates,
    // p(w | h) = own(w) where own(w) >= 0, else weight p(w | h'), with the weight that makes the sum 1.
    backsOff,
    // p(w | h) = own(w) where own(w) >= 0, else p(w | h'); the sum is what it is.
    substitutes,
  };

  virtual ~Smoothing() = default;
  virtual Kind kind() const = 0;
  // Whether lower orders count distinct words before an n-gram instead of how often it came.
  virtual bool countsContinuations() const { return false; }
  // Called for each order before its contexts are asked for.
  virtual void fit(const OrderStatistics&, Notes&) {}
  // The words after a context of order - 1 words: counts of each, and their sum, which is above 0. Those of order 1 are
  // the vocabulary, and some counts are 0. Fills own[]; returns the weight, which only interpolation reads.
  virtual double share(int order, std::span<const uint32_t> counts, double total, double* own) const = 0;
};

// The sizes that every smoothing may know.
struct ModelSize {
  int order;
  double words;  // that may be predicted
};

// The smoothing of this name; null if there is none.
std::unique_ptr<Smoothing> makeSmoothing(const std::string& name, const SmoothingOptions& options, ModelSize size);

}  // namespace ostinato
