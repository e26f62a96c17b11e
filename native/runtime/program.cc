#include "runtime/program.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <shared_mutex>
#include <string>

#include "ops/registry.h"
#include "runtime/configuration.h"
#include "runtime/word_reader.h"

namespace ostinato {
namespace {

constexpr int64_t kMaxArenaBytes = int64_t{1} << 38;
constexpr int64_t kMaxValues = 1 << 20;
constexpr int64_t kMaxOperands = 1 << 14;
constexpr int64_t kMaxAttributes = 64;

[[noreturn]] void malformed(const std::string& what) { throw ProgramError("malformed program: " + what); }

enum class Placement { arena, variable, none, moving };

struct Value {
  TensorView view;  // data: of variables only
  Placement placement;
  int64_t location;  // in the arena, or the number of a variable

  int64_t bytes() const { return view.elements() * 4; }
  bool inArena() const { return placement == Placement::arena || placement == Placement::moving; }
  bool moves() const { return placement == Placement::moving; }
  bool hasMemory() const { return placement != Placement::none; }
};

// Memory that an op reads or writes in one step, and in all of them: bytes of the arena, or a whole variable.
struct Extent {
  Placement placement = Placement::none;
  int64_t begin = 0, end = 0, last = 0;

  Extent() = default;  // of an operand that is absent
  Extent(const Value& value, int64_t steps)
      : placement(value.placement),
        begin(value.location),
        end(begin + (value.inArena() ? value.bytes() : 1)),
        last(value.moves() ? begin + value.bytes() * steps : end) {}

