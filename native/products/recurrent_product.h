// The products of the recurrent cells: many small batches of rows times one matrix of weights, whose columns are dealt
// out to the threads in blocks of 16 hidden units with all their gates. A thread packs its own columns once per op and
// multiplies only by them, so its share of the weights stays in its L2 from step to step.
#pragma once

#include <cstddef>
#include <cstdint>

#include "products/packing.h"

namespace ostinato {

// Hidden units of one block; kernels/recurrent_step.h has the layout of gates within it.
constexpr int64_t kHiddenBlock = 16;

inline int64_t hiddenBlocks(int64_t H) { return (H + kHiddenBlock - 1) / kHiddenBlock; }
inline int64_t paddedHidden(int64_t H) { return hiddenBlocks(H) * kHiddenBlock; }

// The blocks [begin,end) that one part owns.
struct BlockRange {
  int64_t begin, end;
};

inline BlockRange blocksOfPart(int64_t blocks, int parts, int part) {
  return {blocks * part / parts, blocks * (part + 1) / parts};
}

// Rows that a step writes and the next one multiplies: every part writes the units of its own blocks.
struct StepRows {
  float* values = nullptr;  // [rows, ld]
  int64_t ld = 0;
  // The same packed; null where they are multiplied as they lie.
  void* tiles = nullptr;
};

struct RecurrentProduct {
  // b, ldb, transposeB, N, K, precision and the maps bRows and cGroups describe the weights. N may end inside the last
  // block.
  Gemm weights;
  int64_t blocks = 0;
  int64_t columnsPerBlock = 0;
  int parts = 1;
  // Most rows of one multiply().
  int64_t mostRows = 0;
  // Otherwise the weights are used where they lie (few rows in all, so that packing does not pay). Needs transposeB.
  bool packs = true;
  // packedFloats(), where it packs.
  float* packed = nullptr;
  // For packing rows, scratchFloats() for all parts together: one copy that they share, or one for each.
  float* scratch = nullptr;

  // The columns of one part, as far as the weights go.
  struct Columns {
    int64_t first, count;
  };
  Columns columns(int part) const;
  // How it keeps its operands. With sharesRows, rows of a are packed by packRows(), by all parts together.
  const Packing& packing() const;
  // Floats that `packed` and `scratch` must have room for, on the current tier.
  int64_t packedFloats() const;
  int64_t scratchFloats() const;
  // Floats of the tiles of StepRows; 0 if there are none.
  int64_t tileFloats() const;

  // The packed columns of one part.
  Panels panels(int part) const { return packing().panelsOfB(packed + partOffset(part), weights.K); }

  // Packs the columns of one part, where it packs.
  void pack(int part) const;

  // Brings the tiles up to date with the values of one part's blocks.
  void stage(int part, const StepRows& rows) const;

  // One part's share of packing a [rows,K]. All parts have done theirs before one multiplies by a; where parts do not
  // share rows there is nothing to do.
  void packRows(int part, const float* a, int64_t lda, int64_t rows) const;
  // c (=|+=) a [rows,K], packed by packRows(), times the columns of one part. `c` is the whole output's first column.
  void multiply(int part, const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc, bool accumulate) const;
  // The same for the mostRows rows that a step left; staged by all parts.
  void multiply(int part, const StepRows& rows, float* c, int64_t ldc, bool accumulate) const;

 private:
  Gemm rowsOf(const float* a, int64_t lda, int64_t rows) const;
  BlockOutput output(int part, int64_t rows, float* c, int64_t ldc, bool accumulate) const;
  int64_t partOffset(int part) const;
  int64_t partScratch() const;
};

}  // namespace ostinato
