// A fused cell as data: what the walk over time (ops/recurrent_walk.h) has to know of it besides its gate kernels.
#pragma once

#include "kernels/recurrent_step.h"

namespace ostinato {

// The operands, results and the attribute `reverse` of a cell's op, and of the gradient, by index; -1: the cell has
// none such.
struct ForwardPlaces {
  int x, h0, c0 = -1, weightIh, weightHh, biasIh, biasHh, lengths;
  int y, hLast, cLast = -1, gates = -1, cells = -1;
  int reverse;
};
struct GradientPlaces {
  int x, h0, c0 = -1, weightIh, weightHh, biasHh = -1, lengths, y, gates = -1, cells = -1, dy, dhLast, dcLast = -1;
  int dx, dh0, dc0 = -1, dweightIh, dweightHh, dbiasIh = -1, dbiasHh = -1;
  int reverse;
};

// Those of an op of ops/manifest.h. A cell that saves its gates has the result `gates`, one with a second state has c0,
// cLast, cells.
template <class Op>
constexpr ForwardPlaces forwardPlaces() {
  ForwardPlaces at{.x = Op::x,
                   .h0 = Op::h0,
                   .weightIh = Op::weight_ih,
                   .weightHh = Op::weight_hh,
                   .biasIh = Op::bias_ih,
                   .biasHh = Op::bias_hh,
                   .lengths = Op::lengths,
                   .y = Op::y,
                   .hLast = Op::hLast,
                   .reverse = Op::reverse};
  if constexpr (requires { Op::gates; }) at.gates = Op::gates;
  if constexpr (requires { Op::c0; }) {
    at.c0 = Op::c0;
    at.cLast = Op::cLast;
    at.cells = Op::cells;
  }
  return at;
}

// The same of its gradient. Where both biases have one gradient it is called dbias.
template <class Op>
constexpr GradientPlaces gradientPlaces() {
  GradientPlaces at{.x = Op::x,
                    .h0 = Op::h0,
                    .weightIh = Op::weight_ih,
                    .weightHh = Op::weight_hh,
                    .lengths = Op::lengths,
                    .y = Op::y,
                    .dy = Op::dy,
                    .dhLast = Op::dhLast,
                    .dx = Op::dx,
                    .dh0 = Op::dh0,
                    .dweightIh = Op::dweight_ih,
                    .dweightHh = Op::dweight_hh,
                    .reverse = Op::reverse};
  if constexpr (requires { Op::gates; }) at.gates = Op::gates;
  if constexpr (requires { Op::c0; }) {
    at.c0 = Op::c0;
    at.cells = Op::cells;
    at.dcLast = Op::dcLast;
    at.dc0 = Op::dc0;
  }
  if constexpr (requires { Op::dbias; }) {
    at.dbiasIh = Op::dbias;
  } else {
    at.biasHh = Op::bias_hh;
    at.dbiasIh = Op::dbias_ih;
    at.dbiasHh = Op::dbias_hh;
  }
  return at;
}

constexpr int kMostGates = 4, kMostProducts = 2;

// A product of each step with some rows of weight_hh.
struct StateProduct {
  int firstGate, gates;
};

struct RecurrentCell {
  ForwardPlaces forward;
  GradientPlaces gradient;
  // In the rows of weight_ih, weight_hh and the biases.
  int gates;
  // Groups of 16 units in a block of a row of gates (kernels/recurrent_step.h), one for each gate first: the input's
  // product of gate i is made in slot i. With no more slots than gates the state's products are added there; else each
  // has a place of its own.
  int slots;
  // The slot where the bias of gate i's product with the state is added, and where backward leaves that product's
  // gradient.
  int stateSlots[kMostGates];
  int productCount;
  // The first reads h, the second the kernels' `middle`, which they also save in middleSlot. Where the first one's
  // stateSlots are not the gates' own, they differ in the last of them.
  StateProduct products[kMostProducts];
  int middleSlot = -1;
  const RecurrentGateKernels& (*kernels)();

  bool apart() const { return slots > gates; }
  bool hasCells() const { return forward.c0 >= 0; }
  // Otherwise there is one gate, whose products are made in y.
  bool savesGates() const { return forward.gates >= 0; }
};

}  // namespace ostinato
