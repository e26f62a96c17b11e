#include "ngram/ngram_pruning.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "ngram/ngram_counts.h"
#include "ngram/ngram_table_writer.h"

namespace ostinato {
namespace {

// The largest back-off weight that makes sense, as for ARPA files.
constexpr double kLargestBackoff = -kImpossible;

class Pruning {
 public:
  Pruning(const NgramTable& table, SentenceIds marks, double threshold)
      : table_(table), marks_(marks), threshold_(threshold) {
    for (int k = 1; k <= table.order(); k++) {
      kept_.emplace_back(static_cast<size_t>(table.count(k)), k == 1);
      backoffs_.emplace_back();
      if (k == table.order()) break;
      for (int64_t i = 0; i < table.count(k); i++) backoffs_.back().push_back(table.backoff(k, i));
    }
  }

  // The n-grams of k words that stay. Those that are longer have been seen to.
  void prune(int k, const std::atomic<bool>& stop) {
    const std::vector<double> histories = contextLogs(k - 1);
    for (int64_t context = 0; context < table_.count(k - 1); context++) {
      if (context % 4096 == 0 && stop) throw NgramsStopped();
      const Range range{table_.childrenBegin(k - 1, context), table_.childrenBegin(k - 1, context + 1)};
      if (range.begin < range.end) pruneContext(k, context, range, histories[static_cast<size_t>(context)]);
    }
  }

  std::vector<int32_t> table() const {
    // By level: the n-grams before each that are kept.
    std::vector<std::vector<int32_t>> places;
    std::vector<int64_t> counts;
    for (const std::vector<bool>& kept : kept_) {
      std::vector<int32_t> before = {0};
      for (const bool keep : kept) before.push_back(before.back() + keep);
      if (before.back() == 0) break;
      counts.push_back(before.back());
      places.push_back(std::move(before));
    }
    const int n = static_cast<int>(counts.size());
    NgramTableWriter writer(n, counts);
    for (int k = 1; k <= n; k++) {
      const std::vector<int32_t>& own = places[static_cast<size_t>(k - 1)];
      for (int64_t i = 0; i < table_.count(k); i++) {
        if (!kept_[static_cast<size_t>(k - 1)][static_cast<size_t>(i)]) continue;
        const int64_t place = own[static_cast<size_t>(i)];
        writer.setNgram(k, place, table_.word(k, i), table_.probability(k, i));
        if (k == n) continue;
        if (k > 1) {
          // Below the highest order the table knows it without the context.
          const int64_t suffix = table_.suffix(k, i, 0);
          writer.setSuffix(k, place, places[static_cast<size_t>(k - 2)][static_cast<size_t>(suffix)]);
        }
        const int64_t child = table_.childrenBegin(k, i);
        writer.setContext(k, place, places[static_cast<size_t>(k)][static_cast<size_t>(child)],
                          backoffs_[static_cast<size_t>(k - 1)][static_cast<size_t>(i)]);
      }
      if (k < n) writer.setContext(k, own.back(), places[static_cast<size_t>(k)].back(), 0);
    }
    return writer.take();
  }

 private:
  // The log-probability of each n-gram of k words as a text.
  std::vector<double> contextLogs(int k) const {
    std::vector<double> logs(static_cast<size_t>(table_.count(1)));
    for (int64_t word = 0; word < table_.count(1); word++) {
      logs[static_cast<size_t>(word)] = table_.probability(1, marks_.isOnlyRead(word) ? marks_.end : word);
    }
    for (int level = 2; level <= k; level++) {
      std::vector<double> longer(static_cast<size_t>(table_.count(level)));
      for (int64_t i = 0; i < table_.count(level - 1); i++) {
        for (int64_t j = table_.childrenBegin(level - 1, i); j < table_.childrenBegin(level - 1, i + 1); j++) {
          longer[static_cast<size_t>(j)] = logs[static_cast<size_t>(i)] + table_.probability(level, j);
        }
      }
      logs.swap(longer);
    }
    return logs;
  }

  void pruneContext(int k, int64_t context, Range range, double history) {
    double left = 1, open = 1;
    shorter_.clear();
    for (int64_t i = range.begin; i < range.end; i++) {
      shorter_.push_back(table_.probability(k - 1, table_.suffix(k, i, context)));
      left -= std::exp(static_cast<double>(table_.probability(k, i)));
      open -= std::exp(shorter_.back());
    }
    left = std::max(left, 0.0);
    open = std::max(open, 0.0);
    float& backoff = backoffs_[static_cast<size_t>(k - 2)][static_cast<size_t>(context)];
    std::vector<bool>& kept = kept_[static_cast<size_t>(k - 1)];
    double newLeft = left, newOpen = open;
    int64_t pruned = 0;
    for (int64_t i = range.begin; i < range.end; i++) {
      const double p = table_.probability(k, i), q = shorter_[static_cast<size_t>(i - range.begin)];
      const double next = std::log(left + std::exp(p)) - std::log(open + std::exp(q));
      const double entropy = -std::exp(history) * (std::exp(p) * (q + next - p) + left * (next - backoff));
      // Not a number is no small loss.
      const bool goes = std::expm1(entropy) < threshold_ && std::abs(next) < kLargestBackoff;
      if (goes && !kept[static_cast<size_t>(i)]) {
        newLeft += std::exp(p);
        newOpen += std::exp(q);
        pruned++;
        continue;
      }
      kept[static_cast<size_t>(i)] = true;
      kept_[static_cast<size_t>(k - 2)][static_cast<size_t>(context)] = true;
      kept_[static_cast<size_t>(k - 2)][static_cast<size_t>(table_.suffix(k, i, context))] = true;
    }
    if (pruned == range.end - range.begin) {
      backoff = 0;
    } else if (pruned > 0) {
      backoff = static_cast<float>(std::log(newLeft) - std::log(newOpen));
    }
  }

  const NgramTable& table_;
  const SentenceIds marks_;
  const double threshold_;
  // By level - 1 and place.
  std::vector<std::vector<bool>> kept_;
  std::vector<std::vector<float>> backoffs_;
  // Log-probabilities of the words of one context after the shorter one.
  std::vector<double> shorter_;
};

}  // namespace

std::vector<int32_t> pruneNgrams(const NgramTable& table, SentenceIds marks, double threshold,
                                 const std::atomic<bool>& stop) {
  if (!table.isWhole()) throw std::invalid_argument("the n-grams cannot be used: they are damaged");
  Pruning pruning(table, marks, threshold);
  for (int k = table.order(); k > 1; k--) pruning.prune(k, stop);
  return pruning.table();
}

}  // namespace ostinato
