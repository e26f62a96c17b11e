// lstmCell and gruCell: one step of a cell after its products, and their gradients.
#include <initializer_list>

#include "kernels/cells.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

// Operands or results that are [B,H] like the state, and those that are [B, gateCount H].
struct Like {
  std::initializer_list<int> states, gates;
};

void expectLike(const Call& call, int state, int64_t gateCount, const Like& operands, const Like& results) {
  expectOperand(call, state, DType::f32, 2);
  const TensorView& like = call.operand(state);
  const int64_t wide[] = {like.dims[0], gateCount * like.dims[1]};
  for (const int i : operands.states) expectShape(call, i, DType::f32, like.dims, 2);
  for (const int i : operands.gates) expectShape(call, i, DType::f32, wide, 2);
  for (const int i : results.states) expectResult(call, i, DType::f32, like.dims, 2);
  for (const int i : results.gates) expectResult(call, i, DType::f32, wide, 2);
}

// Runs the kernel on ranges of rows of the state [B,H].
template <class Step>
void forRows(const Call& call, int state, int64_t gateCount, void (*kernel)(const Step&), Step step) {
  step.H = call.operand(state).dims[1];
  forRanges(call.pool, call.operand(state).dims[0], 4 * gateCount * step.H, [&](int64_t begin, int64_t end) {
    Step own = step;
    own.begin = begin;
    own.end = end;
    kernel(own);
  });
}

size_t checkLstmCell(const Call& call) {
  using op = ops::lstmCell;
  expectLike(call, op::c, 4, {.states = {op::c}, .gates = {op::a}},
             {.states = {op::h, op::cNext}, .gates = {op::gates}});
  return 0;
}

void runLstmCell(const Call& call) {
  using op = ops::lstmCell;
  forRows(call, op::c, 4, cellKernels().lstmForward,
          {.a = call.operand(op::a).f32(),
           .c = call.operand(op::c).f32(),
           .h = call.result(op::h).mutableF32(),
           .next = call.result(op::cNext).mutableF32(),
           .gates = call.result(op::gates).mutableF32()});
}

size_t checkLstmCellGradient(const Call& call) {
  using op = ops::lstmCellGradient;
  expectLike(call, op::c, 4, {.states = {op::c, op::cNext, op::dh, op::dcNext}, .gates = {op::gates}},
             {.states = {op::dc}, .gates = {op::da}});
  return 0;
}

void runLstmCellGradient(const Call& call) {
  using op = ops::lstmCellGradient;
  forRows(call, op::c, 4, cellKernels().lstmBackward,
          {.gates = call.operand(op::gates).f32(),
           .c = call.operand(op::c).f32(),
           .next = call.operand(op::cNext).f32(),
           .dh = call.operand(op::dh).f32(),
           .dnext = call.operand(op::dcNext).f32(),
           .da = call.result(op::da).mutableF32(),
           .dc = call.result(op::dc).mutableF32()});
}

size_t checkGruCell(const Call& call) {
  using op = ops::gruCell;
  expectLike(call, op::h, 3, {.states = {op::h}, .gates = {op::a, op::p}},
             {.states = {op::hNext}, .gates = {op::gates}});
  return 0;
}

void runGruCell(const Call& call) {
  using op = ops::gruCell;
  forRows(call, op::h, 3, cellKernels().gruForward,
          {.a = call.operand(op::a).f32(),
           .p = call.operand(op::p).f32(),
           .h = call.operand(op::h).f32(),
           .next = call.result(op::hNext).mutableF32(),
           .gates = call.result(op::gates).mutableF32()});
}

size_t checkGruCellGradient(const Call& call) {
  using op = ops::gruCellGradient;
  expectLike(call, op::h, 3, {.states = {op::h, op::dhNext}, .gates = {op::gates, op::p}},
             {.states = {op::dh}, .gates = {op::da, op::dp}});
  return 0;
}

void runGruCellGradient(const Call& call) {
  using op = ops::gruCellGradient;
  forRows(call, op::h, 3, cellKernels().gruBackward,
          {.gates = call.operand(op::gates).f32(),
           .p = call.operand(op::p).f32(),
           .h = call.operand(op::h).f32(),
           .dnext = call.operand(op::dhNext).f32(),
           .da = call.result(op::da).mutableF32(),
           .dp = call.result(op::dp).mutableF32(),
           .dh = call.result(op::dh).mutableF32()});
}

}  // namespace

const Implementation ops::lstmCell::implementation = {checkLstmCell, runLstmCell};
const Implementation ops::lstmCellGradient::implementation = {checkLstmCellGradient, runLstmCellGradient};
const Implementation ops::gruCell::implementation = {checkGruCell, runGruCell};
const Implementation ops::gruCellGradient::implementation = {checkGruCellGradient, runGruCellGradient};

}  // namespace ostinato
