// The products of a fused cell before and during its steps.
#pragma once

#include "ops/recurrent_sizes.h"
#include "ops/scratch_layout.h"
#include "products/recurrent_product.h"

namespace ostinato {

// Up to mostRows rows of x [T*B,I] times weight_ih^T by own columns, or of the state times weight_hh^T: weight
// [rows,K], bRows the map of its rows (null: H rows, as they are). With few rows in all the weights are used where they
// lie.
RecurrentProduct forwardProduct(const RecurrentSizes& sizes, const TensorView& weight, int64_t K,
                                int64_t columnsPerBlock, const int32_t* bRows, const int32_t* cGroups,
                                int64_t mostRows);
// Gradients of gates [B, K] times weight_hh [rows,H]: K entries in bRows.
RecurrentProduct backwardProduct(const RecurrentSizes& sizes, const float* weight, int64_t K, const int32_t* bRows);
// Gives a product its memory, once all that it depends on is set; its weights may be kept elsewhere.
void place(RecurrentProduct& product, ScratchLayout& layout, float* packed = nullptr);
// Floats from the packed weights of a product to those of the next that is kept with it.
int64_t keptFloats(const RecurrentProduct& product);
// How products by one matrix keep it, one after the other, in the order of rows that `order` stands for.
KeptForm keptForm(const RecurrentProduct* products, int count, const void* order);
// Rows [B, ld] that `product` multiplies in each step.
StepRows stepRows(const RecurrentSizes& sizes, const RecurrentProduct& product, int64_t ld, ScratchLayout& layout);
// To be called before such rows are staged for the first time.
void clearTiles(const RecurrentProduct& product, const StepRows& rows);

// Steps whose input product is made at once: few enough that it is still in L2 when the steps read it.
int64_t stepsPerChunk(const RecurrentSizes& sizes);

// Where a step lies in its chunk. Steps of a chunk are [firstTime, firstTime + steps) in order of time.
struct ChunkPlace {
  int64_t t;
  int64_t firstTime, steps;
  bool first;  // the first of its chunk to run
};
ChunkPlace placeInChunk(const RecurrentSizes& sizes, int64_t step, int64_t chunk);

// The input's part of the gates: a product with weight_ih, or rows of the table.
class InputProduct {
 public:
  // rows, groups: where the gates lie, as in CellMaps; rows null: one gate, in rows without room past H.
  InputProduct(const RecurrentSizes& sizes, const TensorView& x, const TensorView& weight, int gates,
               const int32_t* rows, const int32_t* groups, int64_t chunk, ScratchLayout& layout, float* packed);

  KeptForm form(const void* order) const { return s_.ids ? KeptForm() : keptForm(&product_, 1, order); }

  // Once, by each part.
  void pack(int part) const;
  // Makes a chunk of x ready for all parts.
  void prepare(const ChunkPlace& chunk, ThreadPool& pool) const;
  // Own columns of the chunk's rows, ld floats each, written to `to`.
  void compute(int part, const ChunkPlace& chunk, float* to, int64_t ld) const;

 private:
  const RecurrentSizes& s_;
  const TensorView &x_, &weight_;
  int gates_;
  const int32_t *rows_, *groups_;
  RecurrentProduct product_;
};

}  // namespace ostinato
