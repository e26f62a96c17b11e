// One rank of a distributed training: the thread that sends and receives, and the sums that it makes.
//
// A sum over N ranks is two exchanges: slice r of the values goes to rank r, which adds what all ranks have sent, in
// the order of the ranks; then every rank gets all slices. Each value crosses the network 2 (N - 1) / N times, as in a
// ring, and the order of adding does not depend on the transport.
//
// Values that are mostly 0 need not all be sent: rows that are not 0 go to all ranks (sent_rows.h), each of which adds
// them in the same order, where that is fewer bytes. The sums have the same bits, but for the sign of a 0 that every
// rank has as -0.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/bfloat16.h"
#include "communication/transport.h"
#include "ops/reducer.h"

namespace ostinato {

class Communicator final : public Reducer {
 public:
  // `open` is called on the communicator's thread, as all of the transport is: MPI wants its calls from one thread.
  explicit Communicator(std::function<std::unique_ptr<Transport>()> open);
  // Ends without taking leave.
  ~Communicator() override;

  // Wait for the transport to be open.
  int rank();
  int size();

  void begin(float* values, int64_t count, Sending sending) override;
  void finish(const float* values) override;
  void settle() noexcept override;
  void abandon() noexcept override { stop("this rank has given up a step"); }

  // The message of every rank, in their order, after all sums that were begun. They may have any length.
  std::vector<std::string> gather(const std::string& message);
  // Makes everything under way and later throw, here and, where the transport can tell them, elsewhere; returns when
  // nothing of the caller's is used any more.
  void stop(const std::string& reason) noexcept;
  // Takes leave of the other ranks. Later calls throw.
  void close() noexcept;

 private:
  // A sum, where there are values; else a message.
  struct Job {
    float* values = nullptr;
    int64_t count = 0;
    Sending sending = {};
    const std::string* message = nullptr;
    std::vector<std::string>* answers = nullptr;
  };

  void work(const std::function<std::unique_ptr<Transport>()>& open);
  void sum(const Job& job);
  template <typename Sent>
  void sum(Sent* values, int64_t count, std::vector<Sent>& parts);
  // Makes a sum of rows. False, and nothing is done, where to send everything is fewer bytes.
  template <typename Sent>
  bool sumRows(const Job& job, const Sent* own);
  void collect(const Job& job);
  void opened(std::unique_lock<std::mutex>& lock);
  void push(const Job& job);
  [[noreturn]] void fail() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<Transport> transport_;
  // Jobs that are not done, the one under way first.
  std::deque<Job> jobs_;
  bool open_ = false, broken_ = false, closing_ = false, closed_ = false;
  std::string reason_;
  // Slices of all ranks that this one adds, and in halves all values as they are sent.
  std::vector<float> parts_;
  std::vector<Bfloat16> halves_, partHalves_;
  // Rows that this rank sends, and those of the others.
  std::string ownRows_;
  std::vector<std::string> rows_;
  std::vector<Piece> out_, in_;
  std::thread thread_;
};

}  // namespace ostinato
