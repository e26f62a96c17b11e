// rnn and rnnGradient; the equations are in kernels/rnn_gates.h.
#include "kernels/rnn_gates.h"
#include "ops/manifest.h"
#include "ops/recurrent_walk.h"

namespace ostinato {
namespace {

constexpr RecurrentCell cellWith(const RecurrentGateKernels& (*kernels)()) {
  return {.forward = forwardPlaces<ops::rnn>(),
          .gradient = gradientPlaces<ops::rnnGradient>(),
          .gates = 1,
          .slots = 1,
          .stateSlots = {0},
          .productCount = 1,
          .products = {{.firstGate = 0, .gates = 1}},
          .kernels = kernels};
}
constexpr RecurrentCell kTanh = cellWith(rnnTanhGateKernels), kRelu = cellWith(rnnReluGateKernels);

const RecurrentCell& cellOf(const Call& call) {
  static_assert(static_cast<int>(ops::rnn::activation) == static_cast<int>(ops::rnnGradient::activation));
  return expectInteger(call, ops::rnn::activation, 0, 1) == 0 ? kTanh : kRelu;
}

}  // namespace

const Implementation ops::rnn::implementation = walkForward<cellOf>;
const Implementation ops::rnnGradient::implementation = walkBackward<cellOf>;

}  // namespace ostinato
