// One step of a recurrence that is linear in its state and mixes no units, and one step back:
//
//   h_t = a_t ⊙ h_{t-1} + b_t
//   g_t = dy_t + a_{t+1} ⊙ g_{t+1}   db_t = g_t   da_t = g_t ⊙ h_{t-1}
//
// Units lie one after the other; n of them; no alignment is needed. Nothing overlaps, except that `before` of a step
// back may be read by others. Each step reads and writes every value once: memory is the limit. Error: one rounding a
// step where the CPU multiplies and adds in one instruction, else two (test/native/vector_scan_test.cc).
#pragma once

#include <cstdint>

namespace ostinato {

struct VectorScanBack {
  const float* a;
  const float* before;  // h_{t-1}; not read where da is null
  const float* dy;      // null: zeros
  float* g;             // in: a_{t+1} ⊙ g_{t+1}; out: a_t ⊙ g_t
  float* da;            // null: not wanted
  float* db;            // null: not wanted
};

struct VectorScanKernels {
  // h: the state, in and out; y: the state after the step, out
  void (*step)(const float* a, const float* b, float* h, float* y, int64_t n);
  void (*back)(const VectorScanBack& step, int64_t n);
};

const VectorScanKernels& vectorScanKernels();

}  // namespace ostinato
