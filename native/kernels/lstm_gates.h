// The arithmetic of one LSTM step around its product (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).
//
//   i,f,o = σ(a)   g = tanh(a)   c = f ⊙ c_prev + i ⊙ g   h = o ⊙ tanh(c)
//
// Slots: i, f, g, o. The state's product is added to the input's in `gates`.
#pragma once

#include "kernels/recurrent_step.h"

namespace ostinato {

const RecurrentGateKernels& lstmGateKernels();

}  // namespace ostinato
