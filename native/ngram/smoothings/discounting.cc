#include "ngram/smoothings/discounting.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace ostinato {
namespace {

// Where an estimate makes no sense, as KenLM's --discount_fallback says by default.
constexpr double kFallback[] = {0, 0.5, 1, 1.5};

std::string numbersOf(const double* discounts, int count) {
  std::string text;
  char number[32];
  for (int i = 1; i <= count; i++) {
    std::snprintf(number, sizeof number, "%s%.3g", i > 1 ? ", " : "", discounts[i]);
    text += number;
  }
  return text;
}

}  // namespace

void Discounting::fit(const OrderStatistics& statistics, Notes& notes) {
  if (form_.fixed >= 0) {
    std::fill_n(discounts_ + 1, 3, form_.fixed);
    return;
  }
  const auto n = [&](int r) { return static_cast<double>(statistics.ofCount[static_cast<size_t>(r)]); };
  const int kinds = form_.three ? 3 : 1;
  const double Y = n(1) / (n(1) + 2 * n(2));
  bool sound = true;
  for (int r = 1; r <= 3; r++) {
    const double D = form_.three ? r - (r + 1) * Y * n(r + 1) / n(r) : Y;
    // A discount of the whole count, or of less than nothing, is no estimate: too few n-grams came so often.
    sound = sound && std::isfinite(D) && D > 0 && D < (form_.three ? r : 1);
    discounts_[r] = D;
  }
  if (sound) return;
  for (int r = 1; r <= 3; r++) discounts_[r] = form_.three ? kFallback[r] : kFallback[1];
  notes.push_back("order " + std::to_string(statistics.order) +
                  ": its counts are too few to estimate discounts from; they are " + numbersOf(discounts_, kinds));
}

double Discounting::share(int, std::span<const uint32_t> counts, double total, double* own) const {
  double taken = 0;
  for (size_t i = 0; i < counts.size(); i++) {
    const double c = counts[i], D = std::min(c, discounts_[std::min<uint32_t>(counts[i], 3)]);
    taken += D;
    own[i] = (c - D) / total;
  }
  return taken / total;
}

}  // namespace ostinato
