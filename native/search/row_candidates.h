// The best tokens of each row of logits and the log of its normaliser, found block by block in one look, so that nobody
// has to keep the logits.
//
// Parts of the vocabulary may be read at the same time by different threads, each from left to right. Of equal logits
// the smaller tokens are kept. A NaN or an infinity among a row's logits is its largest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/elementwise.h"

namespace ostinato {

class RowCandidates {
 public:
  struct Entry {
    float logit;
    int32_t token;
  };

  // Keeps the `most` best of each row in each part.
  RowCandidates(int64_t rows, int64_t most) : rows_(rows), most_(most) {}

  int64_t most() const { return most_; }

  // Forgets all rows. Throws std::bad_alloc.
  void begin(int parts);

  // Logits of tokens [first, first + n) of a row; allowed(token) says whether a token may be a candidate, and is asked
  // about those alone that would be kept.
  template <class Allowed>
  void read(int part, int64_t row, int64_t first, const float* logits, int64_t n, const Allowed& allowed) {
    const ElementwiseKernels& k = elementwiseKernels();
    Seen& own = seen(part, row);
    Entry* entries = entriesOf(part, row);
    float limit = threshold(own, entries);
    int32_t places[kChunk];
    for (int64_t done = 0; done < n; done += kChunk) {
      const float* x = logits + done;
      const int64_t m = std::min(kChunk, n - done), base = first + done;
      float largest;
      const int64_t count = k.placesAbove(x, limit, places, &largest, m);
      add(own, x, largest, m);
      for (int64_t i = 0; i < count; i++) {
        const float logit = x[places[i]];
        const int32_t token = static_cast<int32_t>(base + places[i]);
        if (!(logit > limit) || !allowed(token)) continue;
        keep(own, entries, {logit, token});
        limit = threshold(own, entries);
      }
    }
  }

  // The same where one token alone is a candidate.
  void readOnly(int part, int64_t row, int64_t first, const float* logits, int64_t n, int32_t token);

  // Gives, after everything was read, the largest logit, 0 if all are impossible, and the log of the sum of
  // exp(logit - largest).
  void sum(int64_t row, float& largest, double& logSum) const;

  // Calls f(entry) for the candidates of a row, in no order.
  template <class F>
  void forEach(int64_t row, const F& f) const {
    for (int64_t at = row; at < static_cast<int64_t>(seen_.size()); at += rows_) {
      const Entry* entries = entries_.data() + at * most_;
      for (int64_t i = 0; i < seen_[static_cast<size_t>(at)].kept; i++) f(entries[i]);
    }
  }

 private:
  static constexpr int64_t kChunk = 256;

  struct Seen {
    float largest = -std::numeric_limits<float>::infinity();
    int64_t kept = 0;
    double sum = 0;  // of exp(logit - largest)
  };

  Seen& seen(int part, int64_t row) { return seen_[static_cast<size_t>(part * rows_ + row)]; }
  Entry* entriesOf(int part, int64_t row) { return entries_.data() + (part * rows_ + row) * most_; }
  // The logit that a candidate's must be above.
  float threshold(const Seen& own, const Entry* entries) const {
    if (most_ == 0) return std::numeric_limits<float>::infinity();
    return own.kept == most_ ? entries[most_ - 1].logit : -std::numeric_limits<float>::infinity();
  }
  static void add(Seen& own, const float* logits, float largest, int64_t n);
  // Puts it after those of the same logit, whose tokens are smaller.
  void keep(Seen& own, Entry* entries, const Entry& entry) const {
    int64_t at = own.kept < most_ ? own.kept++ : most_ - 1;
    for (; at > 0 && entries[at - 1].logit < entry.logit; at--) entries[at] = entries[at - 1];
    entries[at] = entry;
  }

  int64_t rows_, most_;
  // [parts,rows]
  std::vector<Seen> seen_;
  // [parts,rows,most], the largest logits first
  std::vector<Entry> entries_;
};

}  // namespace ostinato
