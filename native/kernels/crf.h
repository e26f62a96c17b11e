// A linear-chain conditional random field (Lafferty et al. 2001) over one sequence of T steps and C tags.
//
//   score(y) = A[start,y_1] + sum over t of (P[t,y_t] + A[y_t,y_{t+1}]) + A[y_T,end]
//
//   emissions    P, row t `stride` floats after row t-1, [C] each
//   transitions  A [C+2,C]: row i from tag i, row C from the start, row C+1 to the end. All finite; -1e30 forbids.
//   scratch      crfScratchFloats(C) floats, 64-byte aligned
//
// T is at least 1. Sums of exponentials are made relative to their largest, step by step, and their logarithms are
// added in double precision: a forbidden transition has probability 0 and long sequences lose no digits. Nothing
// overlaps unless said. Error: relative 1e-5 of probabilities, 1e-6 T of logarithms (test/native/crf_test.cc).
#pragma once

#include <cstdint>

namespace ostinato {

struct CrfSequence {
  int64_t T, C;
  const float* emissions;
  int64_t stride;
  const float* transitions;
};

// Floats of scratch that every function here is given.
int64_t crfScratchFloats(int64_t C);

struct CrfKernels {
  // log of the sum over all y of exp score(y).
  //   alphas  rows like those of emissions, out: logarithm of the sum over all ways into each tag, less its row's
  //           maximum; null: nobody reads them
  double (*forward)(const CrfSequence& s, float* alphas, float* scratch);

  // p(y_t = j) for each t and j, given the alphas of forward.
  //   probabilities  rows like those of emissions, out; may be the alphas
  //   pairs          [C,C] += weight * sum over t of p(y_t = i, y_{t+1} = j); null: not wanted
  void (*marginals)(const CrfSequence& s, const float* alphas, float* probabilities, float weight, float* pairs,
                    float* scratch);

  // The best sequence (Viterbi 1967) and its score; of two ways with one score the one from the lower tag.
  //   tags  [T], tag t `tagStride` after tag t-1, out
  //   back  [T,C] scratch
  float (*best)(const CrfSequence& s, int32_t* tags, int64_t tagStride, int32_t* back, float* scratch);
};

const CrfKernels& crfKernels();

}  // namespace ostinato
