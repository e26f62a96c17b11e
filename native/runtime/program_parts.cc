#include "runtime/program_parts.h"

#include <string>
#include <utility>

#include "ops/registry.h"
#include "runtime/program_value.h"
#include "runtime/steady_operands.h"
#include "runtime/word_reader.h"

namespace ostinato {
namespace {

constexpr int64_t kMaxValues = 1 << 20;
constexpr int64_t kMaxOperands = 1 << 14;
constexpr int64_t kMaxAttributes = 64;

class ProgramReader {
 public:
  ProgramReader(const double* words, size_t count, const Store& store) : reader_("program", words, count) {
    if (reader_.number("the magic number") != kProgramMagic) {
      malformedProgram("it does not begin with the magic number");
    }
    if (reader_.number("the version") != kProgramVersion) malformedProgram("its version is not 2");
    valueCount_ = reader_.integer("the number of values", 0, kMaxValues);
    opCount_ = reader_.integer("the number of ops", 0, kMaxValues);
    const int64_t feedCount = reader_.integer("the number of feeds", 0, kMaxValues);
    const int64_t outputCount = reader_.integer("the number of outputs", 0, kMaxValues);
    const int64_t loopCount = reader_.integer("the number of loops", 0, kMaxValues);
    arenaBytes_ = reader_.integer("the arena's size", 0, kMaxArenaBytes);
    program_.arenaBytes = static_cast<size_t>(arenaBytes_);
    readValues(store);
    readPorts(feedCount, outputCount);
    readLoops(loopCount);
    readOps();
    if (reader_.left() != 0) malformedProgram("it goes on after its end");
  }

  ProgramParts take() { return std::move(program_); }

 private:
  void readValues(const Store& store) {
    // Every value takes at least 4 words, so hostile counts end here and not in an allocation.
    if (static_cast<size_t>(valueCount_) > reader_.left() / 4) malformedProgram("it ends before its values");
    values_.reserve(static_cast<size_t>(valueCount_));
    for (int64_t i = 0; i < valueCount_; i++) values_.push_back(readValue(reader_, arenaBytes_, store));
  }

  ProgramValue readPort(const char* what) {
    const ProgramValue& value = values_[static_cast<size_t>(reader_.integer(what, 0, valueCount_ - 1))];
    if (!value.hasMemory()) malformedProgram(std::string(what) + " has no memory");
    if (value.moves()) malformedProgram(std::string(what) + " moves");
    return value;
  }

  void readPorts(int64_t feedCount, int64_t outputCount) {
    for (int64_t i = 0; i < feedCount; i++) {
      const ProgramValue value = readPort("a feed");
      if (value.placement != Placement::arena) malformedProgram("a feed is not in the arena");
      program_.feeds.push_back({value.view, value.location});
      fed_.emplace_back(value, 1);
    }
    for (int64_t i = 0; i < outputCount; i++) {
      const ProgramValue value = readPort("an output");
      program_.outputs.push_back({value.view, value.inArena() ? value.location : -1});
      given_.emplace_back(value, 1);
    }
  }

  void readLoops(int64_t loopCount) {
    for (int64_t i = 0, end = 0; i < loopCount; i++) {
      const int64_t begin = reader_.integer("a loop's begin", end, opCount_);
      end = reader_.integer("a loop's end", begin + 1, opCount_);
      const int64_t steps = reader_.integer("a loop's steps", 1, kMaxValues);
      const bool reverse = reader_.integer("a direction", 0, 1) == 1;
      program_.loops.push_back({static_cast<size_t>(begin), static_cast<size_t>(end), steps, reverse});
    }
  }

  void readOps() {
    SteadyOperands steady;
    auto loop = program_.loops.cbegin();
    const auto end = program_.loops.cend();
    for (size_t i = 0; i < static_cast<size_t>(opCount_); i++) {
      for (; loop != end && i >= loop->end; loop++) steady.closeLoop(program_.ops);
      const bool inLoop = loop != end && i >= loop->begin;
      auto [op, extents] = readOp(inLoop ? &*loop : nullptr);
      extents.expectApart(*op.operation);
      for (size_t k = 0; k < fed_.size(); k++) {
        if (extents.changes(*op.operation, fed_[k])) program_.feeds[k].stays = false;
      }
      if (inLoop) steady.sees(i, *op.operation, extents);
      noteMakers(i, inLoop, extents);
      program_.ops.push_back(std::move(op));
    }
    steady.closeLoop(program_.ops);
    SteadyOperands::findForRuns(program_);
  }

