#include "ngram/ngram_estimate.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "ngram/ngram_table.h"
#include "ngram/ngram_table_writer.h"

namespace ostinato {
namespace {

float logOf(double p) { return p > 0 ? std::max(static_cast<float>(std::log(p)), kImpossible) : kImpossible; }

OrderStatistics statisticsOf(int order, std::span<const uint32_t> counts) {
  OrderStatistics statistics;
  statistics.order = order;
  for (const uint32_t c : counts) {
    if (c < statistics.ofCount.size()) statistics.ofCount[c]++;
  }
  return statistics;
}

// The contexts of one order, with what they share.
class Estimation {
 public:
  Estimation(const NgramCounts& counts, Smoothing& smoothing, const MinimumCounts& minimum)
      : counts_(counts), smoothing_(smoothing), minimum_(minimum) {}

  // Whether an n-gram comes often enough to be kept.
  bool keeps(int k, int64_t at) const {
    if (k == 1 || minimum_.empty()) return true;
    const size_t last = std::min(minimum_.size(), static_cast<size_t>(k)) - 1;
    return counts_.level(k).counts[static_cast<size_t>(at)] >= minimum_[last];
  }

  // The probabilities of the n-grams of k words, and the back-off weights of their contexts, from the probabilities of
  // those of k - 1 words.
  void next(int k, Notes& notes) {
    const CountedLevel& level = counts_.level(k);
    std::vector<uint32_t> own = smoothing_.countsContinuations() ? counts_.continuations(k) : level.counts;
    smoothing_.fit(statisticsOf(k, own), notes);
    lower_.swap(probabilities_);
    probabilities_.assign(own.size(), 0);
    weights_.assign(k == 1 ? 1 : static_cast<size_t>(counts_.level(k - 1).size()), 1);
    for (size_t context = 0; context < weights_.size(); context++) {
      const Range range =
          k == 1 ? Range{0, level.size()}
                 : Range{counts_.level(k - 1).children[context], counts_.level(k - 1).children[context + 1]};
      if (range.begin < range.end) weights_[context] = share(k, own, range);
    }
    if (k == 1 && counts_.marks.isOnlyRead(counts_.marks.begin)) {
      probabilities_[static_cast<size_t>(counts_.marks.begin)] = 0;
    }
  }

  const std::vector<double>& probabilities() const { return probabilities_; }
  const std::vector<double>& weights() const { return weights_; }

 private:
  // The probability of an n-gram under the shorter context.
  double lower(int k, int64_t at) const {
    if (k == 1) return 1.0 / static_cast<double>(counts_.predicted());
    return lower_[static_cast<size_t>(counts_.level(k).suffix[static_cast<size_t>(at)])];
  }

  double share(int k, const std::vector<uint32_t>& counts, Range range) {
    const std::span<const uint32_t> own(counts.data() + range.begin, static_cast<size_t>(range.end - range.begin));
    double total = 0;
    for (const uint32_t c : own) total += c;
    double* p = probabilities_.data() + range.begin;
    double weight = total > 0 ? smoothing_.share(k, own, total, p) : 1;
    for (int64_t i = range.begin; i < range.end; i++) {
      if (keeps(k, i)) continue;
      const bool interpolates = smoothing_.kind() == Smoothing::Kind::interpolates;
      if (interpolates) weight += p[i - range.begin];
      p[i - range.begin] = interpolates ? 0 : -1;
    }
    if (smoothing_.kind() == Smoothing::Kind::backsOff) weight = remaining(k, range, p);
    if (smoothing_.kind() == Smoothing::Kind::substitutes) weight = 1;
    for (int64_t i = range.begin; i < range.end; i++, p++) {
      if (smoothing_.kind() == Smoothing::Kind::interpolates) {
        *p += weight * lower(k, i);
      } else if (*p < 0) {
        *p = weight * lower(k, i);
      }
    }
    return weight;
  }

  // The weight with which the probabilities after a context sum to 1. Where every word has one of its own, there is
  // nobody else to take what is left, and they share it.
  double remaining(int k, Range range, double* p) const {
    double given = 0, covered = 0;
    for (int64_t i = range.begin; i < range.end; i++) {
      if (p[i - range.begin] < 0 || (k == 1 && counts_.marks.isOnlyRead(i))) continue;
      given += p[i - range.begin];
      covered += lower(k, i);
    }
    const double left = 1 - given, open = 1 - covered;
    if (open > 1e-9) return left > 0 ? left / open : 0;
    for (int64_t i = range.begin; i < range.end; i++) p[i - range.begin] /= given;
    return 1;
  }

  const NgramCounts& counts_;
  Smoothing& smoothing_;
  const MinimumCounts& minimum_;
  std::vector<double> probabilities_, lower_, weights_;
};

}  // namespace

std::vector<int32_t> estimateNgrams(const NgramCounts& counts, Smoothing& smoothing, const MinimumCounts& minimum,
                                    Notes& notes, const std::atomic<bool>& stop) {
  const int n = counts.order();
  Estimation estimation(counts, smoothing, minimum);
  // By order - 1 and place: the n-grams before it that are kept, so that of one that is kept, its place in the table.
  std::vector<std::vector<int32_t>> places;
  std::vector<int64_t> sizes;
  for (int k = 1; k <= n; k++) {
    std::vector<int32_t> before = {0};
    for (int64_t i = 0; i < counts.level(k).size(); i++) before.push_back(before.back() + estimation.keeps(k, i));
    sizes.push_back(before.back());
    places.push_back(std::move(before));
  }
  const auto placeOf = [&](int k, int64_t at) { return places[static_cast<size_t>(k - 1)][static_cast<size_t>(at)]; };
  NgramTableWriter writer(n, sizes);
  for (int k = 1; k <= n; k++) {
    if (stop) throw NgramsStopped();
    estimation.next(k, notes);
    const CountedLevel& level = counts.level(k);
    for (int64_t i = 0; i < level.size(); i++) {
      if (!estimation.keeps(k, i)) continue;
      const int64_t place = placeOf(k, i);
      writer.setNgram(k, place, level.words[static_cast<size_t>(i)],
                      logOf(estimation.probabilities()[static_cast<size_t>(i)]));
      if (k > 1 && k < n) writer.setSuffix(k, place, placeOf(k - 1, level.suffix[static_cast<size_t>(i)]));
    }
    if (k == 1) continue;
    const CountedLevel& below = counts.level(k - 1);
    for (int64_t i = 0; i < below.size(); i++) {
      if (!estimation.keeps(k - 1, i)) continue;
      writer.setContext(k - 1, placeOf(k - 1, i), placeOf(k, below.children[static_cast<size_t>(i)]),
                        logOf(estimation.weights()[static_cast<size_t>(i)]));
    }
    writer.setContext(k - 1, placeOf(k - 1, below.size()), placeOf(k, below.children.back()), 0);
  }
  return writer.take();
}

}  // namespace ostinato
