// The packed table of an n-gram model: a forward trie in sorted arrays, with suffix links, in one array of int32.
//
//   word 0        kMagic          word 2   order n        words 8 .. 8+n-1   count[1..n]: n-grams of each order
//   word 1        kVersion        word 3   V
//   from word 32  level 1:        records[V + 1]
//                 level k < n:    words[count[k]], padded to a multiple of 4; records[count[k] + 1]
//                 level n > 1:    words[count[n]], padded to a multiple of 4; probabilities[count[n]]
//
// The n-grams of a level are in lexicographic order, so the children of a context (those one word longer) lie side by
// side, sorted by their last word. The record after the last one only says where the children of that end.
//
// A state is the longest context that the trie knows: 0 for none, then the n-grams of orders 1 to n-1, level by level.
//
// A table may come from a file that somebody altered. Whatever its numbers say, nothing outside of it is read and every
// loop ends: places follow from the counts alone, a range or link that leaves its level counts as empty or as the
// beginning, and a suffix is one level lower.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace ostinato {

// ARPA files write the log-probability of what cannot come as -99, base 10; in nats.
constexpr float kImpossible = -227.955924F;

class NgramTable {
 public:
  static constexpr int32_t kMagic = 0x6d61676e;
  static constexpr int32_t kVersion = 1;
  static constexpr int kMaxOrder = 24;
  static constexpr int64_t kHeader = 32;

  struct Record {
    float probability;  // log, in nats
    float backoff;      // log, in nats
    int32_t children;   // the first one, in the next level
    int32_t suffix;     // the n-gram without its first word, in the level before
  };

  // A context by its level and its place there.
  struct Context {
    int level;
    int64_t at;
  };

  // A word after a context.
  struct Step {
    float logProbability;  // in nats
    int32_t order;         // words of the longest n-gram that was found, the word itself included
    int32_t state;
  };

  // The words that the words of a level take, and all of it.
  static int64_t padded(int64_t count) { return (count + 3) / 4 * 4; }
  static int64_t levelSize(int k, int order, int64_t count) {
    if (k == 1) return 4 * (count + 1);
    return padded(count) + (k < order ? 4 * (count + 1) : count);
  }

  // The words that a table of these counts takes.
  static int64_t size(int order, const int64_t* counts) {
    int64_t at = kHeader;
    for (int k = 1; k <= order; k++) at += levelSize(k, order, counts[k - 1]);
    return at;
  }

  // Null if `words` hold a table of V words, else what is wrong with it.
  const char* open(const int32_t* words, int64_t length, int64_t V) {
    if (length < kHeader || words[0] != kMagic) return "it is no table of n-grams";
    if (words[1] != kVersion) return "it is a table of n-grams of another version";
    if (words[2] < 1 || words[2] > kMaxOrder) return "its order is out of range";
    if (words[3] != V || words[8] != V) return "it is of another vocabulary";
    order_ = words[2];
    int64_t at = kHeader, base = 1;
    for (int k = 1; k <= order_; k++) {
      const int64_t count = words[7 + k];
      if (count < 0 || at + levelSize(k, order_, count) > length) return "it is cut short";
      Level& level = levels_[k];
      level.count = count;
      level.base = base;
      level.words = k == 1 ? nullptr : words + at;
      const int32_t* rest = words + at + (k == 1 ? 0 : padded(count));
      level.records = k == 1 || k < order_ ? reinterpret_cast<const Record*>(rest) : nullptr;
      level.probabilities = level.records ? nullptr : reinterpret_cast<const float*>(rest);
      at += levelSize(k, order_, count);
      base += count;
    }
    if (at != length) return "it is longer than its counts say";
    if (base > INT32_MAX) return "it has more n-grams than states can count";
    return nullptr;
  }

  int order() const { return order_; }
  int64_t vocabulary() const { return levels_[1].count; }
  // States are 0 .. states() - 1.
  int64_t states() const { return order_ == 1 ? 1 : levels_[order_ - 1].base + levels_[order_ - 1].count; }

  // The n-grams of k words one by one, in lexicographic order. Only those of less than `order` words are contexts.
  int64_t count(int k) const { return levels_[k].count; }
  int32_t word(int k, int64_t at) const { return k == 1 ? static_cast<int32_t>(at) : levels_[k].words[at]; }
  float probability(int k, int64_t at) const {
    return levels_[k].records ? levels_[k].records[at].probability : levels_[k].probabilities[at];
  }
  float backoff(int k, int64_t at) const { return levels_[k].records[at].backoff; }
  // The first child of a context; of the place after the last one, where its children end.
  int64_t childrenBegin(int k, int64_t at) const { return levels_[k].records[at].children; }
  // The n-gram without its first word, in the level before: `at` is a child of `context` in the level before. -1 if there
  // is none. k > 1.
  int64_t suffix(int k, int64_t at, int64_t context) const {
    if (k == 2) return word(2, at);
    if (k < order_) return levels_[k].records[at].suffix;
    return child(suffixOf({k - 1, context}), word(k, at));
  }

