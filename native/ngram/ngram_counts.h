// The n-grams of a text, all orders up to n, as a trie of sorted levels, with their counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "ngram/ngram_text.h"

namespace ostinato {

// The n-grams of one order in lexicographic order. Level 1 has all words of the vocabulary, also those that never came.
struct CountedLevel {
  std::vector<int32_t> words;     // the last word of each
  std::vector<uint32_t> counts;   // how often it came
  std::vector<int32_t> children;  // [size + 1] the first n-gram of the next level that begins with it; none in level n
  std::vector<int32_t> suffix;    // the n-gram without its first word, in the level before; none in level 1

  int64_t size() const { return static_cast<int64_t>(words.size()); }
};

struct Range {
  int64_t begin = 0, end = 0;
};

struct NgramCounts {
  SentenceIds marks;
  // levels[k - 1] has the n-grams of k words.
  std::vector<CountedLevel> levels;

  int order() const { return static_cast<int>(levels.size()); }
  int64_t V() const { return levels[0].size(); }
  const CountedLevel& level(int k) const { return levels[static_cast<size_t>(k - 1)]; }
  // Words that may be predicted.
  int64_t predicted() const { return V() - (marks.isOnlyRead(marks.begin) ? 1 : 0); }
  // Those of k words that begin with the mark of a sentence's beginning.
  Range ofBeginning(int k) const;

  // The counts of smoothing by continuation in place of those of the n-grams of k words: for the highest order, and for
  // those that begin a sentence, how often they came; for others the number of distinct words before them (Kneser & Ney
  // 1995), and 1 where nothing ever came before.
  std::vector<uint32_t> continuations(int k) const;
};

// Raised where the caller's flag says that nobody wants the result any more.
struct NgramsStopped : std::runtime_error {
  NgramsStopped() : std::runtime_error("stopped") {}
};

// Throws NgramsStopped, std::bad_alloc; std::length_error for a text of 2^32 tokens or more.
NgramCounts countNgrams(const NgramText& text, int order, const std::atomic<bool>& stop);

}  // namespace ostinato
