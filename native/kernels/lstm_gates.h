// The arithmetic of one LSTM step around its product (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).
//
//   i,f,o = σ(a)   g = tanh(a)   c = f ⊙ c_prev + i ⊙ g   h = o ⊙ tanh(c)
//
// Buffers of gates lie in blocks of 16 hidden units: [rows, blocks, 4 gates i,f,g,o, 16 units], 4*Hp floats a row,
// where Hp is H rounded up to 16. Units past H exist there and hold values that nothing reads. Cells are [rows,
// Hp]. A call handles the blocks [begin,end) of all B rows; calls for disjoint blocks may run at the same time.
//
// Rows whose length is at most t are padding: their state is carried, y is 0 and no gradient flows.
// Error: that of the functions (kernels/vector_math-inl.h) and one rounding for each other operation; over whole
// layers: docs/numerics.md (test/native/lstm_test.cc).
#pragma once

#include <cstdint>

namespace ostinato {

struct LstmForward {
  int64_t B, H, begin, end;
  int64_t t;
  const int32_t* lengths;  // [B], or null: no padding
  const float* bias;       // [4 Hp] in blocks as above
  float* gates;            // [B,4 Hp]  in: a without bias.  out, if keepGates: i,f,g,o
  bool keepGates;
  const float* cPrev;  // [B,Hp]
  float* c;            // [B,Hp]  may be cPrev
  const float* hPrev;  // [B,ldh]  read for padding only
  float* h;            // [B,ldh]  not hPrev
  int64_t ldh;
  float* y;  // [B,H]
};

struct LstmBackward {
  int64_t B, H, begin, end;
  int64_t t;
  const int32_t* lengths;
  float* gates;  // [B,4 Hp]  in: i,f,g,o.  out, with keepGradient: gradients of the pre-activations a
  bool keepGradient;
  float* staged;  // [B,ldStaged] out: the same gradients, where the next product reads them
  int64_t ldStaged;
  const float* c;      // [B,Hp]
  const float* cPrev;  // [B,Hp]
  const float* dy;     // [B,H] or null
  float* dh;           // [B,ldh]  in: gradient of h from later steps.  out: 0, or unchanged for padding
  int64_t ldh;
  float* dc;     // [B,Hp]   in: gradient of c from later steps.  out: that of c_prev
  float* dbias;  // [4 Hp]   the gradients are added, summed over B
  float* sums;   // [4 Hp]   scratch: the sums of one step, so that long sums are made of short ones
};

struct LstmGateKernels {
  void (*forward)(const LstmForward& step);
  void (*backward)(const LstmBackward& step);
};

const LstmGateKernels& lstmGateKernels();

}  // namespace ostinato
