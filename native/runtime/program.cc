#include "runtime/program.h"

#include <algorithm>
#include <shared_mutex>
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
  std::shared_lock<std::shared_mutex> lock(configurationLock());
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
              op.kept.memory ? &op.kept : nullptr,
              op.operation};
}

// Checks all ops with their memory hidden, since a check must only look at shapes, and finds the largest scratch and
// the places of what ops keep.
void Program::prepareScratch() {
  size_t bytes = 0;
  for (BoundOp& own : parts_.ops) {
    BoundOp op = own;
    for (TensorView& view : op.operands) view.data = nullptr;
    for (TensorView& view : op.results) view.data = nullptr;
    bytes = std::max(bytes, op.operation->check(callOf(op, nullptr)));
    own.keptBytes = own.steadyInLoop || own.steadyForRuns ? op.operation->implementation.keeps(callOf(op, nullptr)) : 0;
  }
  size_t end = parts_.arenaBytes;
  const auto place = [&](bool inLoop) {
    for (BoundOp& op : parts_.ops) {
      if (op.steadyInLoop != inLoop || op.keptBytes == 0) continue;
      op.keptOffset = (end + 63) / 64 * 64;
      end = op.keptOffset + op.keptBytes;
    }
    return end;
  };
  keptOnceBytes_ = place(true);
  keptBytes_ = place(false);
  if (bytes > static_cast<size_t>(kMaxArenaBytes)) malformedProgram("an op asks for too much scratch memory");
  scratchBytes_ = std::max(scratchBytes_, bytes);
  configuration_ = configurationVersion();
}

void Program::bind(Runs runs) {
  char* arena = store_->arena(workspaceBytes(runs));
  store_->scratch(scratchBytes_);
  runs_ = runs;
  boundBytes_ = workspaceBytes(runs);
  hasRun_ = false;
  if (arena == arena_) return;
  arena_ = arena;
  for (std::vector<Port>* ports : {&parts_.feeds, &parts_.outputs}) {
    for (Port& port : *ports) {
      if (port.offset >= 0) port.view.data = arena_ + port.offset;
    }
  }
  for (BoundOp& op : parts_.ops) op.bind(arena_, 0, false);
}

bool Program::runOp(const BoundOp& op, void* scratch, bool check) {
  using Clock = std::chrono::steady_clock;
  const int64_t number = &op - parts_.ops.data();
  const Clock::time_point begin = options_.keepsTimes ? Clock::now() : Clock::time_point();
  try {
    op.operation->run(callOf(op, scratch));
  } catch (const InputError& error) {
    throw InputError(std::string(op.operation->name) + ": " + error.what(), number);
  }
  if (options_.keepsTimes) {
    if (times_.empty()) timesBegan_ = begin;
    const auto since = [this](Clock::time_point t) {
      return std::chrono::duration<double, std::milli>(t - timesBegan_).count();
    };
    times_.push_back({number, since(begin), since(Clock::now())});
  }
  return !check || std::all_of(op.results.begin(), op.results.end(), allFinite);
}

int64_t Program::run(bool check) {
  std::shared_lock<std::shared_mutex> lock(configurationLock());
  if (configuration_ != configurationVersion()) {
    prepareScratch();
    // Operands packed for another number of threads are of no use.
    hasRun_ = false;
  }
  for (CompactWeights* compact : parts_.changed) compact->clear();
  void* scratch = store_->scratch(scratchBytes_);
  // After a change of threads there may be no room for what ops keep; they then do without.
  const bool keeps = workspaceBytes(runs_) <= boundBytes_;
  for (const BoundOp& op : parts_.ops) {
    const bool now = keeps && op.keptBytes > 0 && (op.steadyInLoop || runs_ == Runs::repeatedly);
    const bool made = now && op.steadyForRuns && hasRun_ && op.kept.made;
    op.kept = {now ? arena_ + op.keptOffset : nullptr, made};
  }
  hasRun_ = true;
  size_t loop = 0;
  for (size_t i = 0; i < parts_.ops.size();) {
    if (loop == parts_.loops.size() || i < parts_.loops[loop].begin) {
      if (!runOp(parts_.ops[i], scratch, check)) return static_cast<int64_t>(i);
      i++;
      continue;
    }
    const Loop& range = parts_.loops[loop++];
    for (int64_t n = 0; n < range.steps; n++) {
      for (i = range.begin; i < range.end; i++) {
        parts_.ops[i].bind(arena_, range.reverse ? range.steps - 1 - n : n, true);
        if (!runOp(parts_.ops[i], scratch, check)) return static_cast<int64_t>(i);
      }
    }
  }
  return -1;
}

}  // namespace ostinato