  bool moves() const { return placement == Placement::moving; }
  bool sameMemoryAs(const Extent& other) const {
    if (placement == Placement::none || other.placement == Placement::none) return false;
    return (placement == Placement::variable) == (other.placement == Placement::variable);
  }
};

Value readValue(WordReader& reader, int64_t arenaBytes, const Store& store) {
  Value value;
  value.view.present = true;
  value.view.dtype = reader.integer("a dtype", 0, 1) == 0 ? DType::f32 : DType::i32;
  value.placement = static_cast<Placement>(reader.integer("a storage", 0, 3));
  value.location = reader.integer("a location", 0, kMaxArenaBytes);
  value.view.rank = static_cast<int>(reader.integer("a rank", 0, kMaxRank));
  int64_t elements = 1;
  for (int i = 0; i < value.view.rank; i++) {
    value.view.dims[i] = reader.integer("a size", 1, Store::kMaxElements);
    if (elements > Store::kMaxElements / value.view.dims[i]) malformed("a value has too many elements");
    elements *= value.view.dims[i];
  }
  if (value.inArena()) {
    if (value.location % 4) malformed("an offset is not a multiple of 4");
    if (value.location > arenaBytes || elements * 4 > arenaBytes - value.location) {
      malformed("a value ends beyond the arena");
    }
  } else if (value.placement == Placement::variable) {
    if (value.location >= store.size())
      malformed("variable " + std::to_string(value.location) + " is not in the store");
    const Store::Variable& variable = store.variable(value.location);
    if (variable.dtype != value.view.dtype || variable.elements != elements) {
      malformed("a value does not fit variable " + std::to_string(value.location));
    }
    value.view.data = variable.memory.data();
    value.view.compact = variable.compact.get();
  }
  return value;
}

bool overlap(const Extent& a, const Extent& b) {
  if (!a.sameMemoryAs(b)) return false;
  // What moves together keeps its distance.
  const bool together = a.moves() && b.moves() && a.end - a.begin == b.end - b.begin;
  return a.begin < (together ? b.end : b.last) && b.begin < (together ? a.end : a.last);
}

// Ops check ids and lengths once and trust them while they write: a result must not lie on top of them. Nor may an
// operand that is updated or used up lie on another.
void expectApart(const Operation& operation, const std::vector<Extent>& operands, const std::vector<Extent>& results) {
  const auto expect = [&](bool apart) {
    if (!apart) refuse(operation.name, "its values overlap in memory");
  };
  if (operation.view) {
    expect(operands.size() == 1 && results.size() == 1 && operands[0].sameMemoryAs(results[0]) &&
           operands[0].begin == results[0].begin && operands[0].moves() == results[0].moves());
    return;
  }
  for (size_t r = 0; r < results.size(); r++) {
    for (const Extent& operand : operands) expect(!overlap(results[r], operand));
    for (size_t other = 0; other < r; other++) expect(!overlap(results[r], results[other]));
  }
  for (size_t k = 0; k < operands.size() && k < 32; k++) {
    if (((operation.mutates | operation.consumes) >> k & 1) == 0) continue;
    for (size_t other = 0; other < operands.size(); other++) {
      expect(other == k || !overlap(operands[k], operands[other]));
    }
  }
}

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

Program::Program(std::shared_ptr<Store> store, const double* words, size_t count, Precision precision)
    : store_(std::move(store)), precision_(precision) {
  WordReader reader("program", words, count);
  if (reader.number("the magic number") != kProgramMagic) malformed("it does not begin with the magic number");
  if (reader.number("the version") != kProgramVersion) malformed("its version is not 2");
  const int64_t valueCount = reader.integer("the number of values", 0, kMaxValues);
  const int64_t opCount = reader.integer("the number of ops", 0, kMaxValues);
  const int64_t feedCount = reader.integer("the number of feeds", 0, kMaxValues);
  const int64_t outputCount = reader.integer("the number of outputs", 0, kMaxValues);
  const int64_t loopCount = reader.integer("the number of loops", 0, kMaxValues);
  const int64_t arenaBytes = reader.integer("the arena's size", 0, kMaxArenaBytes);
  // Every value takes at least 4 words, so hostile counts end here and not in an allocation.
  if (static_cast<size_t>(valueCount) > reader.left() / 4) malformed("it ends before its values");
  arenaBytes_ = static_cast<size_t>(arenaBytes);

  std::vector<Value> values;
  values.reserve(static_cast<size_t>(valueCount));
  for (int64_t i = 0; i < valueCount; i++) {
    values.push_back(readValue(reader, arenaBytes, *store_));
  }
  const auto port = [&](const char* what) {
    const Value& value = values[static_cast<size_t>(reader.integer(what, 0, valueCount - 1))];
    if (!value.hasMemory()) malformed(std::string(what) + " has no memory");
    if (value.moves()) malformed(std::string(what) + " moves");
    return value;
  };
  std::vector<Extent> fed;
  for (int64_t i = 0; i < feedCount; i++) {
    const Value value = port("a feed");
    if (value.placement != Placement::arena) malformed("a feed is not in the arena");
    feeds_.push_back({value.view, value.location, true});
    fed.emplace_back(value, 1);
  }
  for (int64_t i = 0; i < outputCount; i++) {
    const Value value = port("an output");
    outputs_.push_back({value.view, value.inArena() ? value.location : -1, true});
  }
  for (int64_t i = 0, end = 0; i < loopCount; i++) {
    const int64_t begin = reader.integer("a loop's begin", end, opCount);
    end = reader.integer("a loop's end", begin + 1, opCount);
    const int64_t steps = reader.integer("a loop's steps", 1, kMaxValues);
    loops_.push_back(
        {static_cast<size_t>(begin), static_cast<size_t>(end), steps, reader.integer("a direction", 0, 1) == 1});
  }

  size_t loop = 0;
  // Of the running loop: what its ops write, and operand 1 of those that would keep something of it.
  std::vector<Extent> changed;
  std::vector<std::pair<size_t, Extent>> steady;
  const auto closeLoop = [&] {
    for (const auto& [op, extent] : steady) {
      const auto changes = [&extent = extent](const Extent& other) { return overlap(extent, other); };
      ops_[op].steadyInLoop = std::none_of(changed.begin(), changed.end(), changes);
    }
    changed.clear();
    steady.clear();
  };
  for (int64_t i = 0; i < opCount; i++) {
    while (loop < loops_.size() && static_cast<size_t>(i) >= loops_[loop].end) {
      closeLoop();
      loop++;
    }
    const bool inLoop = loop < loops_.size() && static_cast<size_t>(i) >= loops_[loop].begin;
    const int64_t steps = inLoop ? loops_[loop].steps : 1;
    std::vector<Extent> read, written;
    BoundOp op;
    const auto bind = [&](const Value& value, size_t index) {
      if (value.moves()) {
        if (!inLoop) refuse(op.operation->name, "a value moves outside of loops");
        const int64_t room = arenaBytes - value.location;
        if (value.bytes() > room / steps) refuse(op.operation->name, "a value moves beyond the arena");
      }
      if (value.inArena()) op.places.push_back({index, value.location, value.moves() ? value.bytes() : 0});
      return Extent(value, steps);
    };
    op.operation = &operationOf(reader.integer("an op code", 0, operationCount() - 1));
    const char* name = op.operation->name;
    const int64_t operandCount = reader.integer("the number of operands", 0, kMaxOperands);
    for (int64_t k = 0; k < operandCount; k++) {
      const int64_t id = reader.integer("an operand", -1, valueCount - 1);
      if (id < 0) {
        op.operands.emplace_back();
        read.emplace_back();
        continue;
      }
      const Value& value = values[static_cast<size_t>(id)];
      if (!value.hasMemory()) refuse(name, "operand " + std::to_string(k) + " has no memory");
      if (k < 32 && (op.operation->mutates >> k & 1) && value.placement != Placement::variable) {
        refuse(name, "operand " + std::to_string(k) + " is updated in place and must be a variable");
      }
      if (k < 32 && (op.operation->mutates >> k & 1))
        changed_.push_back(const_cast<CompactWeights*>(value.view.compact));
      if (k < 32 && (op.operation->consumes >> k & 1) && value.placement == Placement::variable) {
        refuse(name, "operand " + std::to_string(k) + " is used up and must be in the arena");
      }
      read.push_back(bind(value, op.operands.size()));
      op.operands.push_back(value.view);
    }
    const int64_t resultCount = reader.integer("the number of results", 0, kMaxOperands);
    for (int64_t k = 0; k < resultCount; k++) {
      const Value& value = values[static_cast<size_t>(reader.integer("a result", 0, valueCount - 1))];
      const bool optional = k < 32 && (op.operation->optionalResults >> k & 1);
      if (!value.hasMemory() && !optional) refuse(name, "result " + std::to_string(k) + " has no memory");
      // Packed or rounded copies of a variable do not outlive it.
      if (value.placement == Placement::variable && !op.operation->view) {
        changed_.push_back(const_cast<CompactWeights*>(value.view.compact));
      }
      written.push_back(bind(value, op.operands.size() + op.results.size()));
      op.results.push_back(value.view);
    }
    expectApart(*op.operation, read, written);
    const bool alters = (op.operation->mutates | op.operation->consumes) != 0;
    const auto touches = [](const std::vector<Extent>& extents, const Extent& feed) {
      return std::any_of(extents.begin(), extents.end(), [&](const Extent& extent) { return overlap(extent, feed); });
    };
    for (size_t k = 0; k < fed.size(); k++) {
      const bool changes = (!op.operation->view && touches(written, fed[k])) || (alters && touches(read, fed[k]));
      if (changes) feeds_[k].stays = false;
    }
    if (inLoop) {
      changed.insert(changed.end(), written.begin(), written.end());
      if (alters) changed.insert(changed.end(), read.begin(), read.end());
      if (op.operation->implementation.keeps && read.size() > 1 && !read[1].moves())
        steady.emplace_back(ops_.size(), read[1]);
    }
    const int64_t attributeCount = reader.integer("the number of attributes", 0, kMaxAttributes);
    for (int64_t k = 0; k < attributeCount; k++) op.attributes.push_back(reader.number("an attribute"));
    ops_.push_back(std::move(op));
  }
  closeLoop();
  for (BoundOp& op : ops_) {
    // changed_ is complete only now.
    const CompactWeights* own = op.operands.size() > 1 ? op.operands[1].compact : nullptr;
    op.steadyForRuns =
        op.operation->implementation.keeps && own && std::find(changed_.begin(), changed_.end(), own) == changed_.end();
  }
  if (reader.left() != 0) malformed("it goes on after its end");
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
              precision_,
              op.kept.memory ? &op.kept : nullptr,
              op.operation};
}

// Checks all ops with their memory hidden, since a check must only look at shapes, and finds the largest scratch and
// the places of what ops keep.
void Program::prepareScratch() {
  size_t bytes = 0;
  for (BoundOp& own : ops_) {
    BoundOp op = own;
    for (TensorView& view : op.operands) view.data = nullptr;
    for (TensorView& view : op.results) view.data = nullptr;
    bytes = std::max(bytes, op.operation->check(callOf(op, nullptr)));
    own.keptBytes = own.steadyInLoop || own.steadyForRuns ? op.operation->implementation.keeps(callOf(op, nullptr)) : 0;
  }
  size_t end = arenaBytes_;
  const auto place = [&](bool inLoop) {
    for (BoundOp& op : ops_) {
      if (op.steadyInLoop != inLoop || op.keptBytes == 0) continue;
      op.keptOffset = (end + 63) / 64 * 64;
      end = op.keptOffset + op.keptBytes;
    }
    return end;
  };
  keptOnceBytes_ = place(true);
  keptBytes_ = place(false);
  if (bytes > static_cast<size_t>(kMaxArenaBytes)) malformed("an op asks for too much scratch memory");
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
  for (std::vector<Port>* ports : {&feeds_, &outputs_}) {
    for (Port& port : *ports) {
      if (port.offset >= 0) port.view.data = arena_ + port.offset;
    }
  }
  for (BoundOp& op : ops_) op.bind(arena_, 0, false);
}

void Program::BoundOp::bind(char* arena, int64_t step, bool movingOnly) {
  for (const Place& place : places) {
    if (movingOnly && place.stride == 0) continue;
    TensorView& view = place.index < operands.size() ? operands[place.index] : results[place.index - operands.size()];
    view.data = arena + place.offset + step * place.stride;
  }
}

bool Program::runOp(const BoundOp& op, void* scratch, bool check) const {
  try {
    op.operation->run(callOf(op, scratch));
  } catch (const InputError& error) {
    throw InputError(std::string(op.operation->name) + ": " + error.what(), &op - ops_.data());
  }
  return !check || std::all_of(op.results.begin(), op.results.end(), allFinite);
}

int64_t Program::run(bool check) {
  std::shared_lock<std::shared_mutex> lock(configurationLock());
  if (configuration_ != configurationVersion()) {
    prepareScratch();
    // What was packed for other threads is of no use.
    hasRun_ = false;
  }
  for (CompactWeights* compact : changed_) compact->clear();
  void* scratch = store_->scratch(scratchBytes_);
  // After a change of threads there may be no room for what ops keep; they then do without.
  const bool keeps = workspaceBytes(runs_) <= boundBytes_;
  for (const BoundOp& op : ops_) {
    const bool now = keeps && op.keptBytes > 0 && (op.steadyInLoop || runs_ == Runs::repeatedly);
    const bool made = now && op.steadyForRuns && hasRun_ && op.kept.made;
    op.kept = {now ? arena_ + op.keptOffset : nullptr, made};
  }
  hasRun_ = true;
  size_t loop = 0;
  for (size_t i = 0; i < ops_.size();) {
    if (loop == loops_.size() || i < loops_[loop].begin) {
      if (!runOp(ops_[i], scratch, check)) return static_cast<int64_t>(i);
      i++;
      continue;
    }
    const Loop& range = loops_[loop++];
    for (int64_t n = 0; n < range.steps; n++) {
      for (i = range.begin; i < range.end; i++) {
        ops_[i].bind(arena_, range.reverse ? range.steps - 1 - n : n, true);
        if (!runOp(ops_[i], scratch, check)) return static_cast<int64_t>(i);
      }
    }
  }
  return -1;
}

void Program::expectReplay(const Replay& replay) const {
  const auto expect = [](bool fits, const char* what) {
    if (!fits) throw ProgramError(std::string("replay: ") + what);
  };
  const auto isFeed = [&](int64_t i) { return i >= 0 && i < feedCount(); };
  const auto isOutput = [&](int64_t i) { return i >= 0 && i < outputCount(); };
  expect(replay.steps >= 1 && replay.steps <= Replay::kMaxSteps, "the number of steps is out of range");
  for (const auto& [from, to] : replay.links) {
    expect(isOutput(from) && isFeed(to), "a link leads nowhere");
    expect(output(from).dtype == feed(to).dtype && output(from).elements() == feed(to).elements(),
           "an output does not fit the feed that is to get its value");
  }
  for (const int64_t i : replay.counters) {
    expect(isFeed(i) && feed(i).dtype == DType::i32, "a counter is no feed of whole numbers");
  }
  int64_t bytes = 0;
  for (const int64_t i : replay.collected) {
    expect(isOutput(i), "what is to be collected is no output");
    bytes += replay.steps * output(i).elements() * 4;
    expect(bytes <= Replay::kMaxCollectedBytes, "what is to be collected is larger than 1 GB");
  }
}

void Program::replay(const Replay& replay, const std::vector<char*>& collected) {
  const auto bytesOf = [](const TensorView& view) { return static_cast<size_t>(view.elements()) * 4; };
  const auto copyOf = [&](const TensorView& view) {
    const char* begin = static_cast<const char*>(view.data);
    return std::vector<char>(begin, begin + bytesOf(view));
  };
  // What changes from run to run, and what a run writes over, is fed anew from here.
  std::vector<std::vector<char>> inputs(feeds_.size());
  const auto keep = [&](int64_t i) { inputs[static_cast<size_t>(i)] = copyOf(feed(i)); };
  for (const auto& [from, to] : replay.links) keep(to);
  for (const int64_t i : replay.counters) keep(i);
  for (int64_t i = 0; i < feedCount(); i++) {
    if (!feedStays(i)) keep(i);
  }
  for (int64_t step = 0; step < replay.steps; step++) {
    for (size_t i = 0; i < inputs.size(); i++) {
      if (!inputs[i].empty()) std::memcpy(feeds_[i].view.data, inputs[i].data(), inputs[i].size());
    }
    run(false);
    for (size_t i = 0; i < collected.size(); i++) {
      const TensorView& view = output(replay.collected[i]);
      std::memcpy(collected[i] + static_cast<size_t>(step) * bytesOf(view), view.data, bytesOf(view));
    }
    for (const auto& [from, to] : replay.links) {
      std::memcpy(inputs[static_cast<size_t>(to)].data(), output(from).data, inputs[static_cast<size_t>(to)].size());
    }
    for (const int64_t i : replay.counters) {
      std::vector<char>& input = inputs[static_cast<size_t>(i)];
      uint32_t value;
      std::memcpy(&value, input.data() + input.size() - 4, 4);
      value++;
      std::memcpy(input.data() + input.size() - 4, &value, 4);
    }
  }
}

}  // namespace ostinato
