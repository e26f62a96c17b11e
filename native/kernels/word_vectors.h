// One window of word2vec (Mikolov et al. 2013): vectors of C context words, or their mean, against R rows of the output
// table.
//
//   s[r,c] = x_c . y_r     p[r,c] = sigmoid(sign_r s[r,c])     loss = -sum of log p
//   g[r,c] = sign_r (p[r,c] - 1)     dx_c = sum over r of g[r,c] y_r     dy_r = sum over c of g[r,c] x_c
//
// sign_r is 1 for the row whose answer is yes and -1 for one whose answer is no. All pairs share the rows, so the three
// sums are small matrix products: each number that is loaded serves several multiplications (Ji et al. 2016), which is
// where the time of one pair after the other goes.
//
//   x, y      C and R pointers to rows of E floats each, any alignment; rows may occur twice
//   signs     [R]
//   scores    wordScores(C, R) floats, 64-byte aligned, out: g[r,c] at r * scoreWidth(C) + c
//   dx, dy    [C,stride] and [R,stride], 64-byte aligned, stride a multiple of 16, at least E; past E zeros are
//   written.
//             Null: not wanted
//
// Nothing that is written overlaps anything else. Error of the loss: relative 1e-6 or absolute 1e-6 C R; of the
// gradients: 1e-6 of their largest (test/native/word_vectors_test.cc).
#pragma once

#include <cstdint>

namespace ostinato {

struct WordWindow {
  int64_t E, C, R;
  const float* const* x;
  const float* const* y;
  const float* signs;
  float* scores;
  float *dx, *dy;
  int64_t stride;
};

// row += factor * values, for some columns of a table.
struct RowUpdate {
  float* row;
  const float* values;
  float factor;
};

// Floats from a row of scores to the next: contexts in fours, but one alone has no gaps.
constexpr int64_t scoreWidth(int64_t C) { return C == 1 ? 1 : (C + 3) / 4 * 4; }

// Floats of scratch for the scores of a window, with whole vectors at the end.
constexpr int64_t wordScores(int64_t C, int64_t R) { return scoreWidth(C) * R + 16; }

struct WordVectorKernels {
  // Asks for n rows of E floats, which will be read soon.
  void (*prefetch)(float* const* rows, int64_t n, int64_t E);
  // Returns the loss.
  double (*window)(const WordWindow& w);
  // y = the mean of n rows of E floats.
  void (*mean)(const float* const* rows, int64_t n, float* y, int64_t E);
  // Columns begin..end-1 of n updates, one after the other, each factor times `rate`.
  void (*update)(const RowUpdate* updates, int64_t n, float rate, int64_t begin, int64_t end);
};

const WordVectorKernels& wordVectorKernels();

}  // namespace ostinato
