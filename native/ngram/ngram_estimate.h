// From counts to the packed table: the probability of each n-gram and the back-off weight of each context.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "ngram/ngram_counts.h"
#include "ngram/smoothing.h"

namespace ostinato {

// How often an n-gram of each order from 1 on must come to be kept; orders beyond the list as the last one. It must not
// fall, so that what begins or ends a longer n-gram is kept. All words are. What others would get is left to the
// back-off; discounts are estimated from all counts.
using MinimumCounts = std::vector<uint32_t>;

// Throws NgramsStopped, std::bad_alloc; std::length_error for more n-grams than a table holds.
std::vector<int32_t> estimateNgrams(const NgramCounts& counts, Smoothing& smoothing, const MinimumCounts& minimum,
                                    Notes& notes, const std::atomic<bool>& stop);

}  // namespace ostinato
