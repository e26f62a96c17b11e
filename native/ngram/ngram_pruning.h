// Entropy pruning of a model (Stolcke 1998, "Entropy-based Pruning of Backoff Language Models"): an n-gram h w is left
// to the back-off if the model without it is nearly the same.
//
//   D(h w) = -p(h) { p(w | h) [log p(w | h') + log b'(h) - log p(w | h)]
//                    + (1 - sum over v of p(v | h)) [log b'(h) - log b(h)] }
//   b'(h)  = (1 - sum over v of p(v | h) + p(w | h)) / (1 - sum over v of p(v | h') + p(w | h'))
//
// v runs through the words that the table has after h; h' is h without its first word, b the back-off weight. D is the
// relative entropy of the two models after h, times the probability of h under the model itself, in which the mark of a
// sentence's beginning counts as likely as its end. An n-gram goes where exp(D) - 1, the relative rise of the
// perplexity, is below the threshold, as in SRILM; unlike there, what a kept n-gram begins or ends with is kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "ngram/ngram_table.h"
#include "ngram/ngram_text.h"

namespace ostinato {

// The table without the n-grams that cost less than the threshold; orders of which none is left are gone too. Throws
// std::invalid_argument for a table that somebody altered, NgramsStopped, std::bad_alloc.
std::vector<int32_t> pruneNgrams(const NgramTable& table, SentenceIds marks, double threshold,
                                 const std::atomic<bool>& stop);

}  // namespace ostinato
