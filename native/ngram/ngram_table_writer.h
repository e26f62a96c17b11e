// Fills a packed table (ngram_layout.h), level by level.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "ngram/ngram_layout.h"

namespace ostinato {

class NgramTableWriter {
 public:
  // Throws std::length_error for more n-grams than states or positions can count, std::bad_alloc.
  NgramTableWriter(int order, const std::vector<int64_t>& counts) : layout_(order, counts.data()) {
    if (layout_.words > INT32_MAX) throw std::length_error("the table would have more than 2^31 numbers");
    words_.assign(static_cast<size_t>(layout_.words), 0);
    words_[0] = NgramLayout::kMagic;
    words_[1] = NgramLayout::kVersion;
    words_[2] = order;
    words_[3] = static_cast<int32_t>(counts[0]);
    for (int k = 1; k <= order; k++) {
      words_[static_cast<size_t>(7 + k)] = static_cast<int32_t>(counts[static_cast<size_t>(k - 1)]);
    }
  }

  void setNgram(int k, int64_t at, int32_t word, float probability) {
    std::memcpy(record(k, at), &probability, sizeof probability);
    if (k > 1) layout_.levels[k].word.set(record(k, at), word);
  }
  // Ignored where the table finds it without. k > 1.
  void setSuffix(int k, int64_t at, int32_t suffix) {
    if (k > 2) layout_.levels[k].suffix.set(record(k, at), suffix);
  }
  // Also for the place after the last n-gram, which says where its children end. k < n.
  void setContext(int k, int64_t at, int32_t children, float backoff) {
    std::memcpy(record(k, at) + sizeof(float), &backoff, sizeof backoff);
    layout_.levels[k].children.set(record(k, at), children);
  }

  std::vector<int32_t> take() { return std::move(words_); }

 private:
  uint8_t* record(int k, int64_t at) {
    const NgramLayout::Level& level = layout_.levels[k];
    return reinterpret_cast<uint8_t*>(words_.data()) + level.begin + at * level.stride;
  }

  NgramLayout layout_;
  std::vector<int32_t> words_;
};

}  // namespace ostinato
