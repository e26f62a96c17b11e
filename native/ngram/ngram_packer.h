// A packed table from n-grams in any order, with their probabilities and back-off weights: those of an ARPA file.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

namespace ostinato {

class NgramPacker {
 public:
  explicit NgramPacker(int64_t V) : V_(V) {}

  // n-grams of `order` words: their ids one after the other, the natural logarithms of their probabilities, and those
  // of their back-off weights. False, and nothing is added, for an id outside of 0 .. V-1.
  bool add(int order, std::span<const int32_t> ids, std::span<const float> probabilities,
           std::span<const float> backoffs);

  // The table. A context or suffix of an n-gram that nobody added is added with the probability that the back-off gives
  // it anyway; a word without a unigram is impossible. Throws std::invalid_argument for an n-gram that was added twice,
  // std::length_error, std::bad_alloc, NgramsStopped.
  std::vector<int32_t> pack(const std::atomic<bool>& stop);

  // n-grams of each order from 1 on, those included that pack() added.
  std::vector<int64_t> counts() const;

 private:
  struct Level {
    std::vector<int32_t> ids;  // `order` of each
    std::vector<float> probabilities, backoffs;
    // The n-grams that pack() added come last.
    int64_t given = 0;
    std::vector<uint32_t> sorted;             // places in lexicographic order
    std::vector<int32_t> children, suffixes;  // in that order

    int64_t size() const { return static_cast<int64_t>(probabilities.size()); }
  };

  const int32_t* ngram(int order, uint32_t at) const { return level(order).ids.data() + int64_t{at} * order; }
  Level& level(int order) { return levels_[static_cast<size_t>(order - 1)]; }
  const Level& level(int order) const { return levels_[static_cast<size_t>(order - 1)]; }
  void fillWords();
  void sort(int order);
  void addMissing(int order);
  void link(int order);
  void fillMissing(int order);

  int64_t V_;
  std::vector<Level> levels_;
};

}  // namespace ostinato
