#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ops/operation.h"

namespace ostinato {

// Walks over numbers from JavaScript, of which nothing is taken on trust. Throws ProgramError.
class WordReader {
 public:
  // `what` they describe, for messages.
  WordReader(const char* what, const double* words, size_t count) : what_(what), words_(words), left_(count) {}

  double number(const char* what) {
    if (left_ == 0) malformed(std::string("it ends before ") + what);
    left_--;
    return *words_++;
  }

  int64_t integer(const char* what, int64_t minimum, int64_t maximum) {
    const double value = number(what);
    if (std::isfinite(value) && value == std::floor(value) && value >= static_cast<double>(minimum) &&
        value <= static_cast<double>(maximum)) {
      return static_cast<int64_t>(value);
    }
    malformed(std::string(what) + " is " + std::to_string(value) + ", expected a whole number from " +
              std::to_string(minimum) + " to " + std::to_string(maximum));
  }

  double finite(const char* what, double minimum) {
    const double value = number(what);
    if (std::isfinite(value) && value >= minimum) return value;
    malformed(std::string(what) + " is " + std::to_string(value) + ", expected a number of at least " +
              std::to_string(minimum));
  }

  size_t left() const { return left_; }

 private:
  [[noreturn]] void malformed(const std::string& why) const {
    throw ProgramError(std::string("malformed ") + what_ + ": " + why);
  }

  const char* what_;
  const double* words_;
  size_t left_;
};

}  // namespace ostinato
