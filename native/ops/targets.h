// Checks of target ids, which are data.
#pragma once

#include <string>

#include "runtime/operation.h"

namespace ostinato {

// Every id must be in -1..V-1; -1 stands for "none".
inline void expectTargets(const TensorView& targets, int64_t V) {
  const int64_t n = targets.elements();
  for (int64_t i = 0; i < n; i++) {
    const int32_t id = targets.i32()[i];
    if (id >= -1 && id < V) continue;
    throw InputError("target " + std::to_string(id) + " at position " + std::to_string(i) +
                     " is neither -1 nor one of the " + std::to_string(V) + " classes");
  }
}

}  // namespace ostinato
