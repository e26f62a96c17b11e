#include "runtime/program.h"

#include <algorithm>
#include <string>

#include "runtime/configuration.h"

namespace ostinato {
namespace {

bool allFinite(const TensorView& tensor) {
  if (tensor.dtype != DType::f32 || !tensor.data) return true;
  const float* x = tensor.f32();
  const int64_t n = tensor.elements();
  // x - x is 0 for finite x and NaN otherwise; the sum keeps any NaN.
  float sum = 0;
  for (int64_t i = 0; i < n; i++) sum += x[i] - x[i];
  return sum == 0;
}

}  // namespace

Program::Program(std::shared_ptr<Store> store, const double* words, size_t count, const ProgramOptions& options)
    : store_(std::move(store)), options_(options), parts_(readProgram(words, count, *store_)) {
  const SharedLock lock(configurationLock());
  prepareScratch();
}

Call Program::callOf(const BoundOp& op, void* scratch) const {
  return Call{op.operands.data(),
              static_cast<int>(op.operands.size()),
              op.results.data(),
              static_cast<int>(op.results.size()),
              op.attributes.data(),
              static_cast<int>(op.attributes.size()),
              scratch,
              ThreadPool::instance(),
              options_.precision,
              op.kept.data(),
              op.operation,
              options_.reducer.get()};
}

// Checks all ops with their memory hidden, since a check must only look at shapes, and finds the largest scratch and
// the places of what ops keep.
void Program::prepareScratch() {
  size_t bytes = 0;
  for (BoundOp& own : parts_.ops) {
    BoundOp op = own;
    for (TensorView& view : op.operands) view.data = nullptr;
    for (TensorView& view : op.results) view.data = nullptr;
    std::fill(op.kept.begin(), op.kept.end(), nullptr);
    bytes = std::max(bytes, op.operation->check(callOf(op, nullptr)));
    for (KeptOperand& kept : own.keeps) {
      const bool steady = kept.steadyInLoop || kept.steadyForRuns;
      kept.form = steady ? op.operation->implementation.keeps(callOf(op, nullptr), kept.operand) : KeptForm();
    }
  }
  workspaceBytes_ = parts_.arenaBytes;
  for (BoundOp& op : parts_.ops) {
    for (KeptOperand& own : op.keeps) {
      if (!own.lastsInLoop()) continue;
      own.offset = (workspaceBytes_ + 63) / 64 * 64;
      workspaceBytes_ = own.offset + own.form.bytes;
    }
  }
  if (bytes > static_cast<size_t>(kMaxArenaBytes)) malformedProgram("an op asks for too much scratch memory");
  scratchBytes_ = std::max(scratchBytes_, bytes);
  configuration_ = configurationVersion();
}

void Program::bind(Runs runs) {
  // A change of threads or kernels asks for other room, and what ops keep changes the bits of rounded products: the
  // first run after it is to be like those that follow.
  if (configuration_ != configurationVersion()) {
    const SharedLock lock(configurationLock());
    prepareScratch();
  }
  char* arena = store_->arena(workspaceBytes_);
  store_->scratch(scratchBytes_);
  runs_ = runs;
  boundBytes_ = workspaceBytes_;
  for (const BoundOp& op : parts_.ops) {
    for (const KeptOperand& own : op.keeps) {
      if (runs == Runs::repeatedly && own.lastsForRuns()) own.copies->reserve(own.form, configuration_);
    }
  }
  if (arena == arena_) return;
  arena_ = arena;
  for (std::vector<Port>* ports : {&parts_.feeds, &parts_.outputs}) {
    for (Port& port : *ports) {
      if (port.offset >= 0) port.view.data = arena_ + port.offset;
    }
  }
  for (BoundOp& op : parts_.ops) op.bind(arena_, 0, false);
}

// The sums that were begun lie in the arena.
void Program::giveUp() const {
  if (options_.reducer) options_.reducer->abandon();
}

bool Program::runOp(const BoundOp& op, void* scratch, const Run& run) {
  using Clock = std::chrono::steady_clock;
  const int64_t number = &op - parts_.ops.data();
  const Clock::time_point begin = options_.keepsTimes ? Clock::now() : Clock::time_point();
  try {
    if (number == run.shownOp && op.kept[1]) {
      op.operation->implementation.runInBlocks(callOf(op, scratch), *run.reader);
      *run.shown = true;
    } else {
      op.operation->run(callOf(op, scratch));
    }
  } catch (const InputError& error) {
    giveUp();
    throw InputError(std::string(op.operation->name) + ": " + error.what(), number);
  } catch (...) {
    giveUp();
    throw;
  }
  if (options_.keepsTimes) {
    if (times_.empty()) timesBegan_ = begin;
    const auto since = [this](Clock::time_point t) {
      return std::chrono::duration<double, std::milli>(t - timesBegan_).count();
    };
    times_.push_back({number, since(begin), since(Clock::now())});
  }
  // No sum may change what is looked at.
  if (run.check && options_.reducer) {
    for (const TensorView& result : op.results) options_.reducer->finish(static_cast<const float*>(result.data));
  }
  return !run.check || std::all_of(op.results.begin(), op.results.end(), allFinite);
}

bool Program::canShow(int64_t i) const {
  const int64_t maker = parts_.outputs[static_cast<size_t>(i)].maker;
  return maker >= 0 && parts_.ops[static_cast<size_t>(maker)].operation->implementation.runInBlocks;
}

bool Program::runShowing(int64_t output, BlockReader& reader) {
  bool shown = false;
  runOps({.shownOp = parts_.outputs[static_cast<size_t>(output)].maker, .reader = &reader, .shown = &shown});
  return shown;
}

// After a change of threads or kernels since bind() there may be no room for what ops keep; they then do without.
void Program::findKept() {
  const bool keepsInLoops = workspaceBytes_ <= boundBytes_;
  for (const BoundOp& op : parts_.ops) {
    for (const KeptOperand& own : op.keeps) {
      Kept*& kept = op.kept[static_cast<size_t>(own.operand)];
      kept = runs_ == Runs::repeatedly && own.lastsForRuns() ? own.copies->find(own.form, configuration_) : nullptr;
      if (kept || !own.lastsInLoop() || !keepsInLoops) continue;
      own.inLoop = {arena_ + own.offset, false};
      kept = &own.inLoop;
    }
  }
}

int64_t Program::runOps(const Run& run) {
  const SharedLock lock(configurationLock());
  if (configuration_ != configurationVersion()) prepareScratch();
  for (WeightCopies* copies : parts_.changed) copies->clear();
  void* scratch = store_->scratch(scratchBytes_);
  findKept();
  size_t loop = 0;
  for (size_t i = 0; i < parts_.ops.size();) {
    if (loop == parts_.loops.size() || i < parts_.loops[loop].begin) {
      if (!runOp(parts_.ops[i], scratch, run)) return static_cast<int64_t>(i);
      i++;
      continue;
    }
    const Loop& range = parts_.loops[loop++];
    for (int64_t n = 0; n < range.steps; n++) {
      for (i = range.begin; i < range.end; i++) {
        parts_.ops[i].bind(arena_, range.reverse ? range.steps - 1 - n : n, true);
        if (!runOp(parts_.ops[i], scratch, run)) return static_cast<int64_t>(i);
      }
    }
  }
  // A sum that no op waited for must not outlive the run, whose memory it is in.
  if (options_.reducer) options_.reducer->settle();
  return -1;
}

}  // namespace ostinato
