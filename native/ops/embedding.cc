// Rows of a table, and the gradient of the table: whole, or the rows that were used.
#include <algorithm>
#include <cstring>

#include "kernels/elementwise.h"
#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

void expectRows(const Call& call, const TensorView& ids, const TensorView& rows, int64_t E) {
  bool fits = rows.present && rows.dtype == DType::f32 && rows.rank == ids.rank + 1 && rows.last() == E;
  for (int i = 0; fits && i < ids.rank; i++) fits = rows.dims[i] == ids.dims[i];
  if (!fits) refuse(call, "rows of shape " + shapeText(rows) + " do not fit ids of shape " + shapeText(ids));
}

size_t checkEmbedding(const Call& call) {
  expectOperand(call, embedding::weight, DType::f32, 2);
  expectOperand(call, embedding::ids, DType::i32);
  expectRows(call, call.operand(embedding::ids), call.result(embedding::y), call.operand(embedding::weight).dims[1]);
  return 0;
}

void runEmbedding(const Call& call) {
  const TensorView& table = call.operand(embedding::weight);
  const TensorView& ids = call.operand(embedding::ids);
  const int64_t E = table.dims[1];
  expectIds(ids, table.dims[0]);
  float* y = call.result(embedding::y).mutableF32();
  forRanges(call.pool, ids.elements(), E, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      std::memcpy(y + i * E, table.f32() + ids.i32()[i] * E, static_cast<size_t>(E) * sizeof(float));
    }
  });
}

size_t checkEmbeddingGradient(const Call& call) {
  expectOperand(call, embeddingGradient::ids, DType::i32);
  const int64_t V = expectInteger(call, embeddingGradient::V, 1, INT32_MAX);
  expectOperand(call, embeddingGradient::dy, DType::f32);
  const int64_t E = call.operand(embeddingGradient::dy).last();
  expectRows(call, call.operand(embeddingGradient::ids), call.operand(embeddingGradient::dy), E);
  const int64_t dims[] = {V, E};
  expectResult(call, embeddingGradient::dweight, DType::f32, dims, 2);
  return 0;
}

// Parts own columns: every row of the table is then summed in the order of the ids, whatever the number of threads.
void runEmbeddingGradient(const Call& call) {
  const TensorView& ids = call.operand(embeddingGradient::ids);
  const TensorView& dy = call.operand(embeddingGradient::dy);
  const TensorView& table = call.result(embeddingGradient::dweight);
  const int64_t V = table.dims[0], E = table.dims[1], n = ids.elements();
  expectIds(ids, V);
  const int64_t units = (E + 15) / 16;
  const int parts = static_cast<int>(std::min<int64_t>(partsFor(call.pool, V + n, E), units));
  call.pool.parallel(parts, [&](int part) {
    const int64_t begin = units * part / parts * 16;
    const int64_t width = std::min(E, units * (part + 1) / parts * 16) - begin;
    if (parts == 1) {
      std::memset(table.mutableF32(), 0, static_cast<size_t>(V * E) * sizeof(float));
    } else {
      for (int64_t v = 0; v < V; v++) {
        std::memset(table.mutableF32() + v * E + begin, 0, static_cast<size_t>(width) * sizeof(float));
      }
    }
    for (int64_t i = 0; i < n; i++) {
      float* row = table.mutableF32() + ids.i32()[i] * E + begin;
      elementwiseKernels().add(row, dy.f32() + i * E + begin, row, width);
    }
  });
}

// ---- sumRows ----

size_t checkSumRows(const Call& call) {
  expectOperand(call, sumRows::ids, DType::i32);
  const int64_t V = expectInteger(call, sumRows::V, 1, INT32_MAX);
  expectOperand(call, sumRows::rows, DType::f32);
  const int64_t n = call.operand(sumRows::ids).elements(), E = call.operand(sumRows::rows).last();
  expectRows(call, call.operand(sumRows::ids), call.operand(sumRows::rows), E);
  const int64_t dims[] = {n, E};
  expectResult(call, sumRows::unique, DType::i32, &n, 1);
  expectResult(call, sumRows::sums, DType::f32, dims, 2);
  return static_cast<size_t>(V + n) * sizeof(int32_t);
}

// Parts own columns, as above.
void runSumRows(const Call& call) {
  const TensorView& ids = call.operand(sumRows::ids);
  const TensorView& rows = call.operand(sumRows::rows);
  const int64_t V = static_cast<int64_t>(call.attributes[sumRows::V]), n = ids.elements(), E = rows.last();
  expectIds(ids, V);
  int32_t* slotOfId = static_cast<int32_t*>(call.scratch);
  int32_t* slots = slotOfId + V;  // of each row
  int32_t* unique = static_cast<int32_t*>(call.result(sumRows::unique).data);
  std::fill(slotOfId, slotOfId + V, -1);
  int32_t used = 0;
  for (int64_t i = 0; i < n; i++) {
    int32_t& slot = slotOfId[ids.i32()[i]];
    if (slot < 0) {
      slot = used;
      unique[used++] = ids.i32()[i];
    }
    slots[i] = slot;
  }
  std::fill(unique + used, unique + n, -1);
  const int64_t units = (E + 15) / 16;
  const int parts = static_cast<int>(std::min<int64_t>(partsFor(call.pool, n, E), units));
  call.pool.parallel(parts, [&](int part) {
    const int64_t begin = units * part / parts * 16;
    const int64_t width = std::min(E, units * (part + 1) / parts * 16) - begin;
    float* sums = call.result(sumRows::sums).mutableF32() + begin;
    for (int64_t row = 0; row < n; row++) std::memset(sums + row * E, 0, static_cast<size_t>(width) * sizeof(float));
    for (int64_t i = 0; i < n; i++) {
      float* sum = sums + slots[i] * E;
      elementwiseKernels().add(sum, rows.f32() + i * E + begin, sum, width);
    }
  });
}

}  // namespace

const Implementation ops::embedding::implementation = {checkEmbedding, runEmbedding};
const Implementation ops::embeddingGradient::implementation = {checkEmbeddingGradient, runEmbeddingGradient};
const Implementation ops::sumRows::implementation = {checkSumRows, runSumRows};

}  // namespace ostinato
