// Products by a matrix that stays the same, as weights do while a loop runs or a text is written: packed before it is
// used first, multiplied by often.
#pragma once

#include "ops/operation.h"
#include "products/gemm.h"

namespace ostinato {

// How b is kept; 0 bytes where that does not pay.
KeptForm keptProductForm(const Gemm& product, const ThreadPool& pool);

// Bytes of scratch for keptProduct() and keptProductInBlocks().
size_t keptProductScratchBytes(const Gemm& product, const ThreadPool& pool);

// The same as gemm(); `kept` is made if it is not.
void keptProduct(const Gemm& product, Kept& kept, void* scratch, ThreadPool& pool);

// The same rows of c, but shown to the reader in blocks that stay in L2; c is not written. The values of a row depend
// on no other row.
void keptProductInBlocks(const Gemm& product, Kept& kept, void* scratch, ThreadPool& pool, BlockReader& reader);

}  // namespace ostinato
