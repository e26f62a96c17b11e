// The arithmetic of one GRU step around its products (Cho et al. 2014), in both published forms.
//
//   r = σ(a_r + p_r)   z = σ(a_z + p_z)   h = (1 - z) ⊙ n + z ⊙ h_prev
//   reset after  (cuDNN, PyTorch): n = tanh(a_n + r ⊙ q)        q = W_hn h_prev + b_hn
//   reset before (Cho et al.):     n = tanh(a_n + W_hn s + b)   s = r ⊙ h_prev
//
// a is the input's product, p the state's. Slots: r, z, n and q (reset after) or s (reset before). Products lie apart,
// in blocks of 16 units with as many gates as they have: r, z, q after; r, z and then, of the middle s, n before.
#pragma once

#include "kernels/recurrent_step.h"

namespace ostinato {

const RecurrentGateKernels& gruAfterGateKernels();
const RecurrentGateKernels& gruBeforeGateKernels();

}  // namespace ostinato
