#include "ngram/ngram_scores.h"

#include <algorithm>

#include "hwy/cache_control.h"

namespace ostinato {
namespace {

using Context = NgramTable::Context;

// Words at a time: enough for their looks into memory to overlap, few enough to stay in the nearest caches.
constexpr int32_t kBlock = 256;

// Words that are looked for together, each after another one of them or after a context that is known.
class Block {
 public:
  explicit Block(const NgramTable& table) : table_(table), order_(table.order()) {}

  bool holds(int32_t more) const { return size_ + more <= kBlock; }
  void clear() { size_ = 0; }

  // Adds a context, and returns its number in the block.
  int32_t addContext(Context context) {
    for (int k = order_ - 1; k >= 1; k--) {
      const bool isKnown = context.level == k;
      places_[k][size_] = isKnown ? static_cast<int32_t>(context.at) : kNowhere;
      if (isKnown) context = table_.suffixOf(context);
    }
    return add(0, kNone);
  }

  // Adds a word after that of number `before`, and returns its own.
  int32_t addWord(int32_t word, int32_t before) { return add(word, before); }

  // Looks for all words. The rest says what is found.
  void find() {
    for (int32_t i = 0; i < size_; i++) {
      if (before_[i] == kNone) continue;
      places_[1][i] = words_[i];
      probabilities_[i] = table_.probability(1, words_[i]);
      orders_[i] = 1;
    }
    for (int k = 2; k <= order_; k++) {
      const Level level(table_, k);
      const int32_t searches = begin(level);
      narrow(level, searches);
      keep(level, searches);
    }
  }

  int32_t order(int32_t i) const { return orders_[i]; }

  float logProbability(int32_t i) const {
    float backoffs = 0;
    for (int k = order_ - 1; k >= 1; k--) backoffs += backoffs_[k][i];
    return backoffs + probabilities_[i];
  }

  // The longest one that ends with a word.
  Context context(int32_t i) const {
    for (int k = order_ - 1; k >= 1; k--) {
      if (places_[k][i] != kNowhere) return {k, places_[k][i]};
    }
    return {0, 0};
  }

 private:
  static constexpr int32_t kNone = -1, kNowhere = -1;

  // A word that is looked for among `count` children from `at` on.
  struct Search {
    int32_t number, word;
    int64_t at, count;
  };

  // The n-grams of an order. A copy of what every search reads, as nothing that a search writes can change it.
  struct Level {
    Level(const NgramTable& table, int own)
        : k(own), records(table.record(own, 0)), stride(table.level(own).stride), word(table.level(own).word) {}

    int64_t wordOf(int64_t at) const { return word.in(records + at * stride); }
    // Asks the memory for the next child that a search looks at.
    void ask(const Search& search) const { hwy::Prefetch(records + (search.at + (search.count >> 1)) * stride); }

    int k;
    const uint8_t* records;
    int64_t stride;
    NgramLayout::Field word;
  };

  int32_t add(int32_t word, int32_t before) {
    words_[size_] = word;
    before_[size_] = before;
    return size_++;
  }

  // Begins the searches of an order, and returns how many there are: an n-gram is there only if those are that it
  // begins and ends with, one word shorter.
  int32_t begin(const Level& level) {
    const int k = level.k;
    int32_t contexts = 0;
    for (int32_t i = 0; i < size_; i++) {
      const bool isWord = before_[i] != kNone;
      if (isWord) places_[k][i] = kNowhere;
      backoffs_[k - 1][i] = 0;
      searches_[contexts].number = i;
      contexts += isWord && places_[k - 1][before_[i]] != kNowhere;
    }
    int32_t searches = 0;
    for (int32_t s = 0; s < contexts; s++) {
      const int32_t i = searches_[s].number;
      const Context context{k - 1, places_[k - 1][before_[i]]};
      backoffs_[k - 1][i] = table_.backoff(context.level, context.at);
      const NgramTable::Range range = table_.childrenOf(context);
      searches_[searches] = {i, words_[i], range.begin, range.end - range.begin};
      level.ask(searches_[searches]);
      searches += range.begin < range.end && places_[k - 1][i] != kNowhere;
    }
    return searches;
  }

