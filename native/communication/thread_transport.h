// Ranks that are threads of one process, for tests: what they send is read where it lies.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "communication/transport.h"

namespace ostinato {

// Where the ranks of a group meet.
class ThreadGroup {
 public:
  ThreadGroup(int size, std::chrono::milliseconds patience)
      : size_(size), patience_(patience), out_(static_cast<size_t>(size)) {}

  int size() const { return size_; }
  void exchange(int rank, const Piece* out, const Piece* in);
  void stop(const std::string& reason) noexcept;

 private:
  std::string missing() const;

  const int size_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Pieces of each rank that has come; null: it has not come.
  std::vector<const Piece*> out_;
  int arrived_ = 0;
  uint64_t round_ = 0;
  // Ranks of this round that still read.
  int reading_ = 0;
  bool stopped_ = false;
  std::string reason_;
};

class ThreadTransport final : public Transport {
 public:
  ThreadTransport(std::shared_ptr<ThreadGroup> group, int rank) : group_(std::move(group)), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return group_->size(); }
  void exchange(const Piece* out, const Piece* in) override { group_->exchange(rank_, out, in); }
  void stop(const std::string& reason) noexcept override { group_->stop(reason); }
  void close(bool) noexcept override {}

 private:
  std::shared_ptr<ThreadGroup> group_;
  int rank_;
};

}  // namespace ostinato