  // Memory of the arena serves many values: who touches it last is who counts.
  void noteMakers(size_t op, bool inLoop, const OpExtents& extents) {
    for (size_t k = 0; k < given_.size(); k++) {
      const Extent& output = given_[k];
      int64_t& maker = program_.outputs[k].maker;
      if (output.overlapsAny(extents.read)) maker = -1;
      if (!output.overlapsAny(extents.written)) continue;
      const Extent& first = extents.written.front();
      const bool makes = !inLoop && first.begin == output.begin && first.end == output.end;
      maker = makes && !output.overlapsAny({extents.written.begin() + 1, extents.written.end()})
                  ? static_cast<int64_t>(op)
                  : -1;
    }
  }

  std::pair<BoundOp, OpExtents> readOp(const Loop* loop) {
    BoundOp op;
    OpExtents extents;
    op.operation = &operationOf(reader_.integer("an op code", 0, operationCount() - 1));
    const int64_t operandCount = reader_.integer("the number of operands", 0, kMaxOperands);
    for (int64_t k = 0; k < operandCount; k++) readOperand(k, loop, op, extents);
    const int64_t resultCount = reader_.integer("the number of results", 0, kMaxOperands);
    for (int64_t k = 0; k < resultCount; k++) readResult(k, loop, op, extents);
    const int64_t attributeCount = reader_.integer("the number of attributes", 0, kMaxAttributes);
    for (int64_t k = 0; k < attributeCount; k++) op.attributes.push_back(reader_.number("an attribute"));
    op.kept.resize(op.operands.size());
    return {std::move(op), std::move(extents)};
  }

  void readOperand(int64_t k, const Loop* loop, BoundOp& op, OpExtents& extents) {
    const char* name = op.operation->name;
    const int64_t id = reader_.integer("an operand", -1, valueCount_ - 1);
    if (id < 0) {
      op.operands.emplace_back();
      extents.read.emplace_back();
      return;
    }
    const ProgramValue& value = values_[static_cast<size_t>(id)];
    const bool mutates = k < 32 && (op.operation->mutates >> k & 1);
    const bool consumes = k < 32 && (op.operation->consumes >> k & 1);
    if (!value.hasMemory()) refuse(name, "operand " + std::to_string(k) + " has no memory");
    if (mutates && value.placement != Placement::variable) {
      refuse(name, "operand " + std::to_string(k) + " is updated in place and must be a variable");
    }
    if (consumes && value.placement == Placement::variable) {
      refuse(name, "operand " + std::to_string(k) + " is used up and must be in the arena");
    }
    if (mutates) noteChange(value);
    extents.read.push_back(place(value, op.operands.size(), loop, op));
    if (k > 0 && op.operation->implementation.keeps) op.keeps.push_back({static_cast<int>(k), value.copies});
    op.operands.push_back(value.view);
  }

  void readResult(int64_t k, const Loop* loop, BoundOp& op, OpExtents& extents) {
    const ProgramValue& value = values_[static_cast<size_t>(reader_.integer("a result", 0, valueCount_ - 1))];
    const bool optional = k < 32 && (op.operation->optionalResults >> k & 1);
    if (!value.hasMemory() && !optional) {
      refuse(op.operation->name, "result " + std::to_string(k) + " has no memory");
    }
    if (value.placement == Placement::variable && !op.operation->view) noteChange(value);
    extents.written.push_back(place(value, op.operands.size() + op.results.size(), loop, op));
    op.results.push_back(value.view);
  }

  // Packed or rounded copies of a variable do not outlive it.
  void noteChange(const ProgramValue& variable) { program_.changed.push_back(variable.copies); }

  // Notes where a value lies, by its index among operands and results.
  Extent place(const ProgramValue& value, size_t index, const Loop* loop, BoundOp& op) {
    const int64_t steps = loop ? loop->steps : 1;
    if (value.moves()) {
      if (!loop) refuse(op.operation->name, "a value moves outside of loops");
      const int64_t room = arenaBytes_ - value.location;
      if (value.bytes() > room / steps) refuse(op.operation->name, "a value moves beyond the arena");
    }
    if (value.inArena()) op.places.push_back({index, value.location, value.moves() ? value.bytes() : 0});
    return Extent(value, steps);
  }

  WordReader reader_;
  int64_t valueCount_, opCount_, arenaBytes_;
  std::vector<ProgramValue> values_;
  std::vector<Extent> fed_, given_;
  ProgramParts program_;
};

}  // namespace

void malformedProgram(const std::string& what) { throw ProgramError("malformed program: " + what); }

ProgramParts readProgram(const double* words, size_t count, const Store& store) {
  return ProgramReader(words, count, store).take();
}

void BoundOp::bind(char* arena, int64_t step, bool movingOnly) {
  for (const Place& place : places) {
    if (movingOnly && place.stride == 0) continue;
    TensorView& view = place.index < operands.size() ? operands[place.index] : results[place.index - operands.size()];
    view.data = arena + place.offset + step * place.stride;
  }
}

}  // namespace ostinato
