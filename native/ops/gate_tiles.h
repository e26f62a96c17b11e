// The gradients of a layer's gates at all steps, kept as the matrix unit multiplies them, and the three products that
// follow from them. In float32 they would be written once and read, rounded and packed three times; here every step
// packs its own while they are in the cache:
//
//   rows   packed A  [T*B, columns]   dx = gates weight_ih
//   pairs  packed B  [T*B', columns]  dweight = gatesᵀ (x | h_prev), made transposed, so that pairs of rows need no
//                                     transposing; B' is B made even by a row of zeros
#pragma once

#include "kernels/matrix_unit.h"
#include "ops/recurrent.h"

namespace ostinato {

class GateTiles {
 public:
  // Whether gradients are kept like this: the unit serves the steps' products and there are enough rows.
  static bool serves(const RecurrentSizes& sizes, const RecurrentProduct& steps, int64_t columns);

  // rows [columns]: the weights' row of each column, -1 for none. columns is a multiple of 32.
  GateTiles(const RecurrentSizes& sizes, int64_t columns, const int32_t* rows, int threads, ScratchLayout& layout);

  // Zeros where no step writes. Before the first stage().
  void clear() const;
  // The gradients of time t, [B, ld], of one part's blocks.
  void stage(int part, int64_t t, const float* values, int64_t ld) const;
  // Where the rows of time t begin whole panels: their tiles, which a step's product can take as they are; else null.
  uint16_t* tilesOf(int64_t t) const;

  // dx [T*B,I], weight [rows,I].
  void inputGradient(const float* weight, float* dx, ThreadPool& pool) const;
  // dweightIh [rows,I] and dweightHh [rows,H] from x [T*B,I], y [T*B,H] and h0 [B,H]; lengths or null.
  void weightGradients(const float* x, const float* y, const float* h0, const int32_t* lengths, float* dweightIh,
                       float* dweightHh, ThreadPool& pool) const;

 private:
  const float* previousState(int64_t t, int64_t b, const float* y, const float* h0, const int32_t* lengths) const;
  void weightGradient(int thread, const matrix_unit::BFloat16* left, int64_t features, float* dweight) const;
  Gemm inputWeights(const float* weight) const;

  RecurrentSizes s_;
  int64_t columns_, depth_;
  const int32_t* weightRows_;
  int parts_, threads_;
  matrix_unit::BFloat16 *rows_, *pairs_;
  // x and h_prev transposed; weight_ih; one block of a gradient for each thread.
  matrix_unit::BFloat16 *inputs_, *states_, *weight_;
  float* block_;
  const float** pointers_;  // 2 * depth_
};

}  // namespace ostinato
