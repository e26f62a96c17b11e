#include "ops/recurrent_products.h"

#include <algorithm>
#include <cstring>

#include "base/thread_pool.h"

namespace ostinato {
namespace {

// Rows in all (T*B) from which packing the weights pays.
constexpr int64_t kRowsWorthPacking = 16;
// Rows of one chunk of the input's product.
constexpr int64_t kChunkRows = 512;

}  // namespace

RecurrentProduct forwardProduct(const RecurrentSizes& s, const TensorView& weight, int64_t K, int64_t columnsPerBlock,
                                const int32_t* bRows, const int32_t* cGroups, int64_t mostRows) {
  const bool packs = s.T * s.B >= kRowsWorthPacking;
  return {.weights = {.N = bRows ? s.blocks * columnsPerBlock : s.H,
                      .K = K,
                      .b = weight.f32(),
                      .ldb = K,
                      .transposeB = true,
                      .compact = weight.compactRows(),
                      .maps = {.bRows = bRows, .cGroups = cGroups},
                      .precision = packs ? s.precision : Precision::highest},
          .blocks = s.blocks,
          .columnsPerBlock = columnsPerBlock,
          .parts = s.parts,
          .mostRows = mostRows,
          .packs = packs};
}

RecurrentProduct backwardProduct(const RecurrentSizes& s, const float* weight, int64_t K, const int32_t* bRows) {
  return {.weights = {.N = s.H, .K = K, .b = weight, .ldb = s.H, .maps = {.bRows = bRows}, .precision = s.precision},
          .blocks = s.blocks,
          .columnsPerBlock = kHiddenBlock,
          .parts = s.parts,
          .mostRows = s.B};
}

void place(RecurrentProduct& product, ScratchLayout& layout, float* packed) {
  if (!product.packs) return;
  product.packed = packed ? packed : layout.floats(product.packedFloats());
  product.scratch = layout.floats(product.scratchFloats());
}

int64_t keptFloats(const RecurrentProduct& product) { return roundUp(product.packedFloats(), 16); }

KeptForm keptForm(const RecurrentProduct* products, int count, const void* order) {
  const RecurrentProduct& first = products[0];
  if (!first.packs) return {};
  KeptForm form{.layout = &first.packing(),
                .order = order,
                .parts = first.parts,
                .transposed = first.weights.transposeB,
                .rows = first.weights.K,
                .columns = first.weights.N};
  for (int p = 0; p < count; p++) form.bytes += static_cast<size_t>(keptFloats(products[p])) * sizeof(float);
  return form;
}

StepRows stepRows(const RecurrentSizes& s, const RecurrentProduct& product, int64_t ld, ScratchLayout& layout) {
  StepRows rows{layout.floats(s.B * ld), ld, nullptr};
  const int64_t tiles = product.tileFloats();
  if (tiles > 0) rows.tiles = layout.bytes(static_cast<size_t>(tiles) * sizeof(float));
  return rows;
}

void clearTiles(const RecurrentProduct& product, const StepRows& rows) {
  if (rows.tiles) std::memset(rows.tiles, 0, static_cast<size_t>(product.tileFloats()) * sizeof(float));
}

int64_t stepsPerChunk(const RecurrentSizes& s) { return std::clamp<int64_t>(kChunkRows / s.B, 1, s.T); }

ChunkPlace placeInChunk(const RecurrentSizes& s, int64_t step, int64_t chunk) {
  const int64_t t = s.timeOf(step), place = step % chunk;
  const int64_t steps = std::min(chunk, s.T - (step - place));
  return {t, s.reverse ? t + place - (steps - 1) : t - place, steps, place == 0};
}

InputProduct::InputProduct(const RecurrentSizes& s, const TensorView& x, const TensorView& weight, int gates,
                           const int32_t* rows, const int32_t* groups, int64_t chunk, ScratchLayout& layout,
                           float* packed)
    : s_(s), x_(x), weight_(weight), gates_(gates), rows_(rows), groups_(groups) {
  if (s.ids) return;
  product_ = forwardProduct(s, weight, s.I, gates * kHiddenBlock, rows, groups, chunk * s.B);
  place(product_, layout, packed);
}

void InputProduct::pack(int part) const {
  if (!s_.ids) product_.pack(part);
}

void InputProduct::prepare(const ChunkPlace& chunk, ThreadPool& pool) const {
  if (s_.ids || !product_.packing().sharesRows) return;
  pool.parallel(s_.parts, [&](int part) {
    product_.packRows(part, x_.f32() + chunk.firstTime * s_.B * s_.I, s_.I, chunk.steps * s_.B);
  });
}

void InputProduct::compute(int part, const ChunkPlace& chunk, float* to, int64_t ld) const {
  const int64_t first = chunk.firstTime * s_.B, n = chunk.steps * s_.B;
  if (!s_.ids) {
    product_.multiply(part, x_.f32() + first * s_.I, s_.I, n, to, ld, false);
    return;
  }
  const int64_t width = weight_.dims[1];
  for (int64_t i = 0; i < n; i++, to += ld) {
    const float* row = weight_.f32() + x_.i32()[first + i] * width;
    forOwnGates(s_, part, gates_, groups_, rows_, [&](int64_t column, int64_t at, int64_t units) {
      float* own = to + column;
      if (units == kHiddenBlock) {
        std::memcpy(own, row + at, kHiddenBlock * sizeof(float));
        return;
      }
      std::memcpy(own, row + at, static_cast<size_t>(units) * sizeof(float));
      // Rows without a map have no room past H.
      if (rows_) std::memset(own + units, 0, static_cast<size_t>(kHiddenBlock - units) * sizeof(float));
    });
  }
}

}  // namespace ostinato
