// The arithmetic of one step of the simple recurrent network (Elman 1990) around its product: h = φ(a + b), φ being
// tanh or max(0, ·). Padding, partial blocks and threads: as in kernels/lstm_gates.h. Error: as there
// (test/native/rnn_test.cc).
#pragma once

#include <cstdint>

namespace ostinato {

enum class RnnActivation { tanh, relu };

struct RnnForward {
  int64_t B, H, begin, end;
  int64_t t;
  const int32_t* lengths;
  RnnActivation activation;
  const float* bias;   // [Hp]
  const float* hPrev;  // [B,ldh]  read for padding only
  float* h;            // [B,ldh]  not hPrev
  int64_t ldh;
  float* y;  // [B,H]  in: a, the two products.  out: h, 0 in padding
};

struct RnnBackward {
  int64_t B, H, begin, end;
  int64_t t;
  const int32_t* lengths;
  RnnActivation activation;
  const float* y;   // [B,H]
  const float* dy;  // [B,H] or null
  float* dh;        // [B,ldh]  in: gradient of h from later steps.  out: 0, or unchanged for padding
  int64_t ldh;
  float* gradient;  // [B,Hp]  out: gradient of a
  float* staged;    // [B,ldStaged]  out: the same, where the next product reads it
  int64_t ldStaged;
  float* dbias;  // [Hp]  added, summed over B
  float* sums;   // [Hp]  scratch
};

struct RnnCellKernels {
  void (*forward)(const RnnForward& step);
  void (*backward)(const RnnBackward& step);
};

const RnnCellKernels& rnnCellKernels();

}  // namespace ostinato
