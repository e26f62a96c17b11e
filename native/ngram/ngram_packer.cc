#include "ngram/ngram_packer.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include "ngram/ngram_counts.h"
#include "ngram/ngram_table.h"
#include "ngram/ngram_table_writer.h"

namespace ostinato {
namespace {

int compare(const int32_t* a, const int32_t* b, int words) {
  for (int i = 0; i < words; i++) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

}  // namespace

bool NgramPacker::add(int order, std::span<const int32_t> ids, std::span<const float> probabilities,
                      std::span<const float> backoffs) {
  for (const int32_t id : ids) {
    if (id < 0 || id >= V_) return false;
  }
  if (static_cast<size_t>(order) > levels_.size()) levels_.resize(static_cast<size_t>(order));
  Level& own = level(order);
  own.ids.insert(own.ids.end(), ids.begin(), ids.end());
  own.probabilities.insert(own.probabilities.end(), probabilities.begin(), probabilities.end());
  own.backoffs.insert(own.backoffs.end(), backoffs.begin(), backoffs.end());
  own.given = own.size();
  return true;
}

// Level 1 has every word.
void NgramPacker::fillWords() {
  if (levels_.empty()) levels_.resize(1);
  Level& words = level(1);
  std::vector<bool> known(static_cast<size_t>(V_), false);
  for (const int32_t word : words.ids) known[static_cast<size_t>(word)] = true;
  for (int64_t word = 0; word < V_; word++) {
    if (known[static_cast<size_t>(word)]) continue;
    words.ids.push_back(static_cast<int32_t>(word));
    words.probabilities.push_back(kImpossible);
    words.backoffs.push_back(0);
  }
  words.given = words.size();
}

void NgramPacker::sort(int order) {
  Level& own = level(order);
  own.sorted.resize(static_cast<size_t>(own.size()));
  std::iota(own.sorted.begin(), own.sorted.end(), 0U);
  std::sort(own.sorted.begin(), own.sorted.end(),
            [&](uint32_t a, uint32_t b) { return compare(ngram(order, a), ngram(order, b), order) < 0; });
  for (size_t i = 1; i < own.sorted.size(); i++) {
    if (compare(ngram(order, own.sorted[i - 1]), ngram(order, own.sorted[i]), order) == 0) {
      throw std::invalid_argument("an n-gram of " + std::to_string(order) + " words comes twice");
    }
  }
}

// Adds to the level below what begins and ends the n-grams of this one.
void NgramPacker::addMissing(int order) {
  const int below = order - 1;
  sort(below);
  Level& lower = level(below);
  const auto isKnown = [&](const int32_t* words) {
    const auto found = std::lower_bound(
        lower.sorted.begin(), lower.sorted.end(), words,
        [&](uint32_t at, const int32_t* wanted) { return compare(ngram(below, at), wanted, below) < 0; });
    return found != lower.sorted.end() && compare(ngram(below, *found), words, below) == 0;
  };
  std::vector<const int32_t*> missing;
  for (int64_t at = 0; at < level(order).size(); at++) {
    const int32_t* words = ngram(order, static_cast<uint32_t>(at));
    for (const int32_t* part : {words, words + 1}) {
      if (!isKnown(part)) missing.push_back(part);
    }
  }
  std::sort(missing.begin(), missing.end(),
            [&](const int32_t* a, const int32_t* b) { return compare(a, b, below) < 0; });
  for (size_t i = 0; i < missing.size(); i++) {
    if (i > 0 && compare(missing[i - 1], missing[i], below) == 0) continue;
    lower.ids.insert(lower.ids.end(), missing[i], missing[i] + below);
    lower.probabilities.push_back(0);
    lower.backoffs.push_back(0);
  }
}

// The children of the level below, and the suffixes of this level, by those of the level below.
void NgramPacker::link(int order) {
  Level &own = level(order), &lower = level(order - 1);
  lower.children.assign(static_cast<size_t>(lower.size()) + 1, 0);
  own.suffixes.resize(own.sorted.size());
  size_t parent = 0;
  for (size_t i = 0; i < own.sorted.size(); i++) {
    const int32_t* words = ngram(order, own.sorted[i]);
    while (compare(ngram(order - 1, lower.sorted[parent]), words, order - 1) != 0) lower.children[++parent] = i;
    const int32_t word = words[order - 1];
    if (order == 2) {
      own.suffixes[i] = word;
      continue;
    }
    const Level& shorter = level(order - 2);
    const size_t suffix = static_cast<size_t>(lower.suffixes[parent]);
    const auto first = lower.sorted.begin() + shorter.children[suffix],
               last = lower.sorted.begin() + shorter.children[suffix + 1];
    const auto found = std::lower_bound(
        first, last, word, [&](uint32_t at, int32_t wanted) { return ngram(order - 1, at)[order - 2] < wanted; });
    own.suffixes[i] = static_cast<int32_t>(found - lower.sorted.begin());
  }
  while (parent < lower.sorted.size()) lower.children[++parent] = static_cast<int32_t>(own.sorted.size());
}

// The probabilities of the n-grams that nobody added: those of the back-off.
void NgramPacker::fillMissing(int order) {
  Level &own = level(order), &lower = level(order - 1);
  size_t parent = 0;
  for (size_t i = 0; i < own.sorted.size(); i++) {
    while (static_cast<size_t>(lower.children[parent + 1]) <= i) parent++;
    if (own.sorted[i] < own.given) continue;
    own.probabilities[own.sorted[i]] =
        lower.backoffs[lower.sorted[parent]] + lower.probabilities[lower.sorted[static_cast<size_t>(own.suffixes[i])]];
  }
}

std::vector<int32_t> NgramPacker::pack(const std::atomic<bool>& stop) {
  fillWords();
  const int n = static_cast<int>(levels_.size());
  for (int order = n; order > 1; order--) {
    if (stop) throw NgramsStopped();
    addMissing(order);
  }
  for (int order = 1; order <= n; order++) {
    if (stop) throw NgramsStopped();
    sort(order);
    if (order == 1) continue;
    link(order);
    fillMissing(order);
  }
  NgramTableWriter writer(n, counts());
  for (int order = 1; order <= n; order++) {
    const Level& own = level(order);
    for (int64_t i = 0; i < own.size(); i++) {
      const uint32_t at = own.sorted[static_cast<size_t>(i)];
      writer.setNgram(order, i, ngram(order, at)[order - 1], own.probabilities[at]);
      if (order > 1 && order < n) writer.setSuffix(order, i, own.suffixes[static_cast<size_t>(i)]);
      if (order < n) writer.setContext(order, i, own.children[static_cast<size_t>(i)], own.backoffs[at]);
    }
    if (order < n) writer.setContext(order, own.size(), own.children.back(), 0);
  }
  return writer.take();
}

std::vector<int64_t> NgramPacker::counts() const {
  std::vector<int64_t> counts;
  for (const Level& level : levels_) counts.push_back(level.size());
  return counts;
}

}  // namespace ostinato
