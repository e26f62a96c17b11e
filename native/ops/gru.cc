// gru and gruGradient, in both published forms; the equations are in kernels/gru_gates.h.
#include "kernels/gru_gates.h"
#include "ops/manifest.h"
#include "ops/recurrent_walk.h"

namespace ostinato {
namespace {

// Slots r, z, n, q: n's product with the state is q, which has a gradient of its own.
constexpr RecurrentCell kResetAfter = {.forward = forwardPlaces<ops::gru>(),
                                       .gradient = gradientPlaces<ops::gruGradient>(),
                                       .gates = 3,
                                       .slots = 4,
                                       .stateSlots = {0, 1, 3},
                                       .productCount = 1,
                                       .products = {{.firstGate = 0, .gates = 3}},
                                       .kernels = gruAfterGateKernels};

// Slots r, z, n, s: n's product needs all of s = r ⊙ h_prev.
constexpr RecurrentCell kResetBefore = {.forward = forwardPlaces<ops::gru>(),
                                        .gradient = gradientPlaces<ops::gruGradient>(),
                                        .gates = 3,
                                        .slots = 4,
                                        .stateSlots = {0, 1, 2},
                                        .productCount = 2,
                                        .products = {{.firstGate = 0, .gates = 2}, {.firstGate = 2, .gates = 1}},
                                        .middleSlot = 3,
                                        .kernels = gruBeforeGateKernels};

const RecurrentCell& cellOf(const Call& call) {
  static_assert(static_cast<int>(ops::gru::resetAfter) == static_cast<int>(ops::gruGradient::resetAfter));
  return expectInteger(call, ops::gru::resetAfter, 0, 1) == 1 ? kResetAfter : kResetBefore;
}

}  // namespace

const Implementation ops::gru::implementation = walkForward<cellOf>;
const Implementation ops::gruGradient::implementation = walkBackward<cellOf>;

}  // namespace ostinato
