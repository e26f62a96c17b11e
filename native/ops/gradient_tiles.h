// The gradient [N,columns] of a product x weightᵀ, kept as the matrix unit multiplies it, and what follows from it: the
// gradients of x and of weights. In float32 it would be written once and read, rounded and packed by each of those
// products; here whoever makes it packs it piece by piece, while it is in the cache:
//
//   rows   packed A  [N, columns]   dx = gradient weight
//   pairs  packed B  [N', columns]  dweight = gradientᵀ x, made transposed, so that pairs of rows need no transposing
//
// N rows are `steps` times `rowsPerStep`; in N' each step is made even by a row of zeros. Products may take part of the
// columns.
#pragma once

#include "ops/scratch_layout.h"
#include "products/gemm.h"
#include "products/matrix_unit/matrix_unit.h"

namespace ostinato {

class ThreadPool;

class GradientTiles {
 public:
  struct Sizes {
    int64_t steps, rowsPerStep;
    int64_t columns;  // a multiple of 32
    int64_t rows() const { return steps * rowsPerStep; }
  };

  // Columns that take part in a product: multiples of 32.
  struct Columns {
    int64_t first, count;
  };

  // The other factor of one weight's gradient.
  struct Factor {
    int64_t features = 0;
    Columns columns = {0, 0};
    const float** rows = nullptr;
    matrix_unit::BFloat16* packed = nullptr;
    // Where each group of 16 features lies in a row; null: one after the other.
    const int32_t* groups = nullptr;
  };

  // Whether it pays for so many rows. In two parts both orders together would be twice the bytes of float32, and were 8
  // % slower.
  static bool pays(int64_t rows, Precision precision) { return rows >= 64 && precision == Precision::medium; }

  // weightRows [columns]: the weights' row of each column, -1 for none.
  GradientTiles(const Sizes& sizes, const int32_t* weightRows, int threads, ScratchLayout& layout);
  // x has so many features: room for the weight that leads to dx.
  void placeInput(int64_t features, Columns columns, ScratchLayout& layout);
  void placeInput(int64_t features, ScratchLayout& layout) { placeInput(features, {0, s_.columns}, layout); }
  // A factor for all columns; fewer and groups are for the caller to set.
  Factor placeFactor(int64_t features, ScratchLayout& layout) const;

  // Zeros where nobody stages. Before the first stage().
  void clear() const;
  // The same for a group of 16 columns that nobody stages.
  void clearGroup(int64_t group) const;
  // Groups [g0,g1) of 16 columns of rows [row,row+m) of one step, row even or all rows: values [m, ld] begin at row
  // and group g0.
  void stage(int64_t step, int64_t row, int64_t m, int64_t g0, int64_t g1, const float* values, int64_t ld) const;
  // Where a step's rows begin whole panels: their tiles, as a packed A of 16-row panels; else null.
  uint16_t* tilesOf(int64_t step) const;

  // dx [N,features], weight [rows,features].
  void inputGradient(const float* weight, float* dx, ThreadPool& pool) const;

  // rowOf(step, row): the factor's row that belongs to a row of the gradient, `features` floats.
  template <class RowOf>
  void fill(const Factor& factor, const RowOf& rowOf) const {
    for (int64_t k = 0; k < paddedDepth(); k++) {
      const int64_t step = k / evenRows_, row = k % evenRows_;
      factor.rows[k] = k < depth_ && row < s_.rowsPerStep ? rowOf(step, row) : nullptr;
    }
  }
  // dweight [rows,features] of filled factors; rows that no column has stay.
  void weightGradients(const Factor* factors, float* const* dweights, int count, ThreadPool& pool) const;

 private:
  int64_t paddedDepth() const { return matrix_unit::steps(depth_) * matrix_unit::kDepth; }
  void weightGradient(int thread, const Factor& factor, float* dweight) const;

  Sizes s_;
  int64_t evenRows_, depth_;
  const int32_t* weightRows_;
  int threads_;
  matrix_unit::BFloat16 *rows_, *pairs_;
  float* block_;  // of a weight's gradient, for each thread
  int64_t inputFeatures_ = 0;
  Columns inputColumns_ = {0, 0};
  matrix_unit::BFloat16* weight_ = nullptr;
};

}  // namespace ostinato
