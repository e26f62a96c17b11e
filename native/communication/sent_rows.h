// Rows of a sum that are not all 0, as a rank sends them: their numbers, ascending, then what is in them.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "base/bfloat16.h"

namespace ostinato {

// `Sent` is the type of a number on its way: float or Bfloat16.
template <typename Sent>
class SentRows {
 public:
  SentRows(int64_t values, int64_t width) : rows_(values / width), width_(width) {}

  int64_t rows() const { return rows_; }
  // Whether a row's number fits the message.
  bool countable() const { return rows_ <= std::numeric_limits<int32_t>::max(); }
  int64_t rowBytes() const { return kNumberBytes + width_ * kSentBytes; }
  int64_t allBytes() const { return rows_ * width_ * kSentBytes; }

  int64_t rowsIn(const Sent* values) const {
    int64_t count = 0;
    for (int64_t row = 0; row < rows_; row++) count += isSent(values + row * width_);
    return count;
  }

  void write(const Sent* values, std::string& message) const {
    const int64_t count = rowsIn(values);
    message.resize(static_cast<size_t>(count * rowBytes()));
    char *number = message.data(), *content = number + count * kNumberBytes;
    for (int32_t row = 0; row < rows_; row++) {
      const Sent* own = values + row * width_;
      if (!isSent(own)) continue;
      std::memcpy(number, &row, sizeof row);
      std::memcpy(content, own, static_cast<size_t>(width_ * kSentBytes));
      number += kNumberBytes;
      content += width_ * kSentBytes;
    }
  }

  // Adds a message's rows to sums. False if the number of a row is out of range.
  bool add(const std::string& message, float* sums) const {
    const int64_t count = static_cast<int64_t>(message.size()) / rowBytes();
    const char *number = message.data(), *content = number + count * kNumberBytes;
    for (int64_t i = 0; i < count; i++, number += kNumberBytes) {
      int32_t row;
      std::memcpy(&row, number, sizeof row);
      if (row < 0 || row >= rows_) return false;
      float* sum = sums + row * width_;
      for (int64_t j = 0; j < width_; j++, content += kSentBytes) {
        Sent value;
        std::memcpy(&value, content, sizeof value);
        sum[j] += toFloat(value);
      }
    }
    return true;
  }

 private:
  static constexpr int64_t kNumberBytes = sizeof(int32_t), kSentBytes = sizeof(Sent);

  // A NaN is not 0. Most rows are 0 to their end: whole blocks are looked through at once.
  bool isSent(const Sent* row) const {
    constexpr int64_t kBlock = 32;
    int64_t j = 0;
    for (; j + kBlock <= width_; j += kBlock) {
      int other = 0;
      for (int64_t i = 0; i < kBlock; i++) other |= toFloat(row[j + i]) != 0;
      if (other) return true;
    }
    for (; j < width_; j++) {
      if (toFloat(row[j]) != 0) return true;
    }
    return false;
  }

  int64_t rows_, width_;
};

}  // namespace ostinato