  // Whether all that a table says of its n-grams is so, which nobody has to check for tables that were made here: their
  // order, and that every context and suffix is there.
  bool isWhole() const {
    for (int k = 2; k <= order_; k++) {
      int64_t end = childrenBegin(k - 1, 0);
      if (end != 0 || childrenBegin(k - 1, count(k - 1)) != count(k)) return false;
      for (int64_t context = 0; context < count(k - 1); context++) {
        const int64_t begin = end;
        end = childrenBegin(k - 1, context + 1);
        if (end < begin || end > count(k)) return false;
        for (int64_t at = begin; at < end; at++) {
          if (word(k, at) < 0 || word(k, at) >= vocabulary()) return false;
          if (at > begin && word(k, at - 1) >= word(k, at)) return false;
          const int64_t shorter = suffix(k, at, context);
          if (shorter < 0 || shorter >= count(k - 1) || word(k - 1, shorter) != word(k, at)) return false;
        }
      }
    }
    return true;
  }

  // Reads a word after the context of a state. `state` and `word` are in range.
  Step step(int32_t state, int32_t word) const {
    Context context = contextOf(state);
    float backoffs = 0;
    for (;; context = suffixOf(context)) {
      const int64_t at = child(context, word);
      if (at >= 0) {
        const int level = context.level + 1;
        return {backoffs + probability(level, at), level, stateAfter(context, word, at)};
      }
      backoffs += levels_[context.level].records[context.at].backoff;
    }
  }

  // The log-probability of every word after the context of a state, [V]: the shorter n-grams first, longer ones over
  // them. O(V + children).
  void all(int32_t state, float* logits) const {
    Context chain[kMaxOrder];
    float backoffs[kMaxOrder];
    int length = 0;
    float sum = 0;
    for (Context context = contextOf(state); context.level > 0; context = suffixOf(context)) {
      chain[length] = context;
      backoffs[length++] = sum;
      sum += levels_[context.level].records[context.at].backoff;
    }
    const int64_t V = vocabulary();
    for (int64_t word = 0; word < V; word++) logits[word] = sum + levels_[1].records[word].probability;
    while (length-- > 0) {
      const Context context = chain[length];
      const int level = context.level + 1;
      const Range range = childrenOf(context);
      for (int64_t i = range.begin; i < range.end; i++) {
        const int32_t word = levels_[level].words[i];
        if (word >= 0 && word < V) logits[word] = backoffs[length] + probability(level, i);
      }
    }
  }

 private:
  struct Level {
    int64_t count = 0, base = 0;  // base: the state of its first n-gram
    const int32_t* words = nullptr;
    const Record* records = nullptr;
    const float* probabilities = nullptr;
  };
  struct Range {
    int64_t begin, end;
  };

  Context contextOf(int32_t state) const {
    int level = 0;
    while (level + 1 < order_ && state >= levels_[level + 1].base) level++;
    return {level, level == 0 ? 0 : state - levels_[level].base};
  }

  Context suffixOf(Context context) const {
    if (context.level <= 1) return {0, 0};
    const int64_t suffix = levels_[context.level].records[context.at].suffix;
    const int below = context.level - 1;
    return suffix >= 0 && suffix < levels_[below].count ? Context{below, suffix} : Context{0, 0};
  }

  Range childrenOf(Context context) const {
    const Record* record = levels_[context.level].records + context.at;
    const int64_t begin = record[0].children, end = record[1].children;
    return begin >= 0 && end <= levels_[context.level + 1].count ? Range{begin, end} : Range{0, 0};
  }

  // The place of a context with a word after it in its level; -1 if the trie does not know it.
  int64_t child(Context context, int32_t word) const {
    if (context.level == 0) return word;
    Range range = childrenOf(context);
    const int32_t* words = levels_[context.level + 1].words;
    while (range.end - range.begin > 8) {
      const int64_t middle = (range.begin + range.end) >> 1;
      (words[middle] <= word ? range.begin : range.end) = middle;
    }
    for (int64_t i = range.begin; i < range.end; i++) {
      if (words[i] == word) return i;
    }
    return -1;
  }

  // The state after a word that was found `at` after a context: an n-gram of the highest order is no context, its
  // suffix is.
  int32_t stateAfter(Context context, int32_t word, int64_t at) const {
    while (context.level + 1 == order_ || at < 0) {
      if (context.level == 0) return 0;
      context = suffixOf(context);
      at = context.level + 1 < order_ ? child(context, word) : -1;
    }
    return static_cast<int32_t>(levels_[context.level + 1].base + at);
  }

  int order_ = 0;
  Level levels_[kMaxOrder + 1];
};

}  // namespace ostinato
