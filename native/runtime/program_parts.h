// The parts of a program, decoded from the words of JavaScript (program.h) and checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ops/operation.h"
#include "runtime/store.h"

namespace ostinato {

constexpr double kProgramMagic = 0x4F535449;
constexpr double kProgramVersion = 2;

constexpr int64_t kMaxArenaBytes = int64_t{1} << (sizeof(size_t) > 4 ? 38 : 30);

[[noreturn]] void malformedProgram(const std::string& what);

// An operand that an op may keep.
struct KeptOperand {
  int operand;
  // Copies of it, if it is a variable.
  WeightCopies* copies;
  // How long it stays as it is: in a loop that does not change it, or, a variable, for as long as no program and nobody
  // else writes it.
  bool steadyInLoop = false, steadyForRuns = false;
  // How it is kept: with the variable's copies, or from this place in the arena on while the loop runs.
  KeptForm form = {};
  size_t offset = 0;
  mutable Kept inLoop = {nullptr, false};

  bool lastsInLoop() const { return steadyInLoop && form.bytes > 0; }
  bool lastsForRuns() const { return steadyForRuns && form.bytes > 0; }
};

// An op with the values that it reads and writes.
struct BoundOp {
  const Operation* operation;
  std::vector<TensorView> operands;
  std::vector<TensorView> results;
  std::vector<double> attributes;
  // Places in the arena of operands, then of results, in step 0 of a loop, and how far on they are in each further
  // step.
  struct Place {
    size_t index;
    int64_t offset, stride;
  };
  std::vector<Place> places;
  std::vector<KeptOperand> keeps;
  // By operand, the kept form that this run uses; null: none.
  mutable std::vector<Kept*> kept;

  // Gives the values that lie in the arena their memory in a step of a loop; all of them, or those that move.
  void bind(char* arena, int64_t step, bool movingOnly);
};

// A feed or an output, and its place in the arena; -1 for a variable.
struct Port {
  TensorView view;
  int64_t offset;
  // Whether a run leaves it as it was fed: nothing else is written where it lies.
  bool stays = true;
  // The op, outside of loops, whose result 0 this output is, if no other op reads or changes it; -1: none, or no
  // output.
  int64_t maker = -1;
};

// Ops begin to end - 1, for step 0 to steps - 1 or the other way round.
struct Loop {
  size_t begin, end;
  int64_t steps;
  bool reverse;
};

struct ProgramParts {
  size_t arenaBytes = 0;
  std::vector<Port> feeds, outputs;
  std::vector<BoundOp> ops;
  std::vector<Loop> loops;
  // Copies of the variables that the ops change.
  std::vector<WeightCopies*> changed;
};

// Decodes and checks everything but what ops check themselves. Throws ProgramError.
ProgramParts readProgram(const double* words, size_t count, const Store& store);

}  // namespace ostinato
