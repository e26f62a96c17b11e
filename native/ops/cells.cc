// lstmCell and gruCell: one step of a cell behind its products, and their gradients.
#include <initializer_list>

#include "kernels/cells.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

// Operand `state` is [B,H]: the operands or results in `states` are like it, those in `gates` [B, gateCount H].
struct Shapes {
  int state;
  int64_t gateCount;
};

void expectLike(const char* op, const Call& call, const Shapes& shapes, std::initializer_list<int> states,
                std::initializer_list<int> gates) {
  const TensorView& state = call.operand(shapes.state);
  const int64_t wide[] = {state.dims[0], shapes.gateCount * state.dims[1]};
  for (const int i : states) expectShape(op, call, i, DType::f32, state.dims, 2);
  for (const int i : gates) expectShape(op, call, i, DType::f32, wide, 2);
}

void expectResultsLike(const char* op, const Call& call, const Shapes& shapes, std::initializer_list<int> states,
                       std::initializer_list<int> gates) {
  const TensorView& state = call.operand(shapes.state);
  const int64_t wide[] = {state.dims[0], shapes.gateCount * state.dims[1]};
  for (const int i : states) expectResult(op, call, i, DType::f32, state.dims, 2);
  for (const int i : gates) expectResult(op, call, i, DType::f32, wide, 2);
}

// Runs the kernel on ranges of rows.
template <class Step>
void forRows(const Call& call, int64_t B, int64_t work, void (*kernel)(const Step&), Step step) {
  forRanges(call.pool, B, work, [&](int64_t begin, int64_t end) {
    Step own = step;
    own.begin = begin;
    own.end = end;
    kernel(own);
  });
}

size_t checkLstmCell(const Call& call) {
  expectCounts("lstmCell", call, 2, 3, 0);
  expectOperand("lstmCell", call, 1, DType::f32, 2);
  expectLike("lstmCell", call, {1, 4}, {1}, {0});
  expectResultsLike("lstmCell", call, {1, 4}, {0, 1}, {2});
  return 0;
}

void runLstmCell(const Call& call) {
  const int64_t B = call.operand(1).dims[0], H = call.operand(1).dims[1];
  forRows(call, B, 16 * H, cellKernels().lstmForward,
          LstmCellForward{H, 0, B, call.operand(0).f32(), call.operand(1).f32(), call.result(0).mutableF32(),
                          call.result(1).mutableF32(), call.result(2).mutableF32()});
}

size_t checkLstmCellGradient(const Call& call) {
  const char* op = "lstmCellGradient";
  expectCounts(op, call, 5, 2, 0);
  expectOperand(op, call, 1, DType::f32, 2);
  expectLike(op, call, {1, 4}, {1, 2}, {0});
  expectShape(op, call, 3, DType::f32, call.operand(1).dims, 2, true);
  expectShape(op, call, 4, DType::f32, call.operand(1).dims, 2, true);
  expectResultsLike(op, call, {1, 4}, {1}, {0});
  return 0;
}

void runLstmCellGradient(const Call& call) {
  const int64_t B = call.operand(1).dims[0], H = call.operand(1).dims[1];
  forRows(call, B, 16 * H, cellKernels().lstmBackward,
          LstmCellBackward{H, 0, B, call.operand(0).f32(), call.operand(1).f32(), call.operand(2).f32(),
                           call.operand(3).f32(), call.operand(4).f32(), call.result(0).mutableF32(),
                           call.result(1).mutableF32()});
}

size_t checkGruCell(const Call& call) {
  expectCounts("gruCell", call, 3, 2, 0);
  expectOperand("gruCell", call, 2, DType::f32, 2);
  expectLike("gruCell", call, {2, 3}, {2}, {0, 1});
  expectResultsLike("gruCell", call, {2, 3}, {0}, {1});
  return 0;
}

void runGruCell(const Call& call) {
  const int64_t B = call.operand(2).dims[0], H = call.operand(2).dims[1];
  forRows(call, B, 12 * H, cellKernels().gruForward,
          GruCellForward{H, 0, B, call.operand(0).f32(), call.operand(1).f32(), call.operand(2).f32(),
                         call.result(0).mutableF32(), call.result(1).mutableF32()});
}

size_t checkGruCellGradient(const Call& call) {
  const char* op = "gruCellGradient";
  expectCounts(op, call, 4, 3, 0);
  expectOperand(op, call, 2, DType::f32, 2);
  expectLike(op, call, {2, 3}, {2, 3}, {0, 1});
  expectResultsLike(op, call, {2, 3}, {2}, {0, 1});
  return 0;
}

void runGruCellGradient(const Call& call) {
  const int64_t B = call.operand(2).dims[0], H = call.operand(2).dims[1];
  forRows(call, B, 12 * H, cellKernels().gruBackward,
          GruCellBackward{H, 0, B, call.operand(0).f32(), call.operand(1).f32(), call.operand(2).f32(),
                          call.operand(3).f32(), call.result(0).mutableF32(), call.result(1).mutableF32(),
                          call.result(2).mutableF32()});
}

}  // namespace

const Implementation ops::lstmCell::implementation = {checkLstmCell, runLstmCell};
const Implementation ops::lstmCellGradient::implementation = {checkLstmCellGradient, runLstmCellGradient};
const Implementation ops::gruCell::implementation = {checkGruCell, runGruCell};
const Implementation ops::gruCellGradient::implementation = {checkGruCellGradient, runGruCellGradient};

}  // namespace ostinato
