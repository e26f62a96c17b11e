#include "ngram/count_parts.h"

#include <algorithm>
#include <limits>

namespace ostinato {
namespace {

// Entries of a level that are written or read at a time.
constexpr int64_t kAtOnce = 5000;

void addTo(uint64_t& sum, uint32_t count) {
  sum += count;
  if (sum > std::numeric_limits<uint32_t>::max()) throw std::length_error("an n-gram that comes 2^32 times or more");
}

// Links from the n-grams of k words to those without their first word.
void link(NgramCounts& counts, int k) {
  CountedLevel& level = counts.levels[static_cast<size_t>(k - 1)];
  level.suffix.resize(level.words.size());
  if (k == 2) {
    level.suffix = level.words;
    return;
  }
  const CountedLevel &contexts = counts.level(k - 1), &shorter = counts.level(k - 2);
  for (size_t context = 0; context < contexts.words.size(); context++) {
    const size_t suffix = static_cast<size_t>(contexts.suffix[context]);
    auto at = contexts.words.begin() + shorter.children[suffix];
    const auto end = contexts.words.begin() + shorter.children[suffix + 1];
    for (int32_t i = contexts.children[context]; i < contexts.children[context + 1]; i++) {
      at = std::lower_bound(at, end, level.words[static_cast<size_t>(i)]);
      level.suffix[static_cast<size_t>(i)] = static_cast<int32_t>(at - contexts.words.begin());
    }
  }
}

}  // namespace

void CountParts::add(const NgramCounts& counts) {
  marks_ = counts.marks;
  std::vector<Stored> levels;
  std::vector<Entry> entries;
  for (int k = 1; k <= counts.order(); k++) {
    const CountedLevel& level = counts.level(k);
    levels.push_back({file_.size(), level.size()});
    for (int64_t i = 0; i < level.size(); i++) {
      const size_t at = static_cast<size_t>(i);
      const int32_t children = level.children.empty() ? 0 : level.children[at + 1] - level.children[at];
      entries.push_back({level.words[at], level.counts[at], static_cast<uint32_t>(children)});
      if (static_cast<int64_t>(entries.size()) < kAtOnce && i + 1 < level.size()) continue;
      file_.append(entries.data(), entries.size() * sizeof(Entry));
      entries.clear();
    }
  }
  parts_.push_back(std::move(levels));
}

const CountParts::Entry& CountParts::Reader::next() {
  if (place_ == buffer_.size()) {
    const int64_t count = std::min(left_, kAtOnce);
    buffer_.resize(static_cast<size_t>(count));
    file_->read(at_, buffer_.data(), buffer_.size() * sizeof(Entry));
    at_ += count * static_cast<int64_t>(sizeof(Entry));
    left_ -= count;
    place_ = 0;
  }
  return buffer_[place_];
}

// Appends the n-grams of k words that some parts have below one of k - 1 words, and all below them. The parts' levels
// are in lexicographic order, as is the walk, so that each is read once from its beginning to its end.
void CountParts::mergeBelow(int k, std::vector<Below>& below, NgramCounts& counts, const std::atomic<bool>& stop) {
  const size_t at = static_cast<size_t>(k - 1);
  CountedLevel& level = counts.levels[at];
  for (;;) {
    int32_t word = std::numeric_limits<int32_t>::max();
    for (const Below& own : below) {
      if (own.left > 0) word = std::min(word, readers_[own.part][at].next().word);
    }
    if (word == std::numeric_limits<int32_t>::max()) return;
    uint64_t sum = 0;
    std::vector<Below>& next = spare_[at];
    next.clear();
    for (Below& own : below) {
      if (own.left == 0) continue;
      Reader& reader = readers_[own.part][at];
      const Entry entry = reader.next();
      if (entry.word != word) continue;
      reader.take();
      own.left--;
      addTo(sum, entry.count);
      if (entry.children > 0) next.push_back({own.part, entry.children});
    }
    level.words.push_back(word);
    level.counts.push_back(static_cast<uint32_t>(sum));
    if (level.words.size() % 65536 == 0 && stop) throw NgramsStopped();
    if (level.words.size() > std::numeric_limits<int32_t>::max()) {
      throw std::length_error("2^31 n-grams of one order or more");
    }
    if (k == counts.order()) continue;
    mergeBelow(k + 1, next, counts, stop);
    level.children.push_back(static_cast<int32_t>(counts.level(k + 1).size()));
  }
}

NgramCounts CountParts::merge(const std::atomic<bool>& stop) {
  NgramCounts counts;
  counts.marks = marks_;
  counts.levels.resize(parts_[0].size());
  for (size_t k = 0; k + 1 < counts.levels.size(); k++) counts.levels[k].children.push_back(0);
  spare_.resize(counts.levels.size());
  readers_.clear();
  std::vector<Below> all;
  for (size_t part = 0; part < parts_.size(); part++) {
    readers_.emplace_back();
    for (const Stored& level : parts_[part]) readers_.back().emplace_back(file_, level.begin, level.count);
    all.push_back({part, static_cast<uint32_t>(parts_[part][0].count)});
  }
  mergeBelow(1, all, counts, stop);
  readers_.clear();
  for (int k = 2; k <= counts.order(); k++) {
    if (stop) throw NgramsStopped();
    link(counts, k);
  }
  return counts;
}

}  // namespace ostinato
