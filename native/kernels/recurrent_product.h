// The products of the recurrent cells: many small batches of rows times one matrix of weights, whose columns are dealt
// out to the threads in blocks of 16 hidden units with all their gates. A thread packs its own columns once per op and
// multiplies only by them, so its share of the weights stays in its L2 from step to step.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/gemm.h"

namespace ostinato {

// Hidden units of one block; kernels/lstm_gates.h has the layout of gates within it.
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

struct RecurrentProduct {
  // b, ldb, transposeB, N, K and the maps bRows and cGroups describe the weights. N may end inside the last block.
  Gemm weights;
  int64_t blocks;
  int64_t columnsPerBlock;
  int parts;
  // Null: the weights are used where they lie (few rows in all, so that packing does not pay). Needs transposeB.
  float* packed = nullptr;

  // Floats that `packed` must have room for, on the current tier.
  int64_t packedFloats() const;
  // Floats of scratch per part for multiply() with so many rows.
  int64_t scratchFloats(int64_t rows) const;

  // Packs the columns of one part; nothing to do when packed is null.
  void pack(int part) const;

  // c (=|+=) a [rows,K] times the columns of one part. `c` is the whole output's first column. scratch:
  // scratchFloats(), or null: a is used as it lies.
  void multiply(int part, const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc, bool accumulate,
                float* scratch) const;

 private:
  struct Columns {
    int64_t first, count;
  };
  Columns columns(int part) const;
  int64_t partOffset(int part) const;
};

}  // namespace ostinato
