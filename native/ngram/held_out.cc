#include "ngram/held_out.h"

#include <algorithm>
#include <cmath>

namespace ostinato {
namespace {

// The place of an n-gram in its level; -1 if it was not counted.
int64_t find(const NgramCounts& counts, const NgramText& text, int64_t begin, int k) {
  int64_t at = text.word(begin);
  for (int level = 1; level < k; level++) {
    const std::vector<int32_t>& children = counts.level(level).children;
    const std::vector<int32_t>& words = counts.level(level + 1).words;
    const auto first = words.begin() + children[static_cast<size_t>(at)],
               last = words.begin() + children[static_cast<size_t>(at) + 1];
    const auto found = std::lower_bound(first, last, text.word(begin + level));
    if (found == last || *found != text.word(begin + level)) return -1;
    at = found - words.begin();
  }
  return at;
}

// How often anything came after each n-gram of k - 1 words.
std::vector<double> totals(const NgramCounts& counts, int k) {
  const CountedLevel& level = counts.level(k);
  std::vector<double> sums(k == 1 ? 1 : static_cast<size_t>(counts.level(k - 1).size()), 0);
  for (size_t context = 0; context < sums.size(); context++) {
    const int64_t begin = k == 1 ? 0 : counts.level(k - 1).children[context],
                  end = k == 1 ? level.size() : counts.level(k - 1).children[context + 1];
    for (int64_t i = begin; i < end; i++) sums[context] += level.counts[static_cast<size_t>(i)];
  }
  return sums;
}

constexpr float kUnknown = -1;

// [tokens, n + 1]: what each order says of each token, kUnknown from the first order on whose context never came.
std::vector<float> quotients(const NgramCounts& counts, const NgramText& text, const std::atomic<bool>& stop) {
  const int n = counts.order();
  std::vector<std::vector<double>> sums;
  for (int k = 1; k <= n; k++) sums.push_back(totals(counts, k));
  std::vector<float> all;
  int64_t opening = 0;
  for (int64_t at = 0; at < text.size(); at++) {
    if (at % 65536 == 0 && stop) throw NgramsStopped();
    if (text.opens(at)) {
      opening = at;
      continue;
    }
    all.push_back(static_cast<float>(1.0 / static_cast<double>(counts.predicted())));
    bool known = true;
    for (int k = 1; k <= n; k++) {
      const int64_t begin = at - k + 1;
      known = known && begin >= opening;
      const int64_t context = !known ? -1 : k == 1 ? 0 : find(counts, text, begin, k - 1);
      const double sum = context < 0 ? 0 : sums[static_cast<size_t>(k - 1)][static_cast<size_t>(context)];
      known = known && sum > 0;
      const int64_t found = known ? find(counts, text, begin, k) : -1;
      const double count = found < 0 ? 0 : counts.level(k).counts[static_cast<size_t>(found)];
      all.push_back(known ? static_cast<float>(count / sum) : kUnknown);
    }
  }
  return all;
}

}  // namespace

std::vector<double> interpolationWeights(const NgramCounts& counts, const NgramText& heldOut,
                                         const std::atomic<bool>& stop) {
  const size_t n = static_cast<size_t>(counts.order());
  const std::vector<float> all = quotients(counts, heldOut, stop);
  // share[k]: of what reaches order k from above, the part that stays there. All of it stays at order 0.
  std::vector<double> share(n + 1, 0.5);
  share[0] = 1;
  for (int iteration = 0; iteration < 200; iteration++) {
    if (stop) throw NgramsStopped();
    std::vector<double> stays(n + 1, 0), reaches(n + 1, 0), sum(n + 1);
    for (size_t row = 0; row < all.size(); row += n + 1) {
      size_t top = 0;
      sum[0] = all[row];
      while (top < n && all[row + top + 1] != kUnknown) {
        top++;
        sum[top] = share[top] * all[row + top] + (1 - share[top]) * sum[top - 1];
      }
      double reached = 1;
      for (size_t k = top; k > 0 && sum[k] > 0; k--) {
        const double here = reached * share[k] * all[row + k] / sum[k];
        reaches[k] += reached;
        stays[k] += here;
        reached -= here;
      }
    }
    double change = 0;
    for (size_t k = 1; k <= n; k++) {
      const double next = reaches[k] > 0 ? stays[k] / reaches[k] : share[k];
      change = std::max(change, std::abs(next - share[k]));
      share[k] = next;
    }
    if (change < 1e-6) break;
  }
  std::vector<double> weights(n + 1);
  double rest = 1;
  for (size_t k = n + 1; k-- > 0;) {
    weights[k] = rest * share[k];
    rest -= weights[k];
  }
  return weights;
}

}  // namespace ostinato
