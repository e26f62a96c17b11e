// One driver walks time for all fused cells.
//
// Order of work of a forward op, one parallel section a step for each product with weight_hh (and one a chunk where the
// unit wants x packed): every part packs the weights of its own hidden units, makes the input's product for them over a
// chunk of steps, or copies its rows of the table, and then, step by step, adds the state's product and runs the gates.
// Backward does the same in the opposite order with the gradients of the gates, adds them to a table's gradient there
// and then, and leaves the other gradients of weights and input to large products over all steps
// (ops/gate_gradients.h).
#pragma once

#include "ops/operation.h"
#include "ops/recurrent_cell.h"

namespace ostinato {

size_t checkForward(const RecurrentCell& cell, const Call& call);
void runForward(const RecurrentCell& cell, const Call& call);
KeptForm keepsForward(const RecurrentCell& cell, const Call& call, int operand);
size_t checkBackward(const RecurrentCell& cell, const Call& call);
void runBackward(const RecurrentCell& cell, const Call& call);

// The op of a cell and its gradient. cellOf: the cell that a call's attributes ask for.
template <const RecurrentCell& (*cellOf)(const Call&)>
constexpr Implementation walkForward = {
    .check = [](const Call& call) { return checkForward(cellOf(call), call); },
    .run = [](const Call& call) { runForward(cellOf(call), call); },
    .keeps = [](const Call& call, int operand) { return keepsForward(cellOf(call), call, operand); }};
template <const RecurrentCell& (*cellOf)(const Call&)>
constexpr Implementation walkBackward = {.check = [](const Call& call) { return checkBackward(cellOf(call), call); },
                                         .run = [](const Call& call) { runBackward(cellOf(call), call); }};

}  // namespace ostinato
