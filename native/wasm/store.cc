// The counterpart of binding/store_object.cc.
#include "runtime/store.h"

#include "kernels/compact_weights.h"
#include "wasm/exports.h"
#include "wasm/failure.h"
#include "wasm/handles.h"

namespace ostinato {

OSTINATO_EXPORT(storeCreate) StoreHandle* storeCreate() {
  return guarded("a store", static_cast<StoreHandle*>(nullptr),
                 [] { return new StoreHandle(std::make_shared<Store>()); });
}

OSTINATO_EXPORT(storeRelease) void storeRelease(StoreHandle* store) { delete store; }

// The variable's index, or -1.
OSTINATO_EXPORT(storeDeclare) int32_t storeDeclare(StoreHandle* store, int32_t dtype, double elements) {
  return guarded("a variable", -1, [&] {
    if (elements > static_cast<double>(Store::kMaxElements)) throw std::bad_alloc();
    return static_cast<int32_t>((*store)->declare(static_cast<DType>(dtype), static_cast<int64_t>(elements)));
  });
}

// Where the values lie. For whoever reads them, or is about to write them.
OSTINATO_EXPORT(storeAddress) const void* storeAddress(StoreHandle* store, uint32_t index, int32_t writes) {
  const Store::Variable& variable = (*store)->variable(index);
  if (writes) variable.copies->clear();
  return variable.data();
}

// Whether it could be done.
OSTINATO_EXPORT(storeCompact) int32_t storeCompact(StoreHandle* store, uint32_t index, int32_t rows, int32_t type) {
  return guarded("compact weights", 0, [&] {
    const Store::Variable& variable = (*store)->variable(index);
    float* values = static_cast<float*>(variable.data());
    const bool fits =
        compactWeights(values, rows, variable.elements / rows, static_cast<WeightType>(type), variable.copies->compact);
    if (!fits) throw std::invalid_argument("a weight is not finite");
    variable.copies->forgetKept();
    return 1;
  });
}

}  // namespace ostinato
