// The sizes of a call of a fused cell, checked, and the maps that follow from them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/operation.h"
#include "ops/recurrent_cell.h"
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
  int parts;  // threads that the hidden units are dealt out to

  // The time of the step-th step, and of the one before it.
  int64_t timeOf(int64_t step) const { return reverse ? T - 1 - step : step; }
  // Row length of the buffers that keep the state from step to step: one cache line more than needed, for rows a power
  // of two apart fall onto the same lines of the cache.
  int64_t ldh() const { return Hp + 16; }
  BlockRange blocksOf(int part) const { return blocksOfPart(blocks, parts, part); }
};

// Sizes of a forward or backward call, of which every operand and result has been checked.
RecurrentSizes checkedForwardSizes(const RecurrentCell& cell, const Call& call);
RecurrentSizes checkedBackwardSizes(const RecurrentCell& cell, const Call& call);
// The same without checks of shapes, but of what only a run knows: the ids that x may hold, and lengths.
RecurrentSizes forwardSizes(const RecurrentCell& cell, const Call& call);
RecurrentSizes backwardSizes(const RecurrentCell& cell, const Call& call);

// A cell's operand or result by index; an absent one for -1.
const TensorView& operandAt(const Call& call, int operand);
const TensorView& resultAt(const Call& call, int result);

// Rows of the weights in the order of the blocks: entry (block*gates + i)*16 + unit is the row (firstGate + i)*H +
// block*16 + unit, or -1 past H.
void fillRowMap(const RecurrentSizes& sizes, int firstGate, int gates, int32_t* map);

// Where the gates of a product lie (products/gemm.h, GemmMaps): their rows in the weights, by fillRowMap, and in rows
// of gates the first column of each 16 of them; null: one after the other.
struct CellMaps {
  int32_t *rows, *groups = nullptr;
  // The same for each product with the state, whose gates lie in their stateSlots.
  int32_t *stateRows[kMostProducts] = {}, *stateGroups[kMostProducts] = {};
  // Where the middle lies, if there is one.
  int32_t* middleGroups = nullptr;

  CellMaps(const RecurrentCell& cell, const RecurrentSizes& sizes, ScratchLayout& layout);
  void fill(const RecurrentCell& cell, const RecurrentSizes& sizes) const;
};

// Calls visit(column, row, units) for the gates of a part's own units: up to 16 of them at `column` of a row of gates,
// and at `row` of the weights. groups and rows as in CellMaps; rows null: one gate, whose rows are the units.
template <class Visit>
void forOwnGates(const RecurrentSizes& s, int part, int64_t gates, const int32_t* groups, const int32_t* rows,
                 Visit visit) {
  const BlockRange own = s.blocksOf(part);
  for (int64_t group = own.begin * gates; group < own.end * gates; group++) {
    const int64_t unit = group / gates * kHiddenBlock;
    visit(groups ? groups[group] : group * kHiddenBlock, rows ? rows[group * kHiddenBlock] : unit,
          std::min(kHiddenBlock, s.H - unit));
  }
}

// [B,H] into rows of ld floats with zeros past H, and back. from null: zeros.
void copyState(const RecurrentSizes& sizes, const float* from, float* to, int64_t ldTo);
void copyStateBack(const RecurrentSizes& sizes, const float* from, int64_t ldFrom, float* to);

}  // namespace ostinato
