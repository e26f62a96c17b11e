// lstm and lstmGradient; the equations are in kernels/lstm_gates.h.
#include "kernels/lstm_gates.h"
#include "ops/manifest.h"
#include "ops/recurrent_walk.h"

namespace ostinato {
namespace {

constexpr RecurrentCell kCell = {.forward = forwardPlaces<ops::lstm>(),
                                 .gradient = gradientPlaces<ops::lstmGradient>(),
                                 .gates = 4,
                                 .slots = 4,
                                 .stateSlots = {0, 1, 2, 3},
                                 .productCount = 1,
                                 .products = {{.firstGate = 0, .gates = 4}},
                                 .kernels = lstmGateKernels};

const RecurrentCell& cellOf(const Call&) { return kCell; }

}  // namespace

const Implementation ops::lstm::implementation = walkForward<cellOf>;
const Implementation ops::lstmGradient::implementation = walkBackward<cellOf>;

}  // namespace ostinato
