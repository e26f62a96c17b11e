// What rnn, lstm and gru share: their sizes and checks, scratch memory, and the products before and after the steps.
//
// Order of work of a forward op, one parallel section a step (two for gru with reset before, and one a chunk where the
// unit wants x packed): every part packs the weights of its own hidden units, makes the input's product for them over a
// chunk of steps, or copies its rows of the table, and then, step by step, adds the state's product and runs the gates.
// Backward does the same in the opposite order with the gradients of the gates, adds them to a table's gradient there
// and then, and leaves the other gradients of weights and input to large products over all steps.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "ops/operation.h"
#include "ops/scratch_layout.h"
#include "products/recurrent_product.h"

namespace ostinato {

struct RecurrentSizes {
  int64_t T, B, I, H;
  // x is i32 [T,B], rows of a table [V, gates*H] that stands in place of weight_ih: products that are known already. I
  // is V then.
  bool ids;
  int64_t Hp;      // H rounded up to whole blocks of 16
  int64_t blocks;  // Hp / 16
  bool reverse;
  Precision precision;
  int parts;  // the hidden units are dealt out to so many threads

  // The time of the step-th step, and of the one before it.
  int64_t timeOf(int64_t step) const { return reverse ? T - 1 - step : step; }
  // Row length of the buffers that keep the state from step to step: one cache line more than needed, for rows a power
  // of two apart fall onto the same lines of the cache.
  int64_t ldh() const { return Hp + 16; }
  BlockRange blocksOf(int part) const { return blocksOfPart(blocks, parts, part); }
};

// The operands that the three families and their gradients have in common, by index; -1 if the op has none.
struct RecurrentOperands {
  int x, h0, weightIh, weightHh, biasIh, biasHh, lengths;
};

// Checks those operands against each other. `gates` is the number of gates in the weights' rows.
RecurrentSizes checkedSizes(const char* op, const Call& call, const RecurrentOperands& at, int gates,
                            int reverseAttribute);
// The same without checks.
RecurrentSizes sizesOf(const Call& call, const RecurrentOperands& at, int reverseAttribute);

// An operand [T,B,H] or [B,H] (dy, dhLast, ...) that may be absent, or a result of such a shape.
void expectSteps(const char* op, const Call& call, const RecurrentSizes& sizes, int operand, bool optional);
void expectState(const char* op, const Call& call, const RecurrentSizes& sizes, int operand, bool optional);
void expectStepsResult(const char* op, const Call& call, const RecurrentSizes& sizes, int result);
void expectStateResult(const char* op, const Call& call, const RecurrentSizes& sizes, int result);
// A value [T,B,width] in the kernels' own layout.
void expectSaved(const char* op, const Call& call, const RecurrentSizes& sizes, int operand, int64_t width);
void expectSavedResult(const char* op, const Call& call, const RecurrentSizes& sizes, int result, int64_t width);
// The gradients of x, h0, weight_ih and weight_hh at results dx, dh0, dweight, dweight+1.
void expectGradients(const char* op, const Call& call, const RecurrentSizes& sizes, int gates, int dx, int dh0,
                     int dweight);

// Checks the ids that x holds, if it does.
void checkIds(const Call& call, const RecurrentSizes& sizes, const RecurrentOperands& at);
// Lengths or null, checked to be in 0..T.
const int32_t* checkedLengths(const Call& call, const RecurrentSizes& sizes, int operand);

// Rows of the weights in the order of the blocks: entry (block*gates + i)*16 + unit is the row gateOrder[i]*H +
// block*16 + unit, or -1 past H.
void fillRowMap(const RecurrentSizes& sizes, const int* gateOrder, int gates, int32_t* map);

// Columns of such blocks in a buffer whose blocks have `slots` groups of 16: group block*gates + i is at
// (block*slots + slotOf[i]) * 16.
void fillGroupMap(const RecurrentSizes& sizes, const int* slotOf, int gates, int slots, int32_t* map);

// [B,H] into rows of ld floats with zeros past H, and back. from null: zeros.
void copyState(const RecurrentSizes& sizes, const float* from, float* to, int64_t ldTo);
void copyStateBack(const RecurrentSizes& sizes, const float* from, int64_t ldFrom, float* to);

// to[i] = ih[map[i]] + hh[map[i]], 0 where the map has -1; either bias may be null.
void addBiases(const float* ih, const float* hh, const int32_t* map, int64_t n, float* to);
// to[map[i]] = from[i]
void scatterBias(const float* from, const int32_t* map, int64_t n, float* to);

// Up to mostRows rows of x [T*B,I] times weight_ih^T by own columns, or of the state times weight_hh^T: weight
// [rows,K], bRows the map of its rows (null: H rows, as they are). With few rows in all the weights are used where they
// lie.
RecurrentProduct forwardProduct(const RecurrentSizes& sizes, const TensorView& weight, int64_t K,
                                int64_t columnsPerBlock, const int32_t* bRows, const int32_t* cGroups,
                                int64_t mostRows);
// Gradients of gates [B, K] times weight_hh [rows,H]: K entries in bRows.
RecurrentProduct backwardProduct(const RecurrentSizes& sizes, const float* weight, int64_t K, const int32_t* bRows);
// Gives a product its memory, once all that it depends on is set.
void place(RecurrentProduct& product, ScratchLayout& layout);
// Rows [B, ld] that `product` multiplies in each step.
StepRows stepRows(const RecurrentSizes& sizes, const RecurrentProduct& product, int64_t ld, ScratchLayout& layout);
// To be called before such rows are staged for the first time.
void clearTiles(const RecurrentProduct& product, const StepRows& rows);
// Stages what was there before the first step, for all parts.
void stageAll(const RecurrentProduct& product, const StepRows& rows);

// Steps whose input product is made at once: few enough that it is still in L2 when the steps read it.
int64_t stepsPerChunk(const RecurrentSizes& sizes);

// Where a step lies in its chunk. Steps of a chunk are [firstTime, firstTime + steps) in order of time.
struct ChunkPlace {
  int64_t t;
  int64_t firstTime, steps;
  bool first;  // the first of its chunk to run
};
ChunkPlace placeInChunk(const RecurrentSizes& sizes, int64_t step, int64_t chunk);

// What the input gives to the gates: a product with weight_ih, or rows of the table.
class InputProduct {
 public:
  InputProduct() = default;
  // columnsPerBlock, rows, groups: as forwardProduct's columnsPerBlock, bRows, cGroups.
  InputProduct(const RecurrentSizes& sizes, const TensorView& x, const TensorView& weight, int64_t columnsPerBlock,
               const int32_t* rows, const int32_t* groups, int64_t chunk, ScratchLayout& layout);

