// The arithmetic of one GRU step around its products (Cho et al. 2014), in both published forms.
//
//   r = σ(a_r + p_r)   z = σ(a_z + p_z)   h = (1 - z) ⊙ n + z ⊙ h_prev
//   reset after  (cuDNN, PyTorch): n = tanh(a_n + r ⊙ q)        q = W_hn h_prev + b_hn
//   reset before (Cho et al.):     n = tanh(a_n + W_hn s + b)   s = r ⊙ h_prev
//
// a is the input's product, p the state's. Gates lie in blocks of 16 hidden units: [rows, blocks, 4, 16], 4*Hp floats a
// row, the four being r, z, n and q (reset after) or s (reset before). Products lie in blocks of 16 units with as many
// gates as they have. Padding, partial blocks and threads: as in kernels/lstm_gates.h.
// Error: as there (test/native/gru_test.cc).
#pragma once

#include <cstdint>

namespace ostinato {

struct GruForward {
  int64_t B, H, begin, end;
  int64_t t;
  const int32_t* lengths;
  const float* bias;  // [4 Hp] for r, z, n and q; s has none
  float* gates;       // [B,4 Hp]  in: a_r, a_z, a_n without bias.  out: r, z, n, q or s
  // forwardAfter: [B,3 Hp] p_r, p_z, q without bias.  forwardReset: [B,2 Hp] p_r, p_z.  forwardCandidate: [B,Hp] W_hn s
  const float* product;
  const float* hPrev;  // [B,ldh]
  float* h;            // [B,ldh]  not hPrev
  int64_t ldh;
  float* reset;  // [B,ldh]  forwardReset writes s, which the second product reads
  float* y;      // [B,H]
};

struct GruBackward {
  int64_t B, H, begin, end;
  int64_t t;
  const int32_t* lengths;
  float* gates;           // [B,4 Hp]  in: r, z, n, q|s.  out: gradients of a_r, a_z, a_n and (after) q; s stays
  const float* previous;  // [B,H] h_prev
  const float* h0;        // [B,H] h_prev instead for rows of length t+1, if startsAtLength (reverse with lengths)
  bool startsAtLength;
  const float* dy;  // [B,H] or null
  float* dh;        // [B,ldh]  in: gradient of h from later steps.  out: its part that reaches h_prev without a product
  int64_t ldh;
  float* staged;  // [B,ldStaged] out: what the product for h_prev reads: r,z,q (after, 3 Hp), r,z (before, 2 Hp)
  int64_t ldStaged;
  float* stagedN;   // [B,ldh] out, before only: the gradient of a_n, which the product for s reads
  const float* ds;  // [B,ldh] that product, read by backwardReset
  float* dbias;     // [4 Hp]  r, z, n, q: added, summed over B
  float* sums;      // [4 Hp]  scratch
};

struct GruGateKernels {
  // Reset after: one product, one call.
  void (*forwardAfter)(const GruForward& step);
  void (*backwardAfter)(const GruBackward& step);
  // Reset before: two products. Forward runs reset, then candidate; backward candidate, then reset.
  void (*forwardReset)(const GruForward& step);
  void (*forwardCandidate)(const GruForward& step);
  void (*backwardCandidate)(const GruBackward& step);
  void (*backwardReset)(const GruBackward& step);
};

const GruGateKernels& gruGateKernels();

}  // namespace ostinato
