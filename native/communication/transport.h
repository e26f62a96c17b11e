// Messages between the processes (ranks) of a distributed training. Everything that they say to each other is one
// operation, so that a way of sending is one class.
#pragma once

#include <cstddef>
#include <string>

#include "ops/reducer.h"

namespace ostinato {

inline constexpr char kUnlikeValues[] = "the ranks send values that do not fit together";

struct Piece {
  void* data;
  size_t bytes;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Sends out[r] to rank r and receives in[r] from it, for all ranks, this one included. Returns when all has come and
  // `out` may be written again. Called by one thread, by all ranks in the same order and with sizes that agree.
  // Throws CommunicationError if a rank stops, or has not come after the seconds that a transport waits.
  virtual void exchange(const Piece* out, const Piece* in) = 0;
  // Says and hears that ranks live, while there is nothing to exchange. Throws CommunicationError if one does not.
  virtual void beat() {}
  // Makes the exchange under way, and all later ones, throw. From any thread.
  virtual void stop(const std::string& reason) noexcept = 0;
  // Takes leave of the others, in order or, after an error, at once. Called by the thread that exchanges.
  virtual void close(bool broken) noexcept = 0;
};

}  // namespace ostinato
