// The counts of a text that is larger than memory: its parts are counted one after the other, each is kept in a
// temporary file, sorted as it is, and all are merged in the end.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "ngram/ngram_counts.h"
#include "ngram/temporary_file.h"

namespace ostinato {

class CountParts {
 public:
  // Throws std::system_error if the folder takes no file.
  explicit CountParts(const std::string& folder) : file_(folder) {}

  // Keeps the counts of a part; all parts have one vocabulary and one order. Throws std::system_error if the disk is
  // full.
  void add(const NgramCounts& counts);
  // The counts that countNgrams gives for all parts as one text. Takes the memory of the result and some 64 KB for each
  // part and order. Throws NgramsStopped, std::bad_alloc, std::system_error; std::length_error for an n-gram that comes
  // 2^32 times.
  NgramCounts merge(const std::atomic<bool>& stop);

 private:
  // An n-gram of a level as the file has it.
  struct Entry {
    int32_t word;
    uint32_t count;
    uint32_t children;
  };

  // A level of a part, read from its beginning to its end.
  class Reader {
   public:
    Reader(TemporaryFile& file, int64_t begin, int64_t count) : file_(&file), at_(begin), left_(count) {}
    const Entry& next();
    void take() { place_++; }

   private:
    TemporaryFile* file_;
    int64_t at_;    // bytes
    int64_t left_;  // entries that are not in the buffer yet
    std::vector<Entry> buffer_;
    size_t place_ = 0;
  };

  // Where a level of a part lies.
  struct Stored {
    int64_t begin, count;
  };

  // Entries of a part below an n-gram that are not merged yet.
  struct Below {
    size_t part;
    uint32_t left;
  };

  void mergeBelow(int k, std::vector<Below>& below, NgramCounts& counts, const std::atomic<bool>& stop);

  TemporaryFile file_;
  SentenceIds marks_;
  std::vector<std::vector<Stored>> parts_;  // by part and level
  std::vector<std::vector<Reader>> readers_;
  std::vector<std::vector<Below>> spare_;  // by level
};

}  // namespace ostinato
