#include "communication/communicator.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "communication/sent_rows.h"

namespace ostinato {
namespace {

constexpr auto kBetweenBeats = std::chrono::milliseconds(250);

void assign(float* to, float value) { *to = value; }
void assign(Bfloat16* to, float value) { *to = toBfloat16(value); }

// own[i] = part_0[i] + part_1[i] + ... in float32, in that order. The part of `rank` is `own`; those of the others, of
// `count` numbers each, lie one after the other.
template <typename Sent>
void addInOrder(const Sent* others, int64_t count, int64_t size, int64_t rank, Sent* own) {
  const auto partOf = [&](int64_t r) { return r == rank ? own : others + (r - (r > rank)) * count; };
  constexpr int64_t kBlock = 1024;
  float block[kBlock];
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t length = std::min(kBlock, count - begin);
    const Sent* first = partOf(0) + begin;
    for (int64_t i = 0; i < length; i++) block[i] = toFloat(first[i]);
    for (int64_t r = 1; r < size; r++) {
      const Sent* part = partOf(r) + begin;
      for (int64_t i = 0; i < length; i++) block[i] += toFloat(part[i]);
    }
    for (int64_t i = 0; i < length; i++) assign(own + begin + i, block[i]);
  }
}

}  // namespace

Communicator::Communicator(std::function<std::unique_ptr<Transport>()> open)
    : thread_([this, open = std::move(open)] { work(open); }) {}

Communicator::~Communicator() {
  stop("the communicator has gone");
  close();
  thread_.join();
}

void Communicator::work(const std::function<std::unique_ptr<Transport>()>& open) {
  std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
  const auto breakOff = [&](const char* reason) {
    broken_ = true;
    if (reason_.empty()) reason_ = reason;
    jobs_.clear();
    changed_.notify_all();
  };
  try {
    std::unique_ptr<Transport> transport = open();
    lock.lock();
    transport_ = std::move(transport);
    out_.resize(static_cast<size_t>(transport_->size()));
    in_.resize(out_.size());
  } catch (const std::exception& error) {
    if (!lock) lock.lock();
    breakOff(error.what());
  }
  open_ = true;
  changed_.notify_all();
  while (true) {
    const auto called = [&] { return closing_ || !jobs_.empty(); };
    while (!broken_ && !changed_.wait_for(lock, kBetweenBeats, called)) {
      lock.unlock();
      try {
        transport_->beat();
        lock.lock();
      } catch (const std::exception& error) {
        lock.lock();
        breakOff(error.what());
      }
    }
    changed_.wait(lock, called);
    if (jobs_.empty()) break;
    if (broken_) {
      breakOff("");
      continue;
    }
    const Job job = jobs_.front();
    lock.unlock();
    try {
      if (job.values) {
        sum(job);
      } else {
        collect(job);
      }
      lock.lock();
      jobs_.pop_front();
      changed_.notify_all();
    } catch (const std::exception& error) {
      transport_->stop(error.what());
      lock.lock();
      breakOff(error.what());
    }
  }
  const bool broken = broken_;
  lock.unlock();
  if (transport_) transport_->close(broken);
  lock.lock();
  broken_ = closed_ = true;
  if (reason_.empty()) reason_ = "the communicator is closed";
  changed_.notify_all();
}

void Communicator::sum(const Job& job) {
  if (!job.sending.halves) {
    if (!sumRows(job, static_cast<const float*>(job.values))) sum(job.values, job.count, parts_);
    return;
  }
  const size_t count = static_cast<size_t>(job.count);
  halves_.resize(count);
  for (size_t i = 0; i < count; i++) halves_[i] = toBfloat16(job.values[i]);
  if (sumRows(job, static_cast<const Bfloat16*>(halves_.data()))) {
    for (size_t i = 0; i < count; i++) job.values[i] = toFloat(toBfloat16(job.values[i]));
    return;
  }
  sum(halves_.data(), job.count, partHalves_);
  for (size_t i = 0; i < count; i++) job.values[i] = toFloat(halves_[i]);
}

template <typename Sent>
bool Communicator::sumRows(const Job& job, const Sent* own) {
  const int64_t width = job.sending.width;
  if (width == 0) return false;
  const SentRows<Sent> form(job.count, width);
  if (!form.countable()) return false;
  const size_t size = out_.size(), rank = static_cast<size_t>(transport_->rank());
  int64_t rows = form.rowsIn(own);
  std::vector<int64_t> rowsOf(size);
  for (size_t r = 0; r < size; r++) {
    out_[r] = {&rows, sizeof rows};
    in_[r] = {&rowsOf[r], sizeof rows};
  }
  transport_->exchange(out_.data(), in_.data());
  int64_t all = 0;
  for (const int64_t count : rowsOf) {
    if (count < 0 || count > form.rows()) throw CommunicationError(kUnlikeValues);
    all += count;
  }
  // On the average each rank sends its rows to N - 1 others; two exchanges of everything are 2 (N - 1) / N times that.
  if (all * form.rowBytes() >= 2 * form.allBytes()) return false;
  form.write(own, ownRows_);
  rows_.resize(size);
  for (size_t r = 0; r < size; r++) {
    const bool isOwn = r == rank;
    if (!isOwn) rows_[r].resize(static_cast<size_t>(rowsOf[r] * form.rowBytes()));
    out_[r] = {ownRows_.data(), isOwn ? 0 : ownRows_.size()};
    in_[r] = {rows_[r].data(), isOwn ? 0 : rows_[r].size()};
  }
  transport_->exchange(out_.data(), in_.data());
  std::fill_n(job.values, job.count, 0.0f);
  for (size_t r = 0; r < size; r++) {
    if (!form.add(r == rank ? ownRows_ : rows_[r], job.values)) throw CommunicationError(kUnlikeValues);
  }
  return true;
}

