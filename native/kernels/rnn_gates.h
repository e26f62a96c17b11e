// The arithmetic of one step of the simple recurrent network (Elman 1990) around its product: h = φ(a + b), φ being
// tanh or max(0, ·). One slot, a; forward finds it in y, which takes the place of gates.
#pragma once

#include "kernels/recurrent_step.h"

namespace ostinato {

const RecurrentGateKernels& rnnTanhGateKernels();
const RecurrentGateKernels& rnnReluGateKernels();

}  // namespace ostinato
