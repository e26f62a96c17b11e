// One step of a fused cell around its products with weight_hh, as its gate kernels see it.
//
// Rows of gates lie in blocks of 16 hidden units: [blocks, slots, 16 units], slots*Hp floats a row, where Hp is H
// rounded up to 16 and a cell says what its slots are. Units past H exist there and hold values that nothing reads.
// Cells are [rows, Hp]. A kernel handles the blocks [begin,end) of all B rows; calls for disjoint blocks may run at the
// same time.
//
// Rows whose length is at most t are padding: their state is carried, y is 0 and no gradient flows.
// Error: that of the functions (kernels/vector_math-inl.h) and one rounding for each other operation; over whole
// layers: docs/numerics.md (test/native/{lstm,gru,rnn}_test.cc).
#pragma once

#include <cstdint>

namespace ostinato {

struct RecurrentForward {
  int64_t B, H, begin, end;
  int64_t t;
  const int32_t* lengths;  // [B], or null: no padding
  const float* bias;       // [slots Hp]
  float* gates;            // [B,slots Hp]  in: the products of the input, without bias.  out: what the cell saves
  bool keepGates;          // false: nobody reads them
  const float* product;    // [B,gates Hp] of this kernel's product alone, where it is not added to `gates`
  const float* cPrev;      // [B,Hp]
  float* c;                // [B,Hp]  may be cPrev
  const float* hPrev;      // [B,ldh]
  float* h;                // [B,ldh]  not hPrev
  int64_t ldh;
  float* middle;  // [B,ldh]  what the second product reads, made by the kernel of the first
  float* y;       // [B,H]
};

struct RecurrentBackward {
  int64_t B, H, begin, end;
  int64_t t;
  const int32_t* lengths;
  const float* gates;  // [B,slots Hp] what forward saved
  float* gradient;     // [B,ldGradient]  out: gradients of the slots; may be `gates`; null where `staged` holds all
  int64_t ldGradient;
  float* staged;  // [B,ldStaged]  out: those of the first product's gates, where the product for h_prev reads them
  int64_t ldStaged;
  float* middle;         // [B,ldh]  out: those of the second product's gates, where the product for dmiddle reads them
  const float* dmiddle;  // [B,ldh]  in: gradient of forward's `middle`
  const float* c;        // [B,Hp]
  const float* cPrev;    // [B,Hp]
  const float* y;        // [B,H]
  const float* hPrev;    // [B,H]
  const float* h0;       // [B,H]  h_prev instead for rows of length t+1, if startsAtLength (reverse with lengths)
  bool startsAtLength;
  const float* dy;  // [B,H] or null
  float* dh;        // [B,ldh]  in: gradient of h from later steps.  out: its part that reaches h_prev without a product
  int64_t ldh;
  float* dc;     // [B,Hp]  in: gradient of c from later steps.  out: that of c_prev
  float* dbias;  // [slots Hp]  the gradients are added, summed over B
  float* sums;   // [slots Hp]  scratch: the sums of one step, so that long sums are made of short ones
};

// A kernel for each product with weight_hh: forward runs them in this order after their products, backward in the
// opposite one before them.
struct RecurrentGateKernels {
  void (*forward[2])(const RecurrentForward& step);
  void (*backward[2])(const RecurrentBackward& step);
};

}  // namespace ostinato