template <typename Sent>
void Communicator::sum(Sent* values, int64_t count, std::vector<Sent>& parts) {
  const int64_t size = transport_->size(), rank = transport_->rank();
  const auto first = [&](int64_t r) { return count * r / size; };
  const int64_t own = first(rank + 1) - first(rank);
  parts.resize(static_cast<size_t>(own * (size - 1)));
  const auto bytes = [](int64_t numbers) { return static_cast<size_t>(numbers) * sizeof(Sent); };
  for (int64_t r = 0; r < size; r++) {
    // The slice of this rank is where it belongs.
    out_[static_cast<size_t>(r)] = {values + first(r), r == rank ? 0 : bytes(first(r + 1) - first(r))};
    in_[static_cast<size_t>(r)] = {parts.data() + (r - (r > rank)) * own, r == rank ? 0 : bytes(own)};
  }
  transport_->exchange(out_.data(), in_.data());
  Sent* sums = values + first(rank);
  addInOrder(parts.data(), own, size, rank, sums);
  for (int64_t r = 0; r < size; r++) {
    out_[static_cast<size_t>(r)] = {sums, r == rank ? 0 : bytes(own)};
    in_[static_cast<size_t>(r)] = {values + first(r), r == rank ? 0 : bytes(first(r + 1) - first(r))};
  }
  transport_->exchange(out_.data(), in_.data());
}

void Communicator::collect(const Job& job) {
  const size_t size = out_.size();
  uint64_t length = job.message->size();
  std::vector<uint64_t> lengths(size);
  for (size_t r = 0; r < size; r++) {
    out_[r] = {&length, sizeof length};
    in_[r] = {&lengths[r], sizeof length};
  }
  transport_->exchange(out_.data(), in_.data());
  job.answers->resize(size);
  for (size_t r = 0; r < size; r++) {
    std::string& answer = (*job.answers)[r];
    answer.resize(lengths[r]);
    out_[r] = {const_cast<char*>(job.message->data()), job.message->size()};
    in_[r] = {answer.data(), answer.size()};
  }
  transport_->exchange(out_.data(), in_.data());
}

void Communicator::fail() const { throw CommunicationError(reason_); }

void Communicator::opened(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [&] { return open_; });
  if (broken_) fail();
}

int Communicator::rank() {
  std::unique_lock<std::mutex> lock(mutex_);
  opened(lock);
  return transport_->rank();
}

int Communicator::size() {
  std::unique_lock<std::mutex> lock(mutex_);
  opened(lock);
  return transport_->size();
}

void Communicator::push(const Job& job) {
  if (broken_ || closing_) fail();
  jobs_.push_back(job);
  changed_.notify_all();
}

void Communicator::begin(float* values, int64_t count, Sending sending) {
  std::unique_lock<std::mutex> lock(mutex_);
  opened(lock);
  push({.values = values, .count = count, .sending = sending});
}

void Communicator::finish(const float* values) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto isSum = [&](const Job& job) { return job.values == values; };
  changed_.wait(lock, [&] { return std::none_of(jobs_.begin(), jobs_.end(), isSum); });
  if (broken_) fail();
}

void Communicator::settle() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock,
                [&] { return std::none_of(jobs_.begin(), jobs_.end(), [](const Job& job) { return job.values; }); });
}

std::vector<std::string> Communicator::gather(const std::string& message) {
  std::vector<std::string> answers;
  std::unique_lock<std::mutex> lock(mutex_);
  opened(lock);
  push({.message = &message, .answers = &answers});
  changed_.wait(lock, [&] {
    return std::none_of(jobs_.begin(), jobs_.end(), [&](const Job& job) { return job.answers == &answers; });
  });
  if (broken_) fail();
  return answers;
}

void Communicator::stop(const std::string& reason) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return open_; });
  if (closed_) return;
  if (!broken_ && reason_.empty()) reason_ = reason;
  broken_ = true;
  if (transport_) transport_->stop(reason);
  changed_.notify_all();
  changed_.wait(lock, [&] { return jobs_.empty(); });
}

void Communicator::close() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  closing_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return closed_; });
}

}  // namespace ostinato
