// A text at random for tests of n-grams: sentences of 0 to 12 words, some words far commoner than others.
#pragma once

#include <vector>

#include "base/philox.h"
#include "ngram/ngram_text.h"

namespace ostinato {

// Ids with the end mark after each sentence.
inline std::vector<int32_t> randomIds(int64_t V, int sentences, SentenceIds marks, uint32_t seed = 1) {
  std::vector<int32_t> ids;
  uint32_t at = 0;
  const auto draw = [&] { return uniform01(philox(at++, 0, 0, 0, seed, 7).word[0]); };
  for (int s = 0; s < sentences; s++) {
    const int length = static_cast<int>(13 * draw());
    for (int i = 0; i < length; i++) {
      int32_t word;
      do {
        const float x = draw();
        word = static_cast<int32_t>(static_cast<float>(V) * x * x * x);
      } while (word == marks.begin || word == marks.end);
      ids.push_back(word);
    }
    if (marks.marked()) ids.push_back(marks.end);
  }
  return ids;
}

inline NgramText randomText(int64_t V, int sentences, SentenceIds marks, uint32_t seed = 1) {
  NgramText text(V, marks);
  text.add(randomIds(V, sentences, marks, seed));
  text.finish();
  return text;
}

}  // namespace ostinato
