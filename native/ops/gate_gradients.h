// The gradients of a fused cell's gates, of all steps, and what follows from them: those of x, weight_ih and weight_hh.
//
// For the matrix unit they are kept as tiles (ops/gradient_tiles.h), packed step by step from where the gate kernels
// leave them; elsewhere as rows [T,B,slots Hp], in the place of the saved gates where there are such. A table's
// gradient is added up step by step.
#pragma once

#include <optional>

#include "ops/gradient_tiles.h"
#include "ops/recurrent_sizes.h"
#include "ops/scratch_layout.h"

namespace ostinato {

class GateGradients {
 public:
  // product: that of the gradient of the state.
  GateGradients(const RecurrentCell& cell, const RecurrentSizes& sizes, const CellMaps& maps, const Call& call,
                const RecurrentProduct& product, ScratchLayout& layout);

  // Before the first step, when the maps are filled.
  void begin() const;

  struct Rows {
    float* first;  // [B,ld], or null: nowhere
    int64_t ld;
  };
  // Where the gate kernels of a step leave the gradients of all slots, besides the staged ones.
  Rows rowsOf(int64_t t) const;
  // A step's tiles, where they are also those that the next product reads; else null.
  void* tilesOf(int64_t t) const;
  // Takes a part's gradients of a step from there, or from the staged ones of the only product.
  void take(int part, int64_t t, const StepRows& staged) const;

  // After the last step: the large products.
  void finish() const;

 private:
  // Slots that lie one after the other in the tiles' columns, and whose gradients belong to the same products.
  struct Section {
    int firstSlot, slots, firstGate;
    int64_t column;
  };

  const TensorView& in(int operand) const { return call_.operand(operand); }
  void placeTiles(const Packing& packing, int threads, ScratchLayout& layout);
  void placeRows(int threads, ScratchLayout& layout);
  void stage(int part, int64_t t, Rows from) const;
  void addToTable(int part, int64_t t, Rows from) const;
  void finishTiles() const;
  void finishRows() const;
  Gemm weightGradient(int gates, const int32_t* groups, const int32_t* rows, int64_t steps, const float* b,
                      int64_t columns, const TensorView& dweight) const;
  Gemm inputWeightGradient() const;
  Gemm firstStateGradient() const;
  Gemm otherStatesGradient() const;
  Gemm middleGradient() const;
  Gemm inputGradient() const;

  const RecurrentCell& cell_;
  const RecurrentSizes& s_;
  const CellMaps& maps_;
  const Call& call_;
  const GradientPlaces& at_;

  // As rows: of all steps.
  Rows all_ = {nullptr, 0};
  float* first_ = nullptr;  // [B,ld] the gradients of each row's first step, for reverse ops
  // [T*B] each row of x, or -1: the padding may hold anything and must not be multiplied, not even by 0. Null: no
  // padding.
  int32_t* inputRows_ = nullptr;
  void* products_ = nullptr;

  // As tiles.
  std::optional<GradientTiles> tiles_;
  // Gates that only x and the middle meet, those that x and the state meet, and products with the state that stand
  // apart.
  Section sections_[3] = {};
  int64_t columns_ = 0;
  int32_t* columnRows_ = nullptr;
  GradientTiles::Factor inputs_, states_, middles_;
  Rows step_ = {nullptr, 0};
};

}  // namespace ostinato
