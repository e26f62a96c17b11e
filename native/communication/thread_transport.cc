#include "communication/thread_transport.h"

#include <algorithm>
#include <cstring>

namespace ostinato {

void ThreadGroup::exchange(int rank, const Piece* out, const Piece* in) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (stopped_) throw CommunicationError(reason_);
  const uint64_t round = round_;
  out_[static_cast<size_t>(rank)] = out;
  if (++arrived_ == size_) {
    round_++;
    arrived_ = 0;
    reading_ = size_;
    changed_.notify_all();
  } else if (!changed_.wait_for(lock, patience_, [&] { return round_ != round || stopped_; })) {
    stopped_ = true;
    reason_ = missing();
    changed_.notify_all();
  }
  // A round that everybody has come to is read to its end.
  if (round_ == round) {
    out_[static_cast<size_t>(rank)] = nullptr;
    throw CommunicationError(reason_);
  }
  lock.unlock();
  bool fits = true;
  for (int r = 0; r < size_; r++) {
    const Piece& piece = out_[static_cast<size_t>(r)][rank];
    fits = fits && piece.bytes == in[r].bytes;
    if (fits && piece.bytes > 0) std::memcpy(in[r].data, piece.data, piece.bytes);
  }
  lock.lock();
  if (--reading_ == 0) {
    std::fill(out_.begin(), out_.end(), nullptr);
    changed_.notify_all();
  }
  changed_.wait(lock, [&] { return reading_ == 0; });
  if (fits) return;
  stopped_ = true;
  reason_ = kUnlikeValues;
  changed_.notify_all();
  throw CommunicationError(reason_);
}

void ThreadGroup::stop(const std::string& reason) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_) return;
  stopped_ = true;
  reason_ = reason;
  changed_.notify_all();
}

std::string ThreadGroup::missing() const {
  std::string text;
  for (int r = 0; r < size_; r++) {
    if (!out_[static_cast<size_t>(r)]) text += (text.empty() ? "rank " : ", rank ") + std::to_string(r);
  }
  return text + " has sent nothing for " + std::to_string(patience_.count() / 1000) + " seconds";
}

}  // namespace ostinato
