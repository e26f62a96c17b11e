// A program as the addon receives it: one array of doubles, of which nothing is taken on trust.
//
//   [ magic, version, valueCount, opCount, feedCount, outputCount, loopCount, arenaBytes,
//     per value:  dtype (0 f32, 1 i32), storage (0 arena, 1 variable, 2 none, 3 moving), location, rank, dims...
//     feeds: value ids,  outputs: value ids,
//     per loop: begin, end, steps, reverse: ops begin to end - 1 run for step 0 to steps - 1, or the other way round
//     per op: code, operandCount, operands (value id or -1)..., resultCount, results..., attributeCount, attributes...
//     ]
//
// `location` is a byte offset in the arena (a multiple of 4), or the index of a variable of the store. A moving value
// lies there in step 0 of the loop that its ops are in, and in each further step behind the one before.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "ops/operation.h"
#include "runtime/store.h"

namespace ostinato {

constexpr double kProgramMagic = 0x4F535449;
constexpr double kProgramVersion = 2;

// Running a program several times in a row, as generation does with the step of a model.
struct Replay {
  int64_t steps = 1;
  // After each run, feed `second` gets the value of output `first`: as many elements of the same type.
  std::vector<std::pair<int64_t, int64_t>> links;
  // Feeds (i32) whose last element grows by one after each run.
  std::vector<int64_t> counters;
  // Outputs whose value is kept of every run.
  std::vector<int64_t> collected;

  static constexpr int64_t kMaxSteps = 4096;
  static constexpr int64_t kMaxCollectedBytes = int64_t{1} << 30;
};

// How often a program is run before anybody else may use the store: ops keep packed weights from run to run.
enum class Runs { once, repeatedly };

class Program {
 public:
  // Decodes and checks everything. Matrix products run with `precision`. Throws ProgramError, std::bad_alloc.
  Program(std::shared_ptr<Store> store, const double* words, size_t count, Precision precision = Precision::highest);

  int64_t feedCount() const { return static_cast<int64_t>(feeds_.size()); }
  int64_t outputCount() const { return static_cast<int64_t>(outputs_.size()); }
  const TensorView& feed(int64_t i) const { return feeds_[static_cast<size_t>(i)].view; }
  const TensorView& output(int64_t i) const { return outputs_[static_cast<size_t>(i)].view; }
  // Whether a run leaves feed i as it was fed: nothing else is written where it lies.
  bool feedStays(int64_t i) const { return feeds_[static_cast<size_t>(i)].stays; }
  Store& store() const { return *store_; }

  // Gives the values their memory in the store's arena, which other programs have used since. From here to the end of a
  // run the caller holds the store. Throws std::bad_alloc.
  void bind(Runs runs = Runs::once);

  // Runs all ops in order. The program is bound and its feeds' memory has been filled; outputs are read after. Bound to
  // run repeatedly, it trusts that nobody has changed the variables since the run before. With `check`, returns the
  // index of the first op that wrote a NaN or an infinity; otherwise -1. Throws InputError naming the op.
  int64_t run(bool check);

  // Throws ProgramError if the replay does not fit this program.
  void expectReplay(const Replay& replay) const;

  // Runs it so many times. The values of output replay.collected[i] follow each other in collected[i]; outputs are
  // those of the last run. Throws InputError naming the op.
  void replay(const Replay& replay, const std::vector<char*>& collected);

 private:
  struct BoundOp {
    const Operation* operation;
    std::vector<TensorView> operands;
    std::vector<TensorView> results;
    std::vector<double> attributes;
    // Where in the arena operands, or behind them results, lie in step 0 of a loop, and how far on in each further
    // step.
    struct Place {
      size_t index;
      int64_t offset, stride;
    };
    std::vector<Place> places;
    // How long operand 1 stays as it is: in a loop that does not change it, or for as long as the variables do.
    bool steadyInLoop = false, steadyForRuns = false;
    // What the op keeps of it lies behind the arena.
    size_t keptOffset = 0, keptBytes = 0;
    mutable Kept kept = {nullptr, false};

    void bind(char* arena, int64_t step, bool movingOnly);
  };
  // A feed or an output, and its place in the arena; -1 for a variable.
  struct Port {
    TensorView view;
    int64_t offset;
    bool stays = true;
  };
  struct Loop {
    size_t begin, end;
    int64_t steps;
    bool reverse;
  };

  Call callOf(const BoundOp& op, void* scratch) const;
  // Whether, with `check`, all results are finite.
  bool runOp(const BoundOp& op, void* scratch, bool check) const;
  void prepareScratch();

  std::shared_ptr<Store> store_;
  Precision precision_;
  size_t workspaceBytes(Runs runs) const { return runs == Runs::once ? keptOnceBytes_ : keptBytes_; }

  size_t arenaBytes_ = 0, scratchBytes_ = 0;
  // The arena with what loops keep behind it, and with what lasts from run to run behind that.
  size_t keptOnceBytes_ = 0, keptBytes_ = 0;
  // What it is bound to run as, in how much memory, and whether it has since.
  Runs runs_ = Runs::once;
  size_t boundBytes_ = 0;
  bool hasRun_ = false;
  char* arena_ = nullptr;  // what the views are bound to
  uint64_t configuration_ = 0;
  std::vector<Port> feeds_, outputs_;
  std::vector<BoundOp> ops_;
  std::vector<Loop> loops_;
  // Of the variables that the ops change.
  std::vector<CompactWeights*> changed_;
};

}  // namespace ostinato
