// Products by a matrix that stays the same while a loop runs, as weights do: packed in its first step, multiplied by in
// all.
#pragma once

#include "ops/operation.h"
#include "products/gemm.h"

namespace ostinato {

// Bytes of what is kept of b; 0 where it does not pay to keep it.
size_t keptProductBytes(const Gemm& product, const ThreadPool& pool);

// Bytes of scratch for keptProduct().
size_t keptProductScratchBytes(const Gemm& product, const ThreadPool& pool);

// The same as gemm(); `kept` is made if it is not.
void keptProduct(const Gemm& product, Kept& kept, void* scratch, ThreadPool& pool);

}  // namespace ostinato
