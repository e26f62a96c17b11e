// Ids of a table's rows.
#pragma once

#include <string>

#include "runtime/operation.h"

namespace ostinato {

// Ids are data: they are looked at before anything is read or written by them. Throws InputError.
inline void expectIds(const TensorView& ids, int64_t V) {
  const int64_t n = ids.elements();
  for (int64_t i = 0; i < n; i++) {
    const int32_t id = ids.i32()[i];
    if (id >= 0 && id < V) continue;
    throw InputError("id " + std::to_string(id) + " at position " + std::to_string(i) + " is outside the table of " +
                     std::to_string(V) + " rows");
  }
}

}  // namespace ostinato
