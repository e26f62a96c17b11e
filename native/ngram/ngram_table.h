// The packed table of an n-gram model: a forward trie in sorted arrays, with suffix links. ngram_layout.h says where
// its numbers lie.
//
// The n-grams of a level are in lexicographic order, so the children of a context (those one word longer) lie side by
// side, sorted by their last word.
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

#include "ngram/ngram_layout.h"

namespace ostinato {

// ARPA files write the log-probability of what cannot come as -99, base 10; in nats.
constexpr float kImpossible = -227.955924F;

class NgramTable {
 public:
  static constexpr int kMaxOrder = NgramLayout::kMaxOrder;

  // A context by its level and its place there.
  struct Context {
    int level;
    int64_t at;
  };

  // Places of a level, the last one not included.
  struct Range {
    int64_t begin, end;
  };

  // A word after a context.
  struct Step {
    float logProbability;  // in nats
    int32_t order;         // words of the longest n-gram that was found, the word itself included
    int32_t state;
  };

  // Null if `words` hold a table of V words, else what is wrong with it.
  const char* open(const int32_t* words, int64_t length, int64_t V) {
    if (length < NgramLayout::kHeader || words[0] != NgramLayout::kMagic) return "it is no table of n-grams";
    if (words[1] != NgramLayout::kVersion) return "it is a table of n-grams of another version";
    if (words[2] < 1 || words[2] > kMaxOrder) return "its order is out of range";
    if (V < 1 || words[3] != V || words[8] != V) return "it is of another vocabulary";
    order_ = words[2];
    int64_t counts[kMaxOrder], base = 1;
    for (int k = 1; k <= order_; k++) {
      counts[k - 1] = words[7 + k];
      if (counts[k - 1] < 0) return "it is cut short";
      bases_[k] = base;
      base += counts[k - 1];
    }
    layout_ = NgramLayout(order_, counts);
    if (layout_.words > length) return "it is cut short";
    if (layout_.words < length) return "it is longer than its counts say";
    if (base > INT32_MAX) return "it has more n-grams than states can count";
    bytes_ = reinterpret_cast<const uint8_t*>(words);
    return nullptr;
  }

  int order() const { return order_; }
  int64_t vocabulary() const { return level(1).count; }
  // States are 0 .. states() - 1.
  int64_t states() const { return order_ == 1 ? 1 : bases_[order_ - 1] + level(order_ - 1).count; }

  const NgramLayout::Level& level(int k) const { return layout_.levels[k]; }
  const uint8_t* record(int k, int64_t at) const { return bytes_ + level(k).begin + at * level(k).stride; }

  // The n-grams of k words one by one, in lexicographic order. Only those of less than `order` words are contexts.
  int64_t count(int k) const { return level(k).count; }
  int32_t word(int k, int64_t at) const { return static_cast<int32_t>(k == 1 ? at : level(k).word.in(record(k, at))); }
  float probability(int k, int64_t at) const { return floatAt(record(k, at)); }
  float backoff(int k, int64_t at) const { return floatAt(record(k, at) + 4); }
  // The first child of a context; of the place after the last one, where its children end.
  int64_t childrenBegin(int k, int64_t at) const { return level(k).children.in(record(k, at)); }
  // The n-gram without its first word, in the level before: `at` is a child of `context` in the level before. -1 if
  // there is none. k > 1.
  int64_t suffix(int k, int64_t at, int64_t context) const {
    if (k == 2) return word(2, at);
    if (k < order_) return level(k).suffix.in(record(k, at));
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
          if (k > 2 && k < order_ && shorter != child(suffixOf({k - 1, context}), word(k, at))) return false;
        }
      }
    }
    return true;
  }

  Context contextOf(int32_t state) const {
    int level = 0;
    while (level + 1 < order_ && state >= bases_[level + 1]) level++;
    return {level, level == 0 ? 0 : state - bases_[level]};
  }

  int32_t stateOf(Context context) const {
    return context.level == 0 ? 0 : static_cast<int32_t>(bases_[context.level] + context.at);
  }

  Context suffixOf(Context context) const {
    if (context.level <= 1) return {0, 0};
    const int below = context.level - 1;
    const int64_t shorter = suffix(context.level, context.at, 0);
    return shorter < count(below) ? Context{below, shorter} : Context{0, 0};
  }

  Range childrenOf(Context context) const {
    const int64_t begin = childrenBegin(context.level, context.at), end = childrenBegin(context.level, context.at + 1);
    return end <= count(context.level + 1) ? Range{begin, end} : Range{0, 0};
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
      backoffs += backoff(context.level, context.at);
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
      sum += backoff(context.level, context.at);
    }
    const int64_t V = vocabulary();
    for (int64_t word = 0; word < V; word++) logits[word] = sum + probability(1, word);
    while (length-- > 0) {
      const Context context = chain[length];
      const int level = context.level + 1;
      const Range range = childrenOf(context);
      for (int64_t i = range.begin; i < range.end; i++) {
        const int32_t word = this->word(level, i);
        if (word < V) logits[word] = backoffs[length] + probability(level, i);
      }
    }
  }

 private:
  static float floatAt(const uint8_t* bytes) {
    float value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
  }

  // The place of a context with a word after it in its level; -1 if the trie does not know it.
  int64_t child(Context context, int32_t word) const {
    if (context.level == 0) return word;
    Range range = childrenOf(context);
    const NgramLayout::Level& below = level(context.level + 1);
    const uint8_t* records = bytes_ + below.begin;
    const int64_t stride = below.stride;
    while (range.end - range.begin > 8) {
      const int64_t middle = (range.begin + range.end) >> 1;
      (below.word.in(records + middle * stride) <= word ? range.begin : range.end) = middle;
    }
    for (int64_t i = range.begin; i < range.end; i++) {
      if (below.word.in(records + i * stride) == word) return i;
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
    return static_cast<int32_t>(bases_[context.level + 1] + at);
  }

  int order_ = 0;
  NgramLayout layout_;
  const uint8_t* bytes_ = nullptr;
  int64_t bases_[kMaxOrder + 1] = {};  // by level: the state of its first n-gram
};

}  // namespace ostinato
