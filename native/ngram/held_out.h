// Weights for the interpolation of orders, from a text that was not counted.
#pragma once

#include <atomic>
#include <vector>

#include "ngram/ngram_counts.h"
#include "ngram/ngram_text.h"

namespace ostinato {

// The weights of the uniform distribution and of orders 1 to n under which the text is likeliest, by
// expectation-maximisation (Jelinek & Mercer 1980): until an iteration changes no weight by more than 1e-6, at most
// 200. Equal weights where the text predicts nothing. Throws NgramsStopped, std::bad_alloc.
std::vector<double> interpolationWeights(const NgramCounts& counts, const NgramText& heldOut,
                                         const std::atomic<bool>& stop);

}  // namespace ostinato
