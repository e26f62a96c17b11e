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
// lies there in step 0 of the loop that its ops are in, and in each further step after the one before.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/program_parts.h"
#include "runtime/replay.h"
#include "runtime/store.h"

namespace ostinato {

struct ProgramOptions {
  // Precision of matrix products.
  Precision precision = Precision::highest;
  // Whether runs note when each op ran (takeTimes()).
  bool keepsTimes = false;
  // Adds over the processes of a distributed training. Null: this one is alone.
  std::shared_ptr<Reducer> reducer = nullptr;
};

// An op that ran, and when, in milliseconds since the run began. An op of a loop runs once for each step.
struct OpTime {
  int64_t op;
  double begin, end;
};

// How often a program is run before anybody else may use the store. What is run repeatedly keeps packed weights with
// the variables, until they change; whoever runs them next finds them there.
enum class Runs { once, repeatedly };

class Program {
 public:
  // Decodes and checks everything. Throws ProgramError, std::bad_alloc.
  Program(std::shared_ptr<Store> store, const double* words, size_t count, const ProgramOptions& options = {});

  int64_t feedCount() const { return static_cast<int64_t>(parts_.feeds.size()); }
  int64_t outputCount() const { return static_cast<int64_t>(parts_.outputs.size()); }
  const TensorView& feed(int64_t i) const { return parts_.feeds[static_cast<size_t>(i)].view; }
  const TensorView& output(int64_t i) const { return parts_.outputs[static_cast<size_t>(i)].view; }
  // Whether a run leaves feed i as it was fed: nothing else is written where it lies.
  bool feedStays(int64_t i) const { return parts_.feeds[static_cast<size_t>(i)].stays; }
  // Whether an op makes output i that can show its rows in blocks, and nobody else reads it.
  bool canShow(int64_t i) const;
  // Whether two outputs lie in the same memory of the arena.
  bool sameOutput(int64_t i, int64_t j) const {
    const int64_t offset = parts_.outputs[static_cast<size_t>(i)].offset;
    return i == j || (offset >= 0 && offset == parts_.outputs[static_cast<size_t>(j)].offset);
  }
  Store& store() const { return *store_; }

  // Gives the values their memory in the store's arena, which other programs have used since. From here to the end of a
  // run the caller holds the store. Throws ProgramError, std::bad_alloc.
  void bind(Runs runs = Runs::once);

  // Runs all ops in order. The program is bound and its feeds' memory has been filled; outputs are read after. Bound to
  // run repeatedly, its ops keep packed weights. With `check`, returns the
  // index of the first op that wrote a NaN or an infinity; otherwise -1. Throws InputError naming the op.
  int64_t run(bool check) { return runOps({.check = check}); }

  // The same, but for an output that can be shown: where its op keeps packed weights the reader sees its rows, and it
  // is not written. Returns whether that was so.
  bool runShowing(int64_t output, BlockReader& reader);

  // Times of the ops that ran since the last call, in order; begins and ends count from the first run since then.
  std::vector<OpTime> takeTimes() { return std::exchange(times_, {}); }

  // Throws ProgramError if the replay does not fit this program.
  void expectReplay(const Replay& replay) const;

  // Runs it replay.steps times. The values of output replay.collected[i] follow each other in collected[i]; outputs are
  // those of the last run. Throws InputError naming the op.
  void replay(const Replay& replay, const std::vector<char*>& collected);

 private:
  struct Run {
    bool check = false;
    // The op whose result 0 is shown, to whom, and whether it was.
    int64_t shownOp = -1;
    BlockReader* reader = nullptr;
    bool* shown = nullptr;
  };

  Call callOf(const BoundOp& op, void* scratch) const;
  int64_t runOps(const Run& run);
  // Whether, with `check`, all results are finite.
  bool runOp(const BoundOp& op, void* scratch, const Run& run);
  void giveUp() const;
  void prepareScratch();
  void findKept();

  std::shared_ptr<Store> store_;
  ProgramOptions options_;

  ProgramParts parts_;
  size_t scratchBytes_ = 0;
  // Bytes of the arena and of what loops keep after it.
  size_t workspaceBytes_ = 0;
  // The kind of run that it is bound for, and in how much memory.
  Runs runs_ = Runs::once;
  size_t boundBytes_ = 0;
  char* arena_ = nullptr;  // what the views are bound to
  uint64_t configuration_ = 0;
  std::vector<OpTime> times_;
  std::chrono::steady_clock::time_point timesBegan_;
};

}  // namespace ostinato
