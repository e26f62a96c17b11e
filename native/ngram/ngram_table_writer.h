// Fills a packed table (ngram_table.h), level by level.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "ngram/ngram_table.h"

namespace ostinato {

class NgramTableWriter {
 public:
  // Throws std::length_error for more n-grams than states or positions can count, std::bad_alloc.
  NgramTableWriter(int order, const std::vector<int64_t>& counts) : order_(order), counts_(counts) {
    const int64_t size = NgramTable::size(order, counts.data());
    if (size > INT32_MAX) throw std::length_error("the table would have more than 2^31 numbers");
    words_.assign(static_cast<size_t>(size), 0);
    words_[0] = NgramTable::kMagic;
    words_[1] = NgramTable::kVersion;
    words_[2] = order;
    words_[3] = static_cast<int32_t>(counts[0]);
    int64_t at = NgramTable::kHeader;
    for (int k = 1; k <= order; k++) {
      words_[static_cast<size_t>(7 + k)] = static_cast<int32_t>(counts[static_cast<size_t>(k - 1)]);
      starts_.push_back(at);
      at += NgramTable::levelSize(k, order, counts[static_cast<size_t>(k - 1)]);
    }
  }

  void setNgram(int k, int64_t at, int32_t word, float probability) {
    if (k > 1) words_[static_cast<size_t>(starts_[static_cast<size_t>(k - 1)] + at)] = word;
    set(hasRecords(k) ? rest(k) + 4 * at : rest(k) + at, probability);
  }
  void setSuffix(int k, int64_t at, int32_t suffix) { words_[static_cast<size_t>(rest(k) + 4 * at + 3)] = suffix; }
  // Also for the place after the last n-gram, which says where its children end.
  void setContext(int k, int64_t at, int32_t children, float backoff) {
    set(rest(k) + 4 * at + 1, backoff);
    words_[static_cast<size_t>(rest(k) + 4 * at + 2)] = children;
  }

  std::vector<int32_t> take() { return std::move(words_); }

 private:
  bool hasRecords(int k) const { return k == 1 || k < order_; }
  int64_t rest(int k) const {
    const int64_t count = counts_[static_cast<size_t>(k - 1)];
    return starts_[static_cast<size_t>(k - 1)] + (k == 1 ? 0 : NgramTable::padded(count));
  }
  void set(int64_t at, float value) { std::memcpy(&words_[static_cast<size_t>(at)], &value, sizeof value); }

  int order_;
  std::vector<int64_t> counts_, starts_;
  std::vector<int32_t> words_;
};

}  // namespace ostinato
