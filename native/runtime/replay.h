#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace ostinato {

// Running a program several times in a row, as generation does with the step of a model.
struct Replay {
  int64_t steps = 1;
  // After each run, feed `second` gets the value of output `first`: as many elements of the same type.
  std::vector<std::pair<int64_t, int64_t>> links;
  // Feeds (i32) whose last element grows by one after each run.
  std::vector<int64_t> counters;
  // Outputs whose value is kept of every run.
  std::vector<int64_t> collected;

  static constexpr int64_t kMaxSteps = 4096;
  static constexpr int64_t kMaxCollectedBytes = int64_t{1} << 30;
};

}  // namespace ostinato
