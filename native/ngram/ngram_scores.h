// The log-probabilities of the words of texts under a table of n-grams.
//
// NgramTable::step() reads one word after the other: each is looked for after the context that the one before it left,
// and each look waits for memory. But whether h w is an n-gram depends on h w alone. So words are taken by the hundred,
// and the orders one after the other: which pairs of words does the table have, then which three words, among those
// whose first two and last two it has, and so on. All searches of an order are independent: their looks into memory
// overlap, and go on without branches that nobody could predict.
//
// Probabilities and contexts are those of step(), to the bit, in every table whose n-grams have their prefixes and
// suffixes in it: NgramTable::isWhole(). In another one, which somebody altered, they are within bounds.
#pragma once

#include <cstdint>

#include "ngram/ngram_table.h"

namespace ostinato {

// Texts and what is wanted of them, as ops/ngram.cc describes them. States, ids and lengths are in range.
struct NgramTexts {
  int64_t T, B;
  const int32_t *states, *inputs, *targets;
  const int32_t* lengths;  // null: T for each
  float* losses;
  int32_t *orders, *last;  // null: not wanted
};

// Scores texts begin to end - 1.
void scoreTexts(const NgramTable& table, const NgramTexts& texts, int64_t begin, int64_t end);

}  // namespace ostinato
