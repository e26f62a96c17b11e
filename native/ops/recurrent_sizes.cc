#include "ops/recurrent_sizes.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "ops/data_checks.h"

namespace ostinato {
namespace {

// Multiply-adds of one step below which another thread costs more than it gains.
constexpr double kWorkPerPart = 40000;

int partsFor(const RecurrentSizes& s, int64_t gateRows, int threads) {
  // In doubles: the sizes may not have been checked yet.
  const double work = static_cast<double>(s.B) * static_cast<double>(gateRows) * static_cast<double>(s.H);
  const double most = static_cast<double>(std::min<int64_t>(threads, s.blocks));
  return static_cast<int>(std::clamp(work / kWorkPerPart, 1.0, std::max(1.0, most)));
}

template <class Places>
RecurrentSizes sizesOf(const Call& call, const Places& at) {
  const TensorView& x = call.operand(at.x);
  RecurrentSizes s;
  s.T = x.dims[0];
  s.B = x.dims[1];
  s.ids = x.dtype == DType::i32;
  s.I = s.ids ? call.operand(at.weightIh).dims[0] : x.dims[2];
  s.H = call.operand(at.h0).dims[1];
  s.Hp = paddedHidden(s.H);
  s.blocks = hiddenBlocks(s.H);
  s.reverse = call.integer(at.reverse) != 0;
  s.precision = call.precision;
  s.parts = partsFor(s, call.operand(at.weightHh).dims[0], call.pool.threads());
  return s;
}

template <class Places>
RecurrentSizes sizesAtRun(const Call& call, const Places& at) {
  const RecurrentSizes s = sizesOf(call, at);
  if (s.ids) expectIds(call.operand(at.x), s.I);
  checkedLengths(call.operand(at.lengths), s.T, "the number of steps of x");
  return s;
}

using Dims = std::initializer_list<int64_t>;

// Those that the cell has.
void expectOperands(const Call& call, std::initializer_list<int> operands, Dims dims, DType dtype = DType::f32) {
  for (const int i : operands) {
    if (i >= 0) expectShape(call, i, dtype, dims.begin(), static_cast<int>(dims.size()));
  }
}

void expectResults(const Call& call, std::initializer_list<int> results, Dims dims, DType dtype = DType::f32) {
  for (const int i : results) {
    if (i >= 0) expectResult(call, i, dtype, dims.begin(), static_cast<int>(dims.size()));
  }
}

template <class Places>
RecurrentSizes checkedSizes(const RecurrentCell& cell, const Call& call, const Places& at) {
  expectInteger(call, at.reverse, 0, 1);
  const bool ids = call.operand(at.x).dtype == DType::i32;
  expectOperand(call, at.x, ids ? DType::i32 : DType::f32, ids ? 2 : 3);
  for (const int matrix : {at.h0, at.weightHh}) expectOperand(call, matrix, DType::f32, 2);
  const RecurrentSizes s = sizesOf(call, at);
  const int64_t rows = cell.gates * s.H;
  expectOperands(call, {at.h0, at.c0}, {s.B, s.H});
  expectOperands(call, {at.weightIh}, {ids ? s.I : rows, ids ? rows : s.I});
  expectOperands(call, {at.weightHh}, {rows, s.H});
  expectOperands(call, {at.biasHh}, {rows});
  expectOperands(call, {at.lengths}, {s.B}, DType::i32);
  return s;
}

void fillGroupMap(const RecurrentSizes& s, const int* slotOf, int gates, int slots, int32_t* map) {
  for (int64_t block = 0; block < s.blocks; block++) {
    for (int i = 0; i < gates; i++) *map++ = static_cast<int32_t>((block * slots + slotOf[i]) * kHiddenBlock);
  }
}

}  // namespace

RecurrentSizes checkedForwardSizes(const RecurrentCell& cell, const Call& call) {
  const ForwardPlaces& at = cell.forward;
  const RecurrentSizes s = checkedSizes(cell, call, at);
  expectOperands(call, {at.biasIh}, {cell.gates * s.H});
  expectResults(call, {at.y}, {s.T, s.B, s.H});
  expectResults(call, {at.hLast, at.cLast}, {s.B, s.H});
  expectResults(call, {at.gates}, {s.T, s.B, cell.slots, s.Hp});
  expectResults(call, {at.cells}, {s.T, s.B, s.Hp});
  return s;
}

RecurrentSizes checkedBackwardSizes(const RecurrentCell& cell, const Call& call) {
  const GradientPlaces& at = cell.gradient;
  const RecurrentSizes s = checkedSizes(cell, call, at);
  const int64_t rows = cell.gates * s.H;
  expectOperands(call, {at.y, at.dy}, {s.T, s.B, s.H});
  expectOperands(call, {at.gates}, {s.T, s.B, cell.slots, s.Hp});
  expectOperands(call, {at.cells}, {s.T, s.B, s.Hp});
  expectOperands(call, {at.dhLast, at.dcLast}, {s.B, s.H});
  const TensorView& x = call.operand(at.x);
  expectResult(call, at.dx, x.dtype, x.dims, x.rank);
  expectResults(call, {at.dh0, at.dc0}, {s.B, s.H});
  expectResults(call, {at.dweightIh}, {s.ids ? s.I : rows, s.ids ? rows : s.I});
  expectResults(call, {at.dweightHh}, {rows, s.H});
  expectResults(call, {at.dbiasIh, at.dbiasHh}, {rows});
  return s;
}

RecurrentSizes forwardSizes(const RecurrentCell& cell, const Call& call) { return sizesAtRun(call, cell.forward); }
RecurrentSizes backwardSizes(const RecurrentCell& cell, const Call& call) { return sizesAtRun(call, cell.gradient); }

const TensorView& operandAt(const Call& call, int operand) {
  static const TensorView none;
  return operand < 0 ? none : call.operand(operand);
}

const TensorView& resultAt(const Call& call, int result) {
  static const TensorView none;
  return result < 0 ? none : call.result(result);
}

CellMaps::CellMaps(const RecurrentCell& cell, const RecurrentSizes& s, ScratchLayout& layout) {
  rows = layout.ints(cell.gates * s.Hp);
  if (cell.apart()) groups = layout.ints(cell.gates * s.blocks);
  for (int p = 0; p < cell.productCount; p++) {
    stateRows[p] = cell.productCount == 1 ? rows : layout.ints(cell.products[p].gates * s.Hp);
    if (cell.apart()) stateGroups[p] = layout.ints(cell.products[p].gates * s.blocks);
  }
  if (cell.productCount > 1) middleGroups = layout.ints(s.blocks);
}

void CellMaps::fill(const RecurrentCell& cell, const RecurrentSizes& s) const {
  constexpr int kSlots[] = {0, 1, 2, 3};
  fillRowMap(s, 0, cell.gates, rows);
  if (groups) fillGroupMap(s, kSlots, cell.gates, cell.slots, groups);
  for (int p = 0; p < cell.productCount; p++) {
    const auto [firstGate, gates] = cell.products[p];
    if (stateRows[p] != rows) fillRowMap(s, firstGate, gates, stateRows[p]);
    if (stateGroups[p]) fillGroupMap(s, cell.stateSlots + firstGate, gates, cell.slots, stateGroups[p]);
  }
  if (middleGroups) fillGroupMap(s, &cell.middleSlot, 1, cell.slots, middleGroups);
}

void fillRowMap(const RecurrentSizes& s, int firstGate, int gates, int32_t* map) {
  for (int64_t block = 0; block < s.blocks; block++) {
    for (int gate = firstGate; gate < firstGate + gates; gate++) {
      for (int64_t unit = block * kHiddenBlock; unit < (block + 1) * kHiddenBlock; unit++) {
        *map++ = unit < s.H ? static_cast<int32_t>(gate * s.H + unit) : -1;
      }
    }
  }
}

void copyState(const RecurrentSizes& s, const float* from, float* to, int64_t ldTo) {
  for (int64_t b = 0; b < s.B; b++) {
    float* row = to + b * ldTo;
    const int64_t n = from ? s.H : 0;
    if (n > 0) std::memcpy(row, from + b * s.H, static_cast<size_t>(n) * sizeof(float));
    std::memset(row + n, 0, static_cast<size_t>(s.Hp - n) * sizeof(float));
  }
}

void copyStateBack(const RecurrentSizes& s, const float* from, int64_t ldFrom, float* to) {
  for (int64_t b = 0; b < s.B; b++) {
    std::memcpy(to + b * s.H, from + b * ldFrom, static_cast<size_t>(s.H) * sizeof(float));
  }
}

}  // namespace ostinato
