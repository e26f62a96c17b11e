// Sums over the processes of a distributed training, as ops see them.
#pragma once

#include <cstdint>
#include <stdexcept>

namespace ostinato {

// Another process has ended, or cannot be reached.
struct CommunicationError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The form in which processes send the values that they add.
struct Sending {
  // In bfloat16: the values of a process are rounded before they are added, and each sum again.
  bool halves = false;
  // Values of a row. Rows that are all 0 are not sent where that is fewer bytes for all processes together. 0:
  // everything is sent.
  int64_t width = 0;
};

// Adds values over all processes while the ops that follow run. All processes begin the same sums in the same order.
// Throws CommunicationError.
class Reducer {
 public:
  virtual ~Reducer() = default;
  // Begins to replace the values by their sums. Nobody may use them before finish() or abandon() has returned.
  virtual void begin(float* values, int64_t count, Sending sending) = 0;
  // Returns when the sums stand at this address; at once where none were begun.
  virtual void finish(const float* values) = 0;
  // Returns when no sum is under way, finished or failed.
  virtual void settle() noexcept = 0;
  // Gives up the sums that were begun, here and in all other processes.
  virtual void abandon() noexcept = 0;
};

}  // namespace ostinato