  // Once, by each part.
  void pack(int part) const;
  // Makes a chunk of x ready for all parts.
  void prepare(const ChunkPlace& chunk, ThreadPool& pool) const;
  // Own columns of the chunk's rows, ld floats each, written to `gates`.
  void compute(int part, const ChunkPlace& chunk, float* gates, int64_t ld) const;

 private:
  RecurrentSizes s_;
  TensorView x_, weight_;
  int64_t gates_ = 0;
  const int32_t *rows_ = nullptr, *groups_ = nullptr;
  RecurrentProduct product_;
};

// The state that a row's step began with, a row of y or h0. Past its length any row will do: gradients are 0 there.
struct StatesBefore {
  const RecurrentSizes& s;
  const float* y;
  const float* h0;
  const int32_t* lengths;

  const float* at(int64_t t, int64_t b) const {
    const int64_t last = lengths ? lengths[b] - 1 : s.T - 1;
    const bool first = s.reverse ? t >= last : t == 0;
    return first ? h0 + b * s.H : y + ((s.reverse ? t + 1 : t - 1) * s.B + b) * s.H;
  }
};

// dweight_hh [rows,H] = sum over steps of gradient^T h_prev.
//   gradient [T,B,ld]  the gates' gradients, of which the groups in aGroups (null: all M columns) take part
//   cRows    [M]       the row of dweight for each of them
//   first    [B,ld]    scratch, for reverse ops with lengths
// Uses y shifted by one step, and h0 for each row's first step.
struct StateWeightGradient {
  const float* gradient;
  int64_t ld;
  int64_t M;
  const int32_t* aGroups;
  const int32_t* cRows;
  const float* y;
  const float* h0;
  const int32_t* lengths;
  float* first;
  float* dweight;
};
size_t stateWeightGradientScratch(const RecurrentSizes& sizes, const StateWeightGradient& w, int threads);
void stateWeightGradient(const RecurrentSizes& sizes, const StateWeightGradient& w, void* scratch, ThreadPool& pool);

// dweight_ih [rows,I] = gradient^T x over all T*B rows.
Gemm inputWeightGradient(const RecurrentSizes& sizes, const float* gradient, int64_t ld, int64_t M,
                         const int32_t* aGroups, const int32_t* cRows, const float* x, float* dweight);

// The gradients of x, unless nobody reads it, and of weight_ih: products over all steps, or of a table, sums of the
// rows.
struct InputGradient {
  const RecurrentSizes& s;
  int gates;
  // Of each block of 16 hidden units and each gate: where its gradients are in a row (null: group g at 16 g), and the
  // row of weight_ih that it belongs to.
  const int32_t *groups, *rows;
  const TensorView &x, &weight, &dx, &dweight;

  // A table's gradient begins at zero, and gets the gates' gradients of a step, rows of ld floats, from each part.
  void clearTable() const;
  void addToTable(int part, int64_t t, const float* gradient, int64_t ld) const;

  // The same at the end from the gradients [T*B,ld] of all steps, where there is no table.
  size_t scratchBytes(const float* gradient, int64_t ld, int threads) const;
  void multiply(const float* gradient, int64_t ld, void* scratch, ThreadPool& pool) const;

 private:
  Gemm weightProduct(const float* gradient, int64_t ld) const;
  Gemm inputProduct(const float* gradient, int64_t ld) const;
};

}  // namespace ostinato
