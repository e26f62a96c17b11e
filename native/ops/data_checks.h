// Checks of values that are data: a program says their shapes, a run brings them. They are looked at before anything is
// read or written by them, and throw InputError.
#pragma once

#include <cstdint>
#include <string>

#include "ops/operation.h"

namespace ostinato {

// Every id must be a row of a table of V.
inline void expectIds(const TensorView& ids, int64_t V) {
  const int64_t n = ids.elements();
  for (int64_t i = 0; i < n; i++) {
    const int32_t id = ids.i32()[i];
    if (id >= 0 && id < V) continue;
    throw InputError("id " + std::to_string(id) + " at position " + std::to_string(i) + " is outside the table of " +
                     std::to_string(V) + " rows");
  }
}

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

// The lengths, each in 0..most, or null if the operand is absent. `what` says what there are `most` of.
inline const int32_t* checkedLengths(const TensorView& lengths, int64_t most, const char* what) {
  if (!lengths.present) return nullptr;
  const int64_t n = lengths.elements();
  for (int64_t b = 0; b < n; b++) {
    const int32_t length = lengths.i32()[b];
    if (length >= 0 && length <= most) continue;
    throw InputError("lengths[" + std::to_string(b) + "] is " + std::to_string(length) + ", expected 0 to " +
                     std::to_string(most) + ", " + what);
  }
  return lengths.i32();
}

}  // namespace ostinato
