// The options of a search, as lib/executor/search.ts encodes them after the step's ports (program_search.h):
//
//   [ sentences, beams, nBest, groups, diversity, minimumLength, blockNgramRepeat, lengthPenalty (-1: average),
//   coveragePenalty,
//     earlyStopping, begin, end (-1: none), sampling, temperature, topK, topP, seed, attention, tree,
//     bannedCount, banned...,
//     states (0: no automaton), [classes, [classes,states] the state after a token of a class or -1, [V] the class of
//     each token], per sentence: maximumLength, requiredCount, (position, token)... ]
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/draw.h"
#include "runtime/word_reader.h"

namespace ostinato {

struct SearchOptions {
  int64_t sentences = 1, beams = 1, nBest = 1, groups = 1;
  double diversity = 0;
  int64_t minimumLength = 0, blockNgramRepeat = 0;
  double lengthPenalty = 0;  // negative: the average
  double coveragePenalty = 0;
  bool earlyStopping = true;
  int32_t begin = 0, end = -1;
  // Every hypothesis is drawn on its own.
  bool sampling = false;
  DrawFilter filter;
  uint32_t seed = 0;
  // Whether every token's attention is kept.
  bool attention = false;
  bool tree = false;
  std::vector<int32_t> banned;
  // Which tokens may follow each other: an automaton whose state after a token is next[class of the token, state]; -1:
  // the token may not come. 0 states: all may.
  int64_t states = 0;
  std::vector<int32_t> next, classOf;
  int32_t stateAfter(int32_t state, int32_t token) const {
    return next[static_cast<size_t>(classOf[static_cast<size_t>(token)] * states + state)];
  }

  struct Sentence {
    int64_t maximumLength;
    // Chooses its random numbers.
    uint32_t number;
    // Position and the token that must stand there.
    std::vector<std::pair<int64_t, int32_t>> required;
  };
  std::vector<Sentence> each;

  int64_t width() const { return beams / groups; }
  int64_t rows() const { return sentences * beams; }
};

// Reads and checks all of it, for a step of N rows with V tokens. Throws ProgramError, std::bad_alloc.
SearchOptions readSearchOptions(WordReader& reader, int64_t N, int64_t V, bool hasAttention);

}  // namespace ostinato
