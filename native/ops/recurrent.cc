#include "ops/recurrent.h"

#include <cstring>
#include <string>

#include "ops/data_checks.h"

namespace ostinato {
namespace {

// Multiply-adds of one step below which another thread costs more than it gains.
constexpr double kWorkPerPart = 40000;
// Rows in all (T*B) from which packing the weights pays.
constexpr int64_t kRowsWorthPacking = 16;
// Rows of one chunk of the input's product.
constexpr int64_t kChunkRows = 512;

int partsFor(const RecurrentSizes& s, int64_t gateRows, int threads) {
  // In doubles: the sizes may not have been checked yet.
  const double work = static_cast<double>(s.B) * static_cast<double>(gateRows) * static_cast<double>(s.H);
  const double most = static_cast<double>(std::min<int64_t>(threads, s.blocks));
  return static_cast<int>(std::clamp(work / kWorkPerPart, 1.0, std::max(1.0, most)));
}

}  // namespace

RecurrentSizes sizesOf(const Call& call, const RecurrentOperands& at, int reverseAttribute) {
  const TensorView& x = call.operand(at.x);
  RecurrentSizes s;
  s.T = x.dims[0];
  s.B = x.dims[1];
  s.ids = x.dtype == DType::i32;
  s.I = s.ids ? call.operand(at.weightIh).dims[0] : x.dims[2];
  s.H = call.operand(at.h0).dims[1];
  s.Hp = paddedHidden(s.H);
  s.blocks = hiddenBlocks(s.H);
  s.reverse = call.integer(reverseAttribute) != 0;
  s.precision = call.precision;
  s.parts = partsFor(s, call.operand(at.weightHh).dims[0], call.pool.threads());
  return s;
}

RecurrentSizes checkedSizes(const char* op, const Call& call, const RecurrentOperands& at, int gates,
                            int reverseAttribute) {
  expectInteger(op, call, reverseAttribute, 0, 1);
  const bool ids = call.operand(at.x).dtype == DType::i32;
  expectOperand(op, call, at.x, ids ? DType::i32 : DType::f32, ids ? 2 : 3);
  expectOperand(op, call, at.h0, DType::f32, 2);
  expectOperand(op, call, at.weightHh, DType::f32, 2);
  const RecurrentSizes s = sizesOf(call, at, reverseAttribute);
  const int64_t rows = gates * s.H;
  const int64_t state[] = {s.B, s.H}, stateWeight[] = {rows, s.H};
  const int64_t inputWeight[] = {ids ? s.I : rows, ids ? rows : s.I};
  expectShape(op, call, at.h0, DType::f32, state, 2);
  expectShape(op, call, at.weightIh, DType::f32, inputWeight, 2);
  expectShape(op, call, at.weightHh, DType::f32, stateWeight, 2);
  if (at.biasIh >= 0) expectShape(op, call, at.biasIh, DType::f32, &rows, 1, true);
  if (at.biasHh >= 0) expectShape(op, call, at.biasHh, DType::f32, &rows, 1, true);
  expectShape(op, call, at.lengths, DType::i32, &s.B, 1, true);
  return s;
}

void expectSteps(const char* op, const Call& call, const RecurrentSizes& s, int operand, bool optional) {
  const int64_t dims[] = {s.T, s.B, s.H};
  expectShape(op, call, operand, DType::f32, dims, 3, optional);
}

void expectState(const char* op, const Call& call, const RecurrentSizes& s, int operand, bool optional) {
  const int64_t dims[] = {s.B, s.H};
  expectShape(op, call, operand, DType::f32, dims, 2, optional);
}

void expectStepsResult(const char* op, const Call& call, const RecurrentSizes& s, int result) {
  expectSavedResult(op, call, s, result, s.H);
}

void expectStateResult(const char* op, const Call& call, const RecurrentSizes& s, int result) {
  const int64_t dims[] = {s.B, s.H};
  expectResult(op, call, result, DType::f32, dims, 2);
}

void expectSaved(const char* op, const Call& call, const RecurrentSizes& s, int operand, int64_t width) {
  const int64_t dims[] = {s.T, s.B, width};
  expectShape(op, call, operand, DType::f32, dims, 3);
}

void expectSavedResult(const char* op, const Call& call, const RecurrentSizes& s, int result, int64_t width) {
  const int64_t dims[] = {s.T, s.B, width};
  expectResult(op, call, result, DType::f32, dims, 3);
}

void expectGradients(const char* op, const Call& call, const RecurrentSizes& s, int gates, int dx, int dh0,
                     int dweight) {
  const int64_t x[] = {s.T, s.B, s.I}, rows = gates * s.H, stateWeight[] = {rows, s.H};
  const int64_t inputWeight[] = {s.ids ? s.I : rows, s.ids ? rows : s.I};
  expectResult(op, call, dx, s.ids ? DType::i32 : DType::f32, x, s.ids ? 2 : 3);
  expectStateResult(op, call, s, dh0);
  expectResult(op, call, dweight, DType::f32, inputWeight, 2);
  expectResult(op, call, dweight + 1, DType::f32, stateWeight, 2);
}

void checkIds(const Call& call, const RecurrentSizes& s, const RecurrentOperands& at) {
  if (s.ids) expectIds(call.operand(at.x), s.I);
}

const int32_t* checkedLengths(const Call& call, const RecurrentSizes& s, int operand) {
  return checkedLengths(call.operand(operand), s.T, "the number of steps of x");
}

void fillRowMap(const RecurrentSizes& s, const int* gateOrder, int gates, int32_t* map) {
  for (int64_t block = 0; block < s.blocks; block++) {
    for (int i = 0; i < gates; i++) {
      for (int64_t v = 0; v < kHiddenBlock; v++) {
        const int64_t unit = block * kHiddenBlock + v;
        *map++ = unit < s.H ? static_cast<int32_t>(gateOrder[i] * s.H + unit) : -1;
      }
    }
  }
}

void fillGroupMap(const RecurrentSizes& s, const int* slotOf, int gates, int slots, int32_t* map) {
  for (int64_t block = 0; block < s.blocks; block++) {
    for (int i = 0; i < gates; i++) *map++ = static_cast<int32_t>((block * slots + slotOf[i]) * kHiddenBlock);
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

void addBiases(const float* ih, const float* hh, const int32_t* map, int64_t n, float* to) {
  for (int64_t i = 0; i < n; i++) {
    to[i] = map[i] < 0 ? 0.0f : (ih ? ih[map[i]] : 0.0f) + (hh ? hh[map[i]] : 0.0f);
  }
}

void scatterBias(const float* from, const int32_t* map, int64_t n, float* to) {
  for (int64_t i = 0; i < n; i++) {
    if (map[i] >= 0) to[map[i]] = from[i];
  }
}

RecurrentProduct forwardProduct(const RecurrentSizes& s, const TensorView& weight, int64_t K, int64_t columnsPerBlock,
                                const int32_t* bRows, const int32_t* cGroups, int64_t mostRows) {
  RecurrentProduct product{{}, s.blocks, columnsPerBlock, s.parts, mostRows};
  product.weights.N = bRows ? s.blocks * columnsPerBlock : s.H;
  product.weights.K = K;
  product.weights.b = weight.f32();
  product.weights.ldb = K;
  product.weights.transposeB = true;
  product.weights.compact = weight.compactRows();
  product.weights.maps.bRows = bRows;
  product.weights.maps.cGroups = cGroups;
  product.packs = s.T * s.B >= kRowsWorthPacking;
  product.weights.precision = product.packs ? s.precision : Precision::highest;
  return product;
}

RecurrentProduct backwardProduct(const RecurrentSizes& s, const float* weight, int64_t K, const int32_t* bRows) {
  RecurrentProduct product{{}, s.blocks, kHiddenBlock, s.parts, s.B};
  product.weights.N = s.H;
  product.weights.K = K;
  product.weights.b = weight;
  product.weights.ldb = s.H;
  product.weights.maps.bRows = bRows;
  product.weights.precision = s.precision;
  return product;
}

void place(RecurrentProduct& product, ScratchLayout& layout) {
  if (!product.packs) return;
  product.packed = layout.floats(product.packedFloats());
  product.scratch = layout.floats(product.scratchFloats());
}

StepRows stepRows(const RecurrentSizes& s, const RecurrentProduct& product, int64_t ld, ScratchLayout& layout) {
  StepRows rows{layout.floats(s.B * ld), ld, nullptr};
  const int64_t tiles = product.tileFloats();
  if (tiles > 0) rows.tiles = static_cast<uint16_t*>(layout.bytes(static_cast<size_t>(tiles) * sizeof(float)));
  return rows;
}

void clearTiles(const RecurrentProduct& product, const StepRows& rows) {
  if (rows.tiles) std::memset(rows.tiles, 0, static_cast<size_t>(product.tileFloats()) * sizeof(float));
}

void stageAll(const RecurrentProduct& product, const StepRows& rows) {
  for (int part = 0; part < product.parts; part++) product.stage(part, rows);
}

int64_t stepsPerChunk(const RecurrentSizes& s) { return std::clamp<int64_t>(kChunkRows / s.B, 1, s.T); }

ChunkPlace placeInChunk(const RecurrentSizes& s, int64_t step, int64_t chunk) {
  const int64_t t = s.timeOf(step), place = step % chunk;
  const int64_t steps = std::min(chunk, s.T - (step - place));
  return {t, s.reverse ? t + place - (steps - 1) : t - place, steps, place == 0};
}

InputProduct::InputProduct(const RecurrentSizes& s, const TensorView& x, const TensorView& weight,
                           int64_t columnsPerBlock, const int32_t* rows, const int32_t* groups, int64_t chunk,
                           ScratchLayout& layout)
    : s_(s), x_(x), weight_(weight), gates_(columnsPerBlock / kHiddenBlock), rows_(rows), groups_(groups) {
  if (s.ids) return;
  product_ = forwardProduct(s, weight, s.I, columnsPerBlock, rows, groups, chunk * s.B);
  place(product_, layout);
}

void InputProduct::pack(int part) const {
  if (!s_.ids) product_.pack(part);
}

void InputProduct::prepare(const ChunkPlace& chunk, ThreadPool& pool) const {
  if (s_.ids || !product_.sharesRows()) return;
  pool.parallel(s_.parts, [&](int part) {
    product_.packRows(part, x_.f32() + chunk.firstTime * s_.B * s_.I, s_.I, chunk.steps * s_.B);
  });
}

namespace {

// Calls visit(column, row, units) for the gates of a part's own units: up to 16 of them at `column` of a row of gates,
// and at `row` of the weights.
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

}  // namespace

void InputProduct::compute(int part, const ChunkPlace& chunk, float* gates, int64_t ld) const {
  const int64_t first = chunk.firstTime * s_.B, n = chunk.steps * s_.B;
  if (!s_.ids) {
    product_.multiply(part, x_.f32() + first * s_.I, s_.I, n, gates, ld, false);
    return;
  }
  const int64_t width = weight_.dims[1];
  for (int64_t i = 0; i < n; i++, gates += ld) {
    const float* row = weight_.f32() + x_.i32()[first + i] * width;
    forOwnGates(s_, part, gates_, groups_, rows_, [&](int64_t column, int64_t at, int64_t units) {
      float* to = gates + column;
      if (units == kHiddenBlock) {
        std::memcpy(to, row + at, kHiddenBlock * sizeof(float));
        return;
      }
      std::memcpy(to, row + at, static_cast<size_t>(units) * sizeof(float));
      // Rows without a map have no room past H.
      if (rows_) std::memset(to + units, 0, static_cast<size_t>(kHiddenBlock - units) * sizeof(float));
    });
  }
}

namespace {

// The gradients of each row's first step, which h0 belongs to, and of all other steps, which follow a y.
Gemm firstStepProduct(const RecurrentSizes& s, const StateWeightGradient& w) {
  Gemm g;
  g.M = w.M;
  g.N = s.H;
  g.K = s.B;
  g.a = w.gradient;
  g.lda = w.ld;
  g.transposeA = true;
  g.b = w.h0;
  g.ldb = s.H;
  g.c = w.dweight;
  g.ldc = s.H;
  g.precision = s.precision;
  g.maps.aGroups = w.aGroups;
  g.maps.cRows = w.cRows;
  return g;
}

Gemm otherStepsProduct(const RecurrentSizes& s, const StateWeightGradient& w) {
  Gemm g = firstStepProduct(s, w);
  g.K = (s.T - 1) * s.B;
  g.b = w.y;
  g.accumulate = true;
  return g;
}

}  // namespace

size_t stateWeightGradientScratch(const RecurrentSizes& s, const StateWeightGradient& w, int threads) {
  return std::max(gemmScratchBytes(firstStepProduct(s, w), threads),
                  gemmScratchBytes(otherStepsProduct(s, w), threads));
}

void stateWeightGradient(const RecurrentSizes& s, const StateWeightGradient& w, void* scratch, ThreadPool& pool) {
  Gemm first = firstStepProduct(s, w);
  first.a = w.gradient + s.timeOf(0) * s.B * w.ld;
  if (s.reverse && w.lengths) {
    for (int64_t b = 0; b < s.B; b++) {
      float* row = w.first + b * w.ld;
      const size_t bytes = static_cast<size_t>(w.ld) * sizeof(float);
      if (w.lengths[b] == 0) {
        std::memset(row, 0, bytes);
      } else {
        std::memcpy(row, w.gradient + ((w.lengths[b] - 1) * s.B + b) * w.ld, bytes);
      }
    }
    first.a = w.first;
  }
  gemm(first, scratch, pool);
  if (s.T == 1) return;
  Gemm others = otherStepsProduct(s, w);
  if (s.reverse) {
    others.b += s.B * s.H;
  } else {
    others.a += s.B * w.ld;
  }
  gemm(others, scratch, pool);
}

Gemm inputWeightGradient(const RecurrentSizes& s, const float* gradient, int64_t ld, int64_t M, const int32_t* aGroups,
                         const int32_t* cRows, const float* x, float* dweight) {
  Gemm g;
  g.M = M;
  g.N = s.I;
  g.K = s.T * s.B;
  g.a = gradient;
  g.lda = ld;
  g.transposeA = true;
  g.b = x;
  g.ldb = s.I;
  g.c = dweight;
  g.ldc = s.I;
  g.precision = s.precision;
  g.maps.aGroups = aGroups;
  g.maps.cRows = cRows;
  return g;
}

void InputGradient::clearTable() const {
  if (s.ids) std::memset(dweight.data, 0, static_cast<size_t>(dweight.elements()) * sizeof(float));
}

void InputGradient::addToTable(int part, int64_t t, const float* gradient, int64_t ld) const {
  if (!s.ids) return;
  const int64_t width = dweight.dims[1];
  for (int64_t b = 0; b < s.B; b++, gradient += ld) {
    float* row = dweight.mutableF32() + x.i32()[t * s.B + b] * width;
    forOwnGates(s, part, gates, groups, rows, [&](int64_t column, int64_t at, int64_t units) {
      const float* from = gradient + column;
      float* to = row + at;
      // A number of times that is known becomes vectors.
      if (units == kHiddenBlock) {
        for (int64_t i = 0; i < kHiddenBlock; i++) to[i] += from[i];
      } else {
        for (int64_t i = 0; i < units; i++) to[i] += from[i];
      }
    });
  }
}

Gemm InputGradient::weightProduct(const float* gradient, int64_t ld) const {
  return inputWeightGradient(s, gradient, ld, gates * s.Hp, groups, rows, x.f32(), dweight.mutableF32());
}

Gemm InputGradient::inputProduct(const float* gradient, int64_t ld) const {
  Gemm g;
  g.M = s.T * s.B;
  g.N = s.I;
  g.K = gates * s.Hp;
  g.a = gradient;
  g.lda = ld;
  g.b = weight.f32();
  g.ldb = s.I;
  g.c = dx.mutableF32();
  g.ldc = s.I;
  g.precision = s.precision;
  g.maps.aGroups = groups;
  g.maps.bRows = rows;
  return g;
}

size_t InputGradient::scratchBytes(const float* gradient, int64_t ld, int threads) const {
  if (s.ids) return 0;
  return std::max(gemmScratchBytes(weightProduct(gradient, ld), threads),
                  gemmScratchBytes(inputProduct(gradient, ld), threads));
}

void InputGradient::multiply(const float* gradient, int64_t ld, void* scratch, ThreadPool& pool) const {
  if (s.ids) return;
  gemm(weightProduct(gradient, ld), scratch, pool);
  if (dx.data) gemm(inputProduct(gradient, ld), scratch, pool);
}

}  // namespace ostinato
