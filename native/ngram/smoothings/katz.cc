#include "ngram/smoothings/katz.h"

#include <algorithm>
#include <cmath>

namespace ostinato {

void Katz::fit(const OrderStatistics& statistics, Notes& notes) {
  if (statistics.order == 1) {
    factors_ = {1, 0.5};
    return;
  }
  const int K = most_;
  const auto n = [&](int r) { return static_cast<double>(statistics.ofCount[static_cast<size_t>(r)]); };
  const double A = (K + 1) * n(K + 1) / n(1);
  factors_.assign(static_cast<size_t>(K) + 1, 1);
  bool sound = true;
  for (int r = 1; r <= K; r++) {
    const double better = (r + 1) * n(r + 1) / n(r);
    const double d = (better / r - A) / (1 - A);
    sound = sound && std::isfinite(d) && d > 0 && d <= 1;
    factors_[static_cast<size_t>(r)] = d;
  }
  if (sound) return;
  for (int r = 1; r <= K; r++) factors_[static_cast<size_t>(r)] = (r - 0.5) / r;
  notes.push_back("order " + std::to_string(statistics.order) +
                  ": its counts are too few for Good-Turing's estimate; counts up to " + std::to_string(K) +
                  " are lowered by 0.5 instead");
}

double Katz::share(int, std::span<const uint32_t> counts, double total, double* own) const {
  double sum = 0;
  for (size_t i = 0; i < counts.size(); i++) {
    const uint32_t c = counts[i];
    own[i] = c == 0 ? -1 : c * (c < factors_.size() ? factors_[c] : 1) / total;
    if (c > 0) sum += own[i];
  }
  // Something must be left for what never came: a context whose counts are all trusted counts as one longer.
  if (sum > 1 - 1e-9) {
    for (size_t i = 0; i < counts.size(); i++) own[i] = counts[i] == 0 ? -1 : own[i] * total / (total + 1);
  }
  return 1;
}

}  // namespace ostinato
