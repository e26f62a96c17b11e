// The gradient [N,columns] of a product x weightᵀ, kept as a provider multiplies it, and what follows from it: the
// gradients of x and of weights. As rows it would be written once and read, rounded and packed by each of those
// products; here whoever makes it packs it piece by piece, while it is in the cache:
//
//   rows   packed A  [N, columns]   dx = gradient weight
//   pairs  packed B  [N', columns]  dweight = gradientᵀ x, made transposed, so that pairs of rows need no transposing
//
// N rows are `steps` times `rowsPerStep`; in N' each step is made even by a row of zeros. Products may take part of the
// columns.
#pragma once

#include "ops/scratch_layout.h"
#include "products/packing.h"

namespace ostinato {

class ThreadPool;

class GradientTiles {
 public:
  struct Sizes {
    int64_t steps, rowsPerStep;
    int64_t columns;  // a multiple of the packing's panelColumns
    int64_t rows() const { return steps * rowsPerStep; }
  };

  // Columns that take part in a product: whole panels.
  struct Columns {
    int64_t first, count;
  };

  // The other factor of one weight's gradient.
  struct Factor {
    int64_t features = 0;
    Columns columns = {0, 0};
    const float** rows = nullptr;
    char* packed = nullptr;
    // Where each group of 16 features lies in a row; null: one after the other.
    const int32_t* groups = nullptr;
  };

  // Whether it pays for this number of rows, packed like this, in panels of which blocks have whole numbers.
  static bool pays(int64_t rows, const Packing& packing);

  // weightRows [columns]: the weights' row of each column, -1 for none.
  GradientTiles(const Packing& packing, const Sizes& sizes, const int32_t* weightRows, int threads,
                ScratchLayout& layout);
  int64_t panelColumns() const { return p_.panelColumns; }
  // Takes room for the weight that leads to dx. `features` are those of x.
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
  // Where a step's rows begin whole panels: their tiles, as a packed A of whole panels; else null.
  void* tilesOf(int64_t step) const;

  // dx [N,features], weight [rows,features].
  void inputGradient(const float* weight, float* dx, ThreadPool& pool) const;

  // rowOf(step, row): the factor's row that belongs to a row of the gradient, `features` floats; null for zeros.
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
  int64_t paddedDepth() const { return roundUp(depth_, p_.depthUnit); }
  void weightGradient(int thread, const Factor& factor, float* dweight) const;

  const Packing& p_;
  Sizes s_;
  int64_t evenRows_, depth_;
  const int32_t* weightRows_;
  int threads_;
  char *rows_, *pairs_;
  float* block_;  // of a weight's gradient, for each thread
  int64_t inputFeatures_ = 0;
  Columns inputColumns_ = {0, 0};
  char* weight_ = nullptr;
};

}  // namespace ostinato
