// The arithmetic of one step of a cell after its products, for rows whose gates lie one after the other: [B, G H]. For
// whole sequences: kernels/lstm_gates.h and kernels/gru_gates.h, which have the equations. Rows [begin,end) are
// computed; results overlap no operand. No alignment is needed. Error: as there.
#pragma once

#include <cstdint>

namespace ostinato {

struct LstmCellForward {
  int64_t H = 0, begin = 0, end = 0;
  const float* a;  // [B,4H] i, f, g, o before their functions
  const float* c;  // [B,H]
  float* h;        // [B,H]
  float* next;     // [B,H] the new c
  float* gates;    // [B,4H] after their functions, or null
};

struct LstmCellBackward {
  int64_t H = 0, begin = 0, end = 0;
  const float* gates;  // [B,4H]
  const float* c;      // [B,H]
  const float* next;   // [B,H]
  const float* dh;     // [B,H] or null
  const float* dnext;  // [B,H] or null
  float* da;           // [B,4H]
  float* dc;           // [B,H]
};

struct GruCellForward {
  int64_t H = 0, begin = 0, end = 0;
  const float* a;  // [B,3H] the input's product: r, z, n
  const float* p;  // [B,3H] the state's product
  const float* h;  // [B,H]
  float* next;     // [B,H]
  float* gates;    // [B,3H] r, z, n, or null
};

struct GruCellBackward {
  int64_t H = 0, begin = 0, end = 0;
  const float* gates;  // [B,3H]
  const float* p;      // [B,3H]
  const float* h;      // [B,H]
  const float* dnext;  // [B,H]
  float* da;           // [B,3H]
  float* dp;           // [B,3H]
  float* dh;           // [B,H]
};

struct CellKernels {
  void (*lstmForward)(const LstmCellForward& step);
  void (*lstmBackward)(const LstmCellBackward& step);
  void (*gruForward)(const GruCellForward& step);
  void (*gruBackward)(const GruCellBackward& step);
};

const CellKernels& cellKernels();

}  // namespace ostinato