  // Halves what is left of each search until it is one child. No branch depends on what is found.
  void narrow(const Level& level, int32_t searches) {
    for (int32_t s = 0; s < searches; s++) open_[s] = s;
    for (int32_t open = searches; open > 0;) {
      int32_t left = 0;
      for (int32_t i = 0; i < open; i++) {
        const int32_t own = open_[i];
        Search& search = searches_[own];
        const int64_t half = search.count >> 1, middle = search.at + half;
        search.at = level.wordOf(middle) <= search.word ? middle : search.at;
        search.count -= half;
        level.ask(search);
        open_[left] = own;
        left += search.count > 1;
      }
      open = left;
    }
  }

  // Keeps what the searches have found.
  void keep(const Level& level, int32_t searches) {
    for (int32_t s = 0; s < searches; s++) {
      const Search& search = searches_[s];
      if (level.wordOf(search.at) != search.word) continue;
      places_[level.k][search.number] = static_cast<int32_t>(search.at);
      backoffs_[level.k - 1][search.number] = 0;
      probabilities_[search.number] = table_.probability(level.k, search.at);
      orders_[search.number] = level.k;
    }
  }

  const NgramTable& table_;
  const int order_;
  int32_t size_ = 0;
  int32_t words_[kBlock], before_[kBlock], orders_[kBlock], open_[kBlock];
  float probabilities_[kBlock];
  Search searches_[kBlock];
  // By order: where the n-gram of so many words is that ends with a word, and the back-off weight of the context of so
  // many words where that does not have it.
  int32_t places_[NgramTable::kMaxOrder + 1][kBlock];
  float backoffs_[NgramTable::kMaxOrder][kBlock];
};

// The texts, one after the other, through a block.
class Scorer {
 public:
  Scorer(const NgramTable& table, const NgramTexts& texts) : table_(table), texts_(texts), block_(table) {}

  void score(int64_t b) {
    if (!block_.holds(1)) {
      settle();
      block_.clear();
    }
    int32_t state = block_.addContext(table_.contextOf(texts_.states[b]));
    // The last target, mostly the next word that is read, and its number.
    int32_t target = -1, ahead = 0;
    const int64_t length = texts_.lengths ? texts_.lengths[b] : texts_.T;
    for (int64_t t = 0; t < length; t++) {
      if (!block_.holds(2)) {
        settle();
        const Context own = block_.context(state), after = block_.context(ahead);
        block_.clear();
        state = block_.addContext(own);
        ahead = block_.addContext(after);
      }
      const int64_t place = t * texts_.B + b;
      const int32_t input = texts_.inputs[place];
      state = input == target ? ahead : block_.addWord(input, state);
      target = texts_.targets[place];
      if (target < 0) {
        write(place, 0, 0);
      } else {
        ahead = block_.addWord(target, state);
        results_[resultCount_++] = {place, ahead};
      }
    }
    for (int64_t t = length; t < texts_.T; t++) write(t * texts_.B + b, 0, 0);
    if (texts_.last) ends_[endCount_++] = {b, state};
  }

  // Finds the words of the block, and writes what is known of them.
  void settle() {
    block_.find();
    for (int32_t i = 0; i < resultCount_; i++) {
      const auto [place, number] = results_[i];
      write(place, -block_.logProbability(number), block_.order(number));
    }
    for (int32_t i = 0; i < endCount_; i++) {
      const auto [b, number] = ends_[i];
      texts_.last[b] = table_.stateOf(block_.context(number));
    }
    resultCount_ = endCount_ = 0;
  }

 private:
  // A place of the results, and the number in the block of what goes there.
  struct Result {
    int64_t place;
    int32_t number;
  };

  void write(int64_t place, float loss, int32_t order) const {
    texts_.losses[place] = loss;
    if (texts_.orders) texts_.orders[place] = order;
  }

  const NgramTable& table_;
  const NgramTexts& texts_;
  Block block_;
  int32_t resultCount_ = 0, endCount_ = 0;
  Result results_[kBlock], ends_[kBlock];
};

}  // namespace

void scoreTexts(const NgramTable& table, const NgramTexts& texts, int64_t begin, int64_t end) {
  Scorer scorer(table, texts);
  for (int64_t b = begin; b < end; b++) scorer.score(b);
  scorer.settle();
}

}  // namespace ostinato
