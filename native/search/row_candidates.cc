#include "search/row_candidates.h"

#include <cmath>

namespace ostinato {

void RowCandidates::begin(int parts) {
  seen_.assign(static_cast<size_t>(parts * rows_), Seen());
  entries_.resize(static_cast<size_t>(parts * rows_ * most_));
}

void RowCandidates::add(Seen& own, const float* logits, float largest, int64_t n) {
  if (std::isnan(own.largest)) return;
  if (!(largest <= own.largest)) {
    // Infinities that meet would make a NaN.
    own.sum = own.sum == 0 ? 0 : own.sum * std::exp(static_cast<double>(own.largest) - static_cast<double>(largest));
    own.largest = largest;
  }
  if (std::isfinite(own.largest)) own.sum += elementwiseKernels().sumExpShifted(logits, own.largest, n);
}

void RowCandidates::readOnly(int part, int64_t row, int64_t first, const float* logits, int64_t n, int32_t token) {
  Seen& own = seen(part, row);
  add(own, logits, elementwiseKernels().maximum(logits, n), n);
  const int64_t place = token - first;
  if (most_ > 0 && place >= 0 && place < n) keep(own, entriesOf(part, row), {logits[place], token});
}

void RowCandidates::sum(int64_t row, float& largest, double& logSum) const {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  largest = kNever;
  for (int64_t at = row; at < static_cast<int64_t>(seen_.size()); at += rows_) {
    const float own = seen_[static_cast<size_t>(at)].largest;
    if (std::isnan(largest)) break;
    if (!(own <= largest)) largest = own;
  }
  logSum = 0;
  if (largest == kNever) largest = 0;  // Every token is impossible, and stays so.
  if (!std::isfinite(largest)) return;
  double sum = 0;
  for (int64_t at = row; at < static_cast<int64_t>(seen_.size()); at += rows_) {
    const Seen& own = seen_[static_cast<size_t>(at)];
    if (own.sum > 0) sum += own.sum * std::exp(static_cast<double>(own.largest) - static_cast<double>(largest));
  }
  if (sum > 0) logSum = std::log(sum);
}

}  // namespace ostinato
