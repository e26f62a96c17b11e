// Products cut into parts for the threads and into blocks for the caches (Goto & van de Geijn 2008, "Anatomy of
// high-performance matrix multiplication"; Van Zee & van de Geijn 2015).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/thread_pool.h"
#include "products/gemm.h"
#include "products/packing.h"

namespace ostinato {

// The grid of parts that C is cut into, one part a thread.
struct Split {
  int64_t rows, columns;  // of one part
  int rowParts, columnParts;
  int parts() const { return rowParts * columnParts; }
};

// Parts of whole units. packingCost: what packing an element costs, in multiply-adds.
Split splitFor(const Gemm& product, int threads, int64_t rowUnit, int64_t columnUnit, double packingCost = 12);

// Rows [m0,m0+m) and columns [n0,n0+n) of C.
struct Part {
  int number;
  int64_t m0, m, n0, n;
};

template <class F>
void forParts(const Gemm& g, const Split& split, ThreadPool& pool, const F& f) {
  pool.parallel(split.parts(), [&](int number) {
    const int64_t m0 = number / split.columnParts * split.rows, n0 = number % split.columnParts * split.columns;
    f(Part{number, m0, std::min(split.rows, g.M - m0), n0, std::min(split.columns, g.N - n0)});
  });
}

// Scratch for blockedProduct().
size_t blockedProductBytes(const Packing& packing, const Gemm& product, int threads);

// C block by block, each of packed operands.
void blockedProduct(const Packing& packing, const Gemm& product, void* scratch, ThreadPool& pool);

}  // namespace ostinato
