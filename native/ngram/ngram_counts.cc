#include "ngram/ngram_counts.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace ostinato {
namespace {

// The n-gram that begins at a place of the text: the number of its context, then its last word.
struct Occurrence {
  uint64_t key;
  uint32_t at;
};

// Sorts by the lowest `bits` of the keys, least significant digits first; equal keys keep their order.
void sortByKey(std::vector<Occurrence>& all, std::vector<Occurrence>& spare, int bits, const std::atomic<bool>& stop) {
  constexpr int kMostDigits = 11;
  const int passes = std::max(1, (bits + kMostDigits - 1) / kMostDigits);
  const int width = (bits + passes - 1) / passes;
  const uint64_t mask = (uint64_t{1} << width) - 1;
  std::vector<size_t> starts(size_t{1} << width);
  spare.resize(all.size());
  for (int pass = 0; pass < passes; pass++) {
    if (stop) throw NgramsStopped();
    const int shift = pass * width;
    std::fill(starts.begin(), starts.end(), 0);
    for (const Occurrence& one : all) starts[one.key >> shift & mask]++;
    size_t sum = 0;
    for (size_t& start : starts) {
      const size_t count = start;
      start = sum;
      sum += count;
    }
    for (const Occurrence& one : all) spare[starts[one.key >> shift & mask]++] = one;
    all.swap(spare);
  }
}

constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

int bitsFor(int64_t count) { return std::bit_width(static_cast<uint64_t>(std::max<int64_t>(count - 1, 0))); }

CountedLevel countWords(const NgramText& text) {
  CountedLevel level;
  level.words.resize(static_cast<size_t>(text.V()));
  for (size_t word = 0; word < level.words.size(); word++) level.words[word] = static_cast<int32_t>(word);
  level.counts.assign(level.words.size(), 0);
  for (int64_t at = text.counted(); at < text.size(); at++) {
    if (!text.opens(at)) level.counts[static_cast<size_t>(text.word(at))]++;
  }
  return level;
}

// The level above `below`. `numbers`: by place of the text, the n-gram of the level below that begins there, kNone
// where none does; they become those of the new level.
CountedLevel countLonger(const NgramText& text, int k, CountedLevel& below, std::vector<uint32_t>& numbers,
                         std::vector<Occurrence>& all, std::vector<Occurrence>& spare, const std::atomic<bool>& stop) {
  const int wordBits = bitsFor(text.V());
  all.clear();
  for (int64_t at = 0; at + k <= text.size(); at++) {
    const uint32_t number = numbers[static_cast<size_t>(at)];
    if (number == kNone || text.closes(at + k - 2)) continue;
    const uint64_t word = static_cast<uint64_t>(text.word(at + k - 1));
    all.push_back({static_cast<uint64_t>(number) << wordBits | word, static_cast<uint32_t>(at)});
  }
  sortByKey(all, spare, wordBits + bitsFor(below.size()), stop);
  CountedLevel level;
  below.children.assign(static_cast<size_t>(below.size()) + 1, 0);
  std::vector<uint32_t> own(numbers.size(), kNone);
  for (size_t i = 0; i < all.size(); i++) {
    const Occurrence& one = all[i];
    if (i == 0 || one.key != all[i - 1].key) {
      level.words.push_back(static_cast<int32_t>(one.key & ((uint64_t{1} << wordBits) - 1)));
      level.counts.push_back(0);
      level.suffix.push_back(static_cast<int32_t>(numbers[one.at + 1]));
      below.children[static_cast<size_t>(one.key >> wordBits) + 1]++;
    }
    level.counts.back() += one.at + k > text.counted();
    own[one.at] = static_cast<uint32_t>(level.words.size() - 1);
  }
  if (level.size() > INT32_MAX) throw std::length_error("2^31 n-grams of one order or more");
  for (size_t i = 1; i < below.children.size(); i++) below.children[i] += below.children[i - 1];
  numbers.swap(own);
  return level;
}

}  // namespace

Range NgramCounts::ofBeginning(int k) const {
  if (!marks.marked()) return {};
  Range range{marks.begin, marks.begin + 1};
  for (int below = 1; below < k; below++) {
    range = {level(below).children[static_cast<size_t>(range.begin)],
             level(below).children[static_cast<size_t>(range.end)]};
  }
  return range;
}

std::vector<uint32_t> NgramCounts::continuations(int k) const {
  const CountedLevel& own = level(k);
  if (k == order()) return own.counts;
  std::vector<uint32_t> before(own.counts.size(), 0);
  for (const int32_t suffix : level(k + 1).suffix) before[static_cast<size_t>(suffix)]++;
  for (size_t i = 0; i < before.size(); i++) {
    if (before[i] == 0 && own.counts[i] > 0) before[i] = 1;
  }
  if (k > 1) {
    const Range range = ofBeginning(k);
    std::copy(own.counts.begin() + range.begin, own.counts.begin() + range.end, before.begin() + range.begin);
  }
  return before;
}

NgramCounts countNgrams(const NgramText& text, int order, const std::atomic<bool>& stop) {
  if (text.size() >= kNone) throw std::length_error("a text of 2^32 tokens or more");
  NgramCounts counts;
  counts.marks = text.marks();
  counts.levels.push_back(countWords(text));
  std::vector<uint32_t> numbers(static_cast<size_t>(text.size()));
  for (size_t at = 0; at < numbers.size(); at++) {
    numbers[at] = static_cast<uint32_t>(text.word(static_cast<int64_t>(at)));
  }
  std::vector<Occurrence> all, spare;
  for (int k = 2; k <= order; k++) {
    CountedLevel level = countLonger(text, k, counts.levels.back(), numbers, all, spare, stop);
    counts.levels.push_back(std::move(level));
  }
  return counts;
}

}  // namespace ostinato
