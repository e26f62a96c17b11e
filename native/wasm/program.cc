// The counterpart of binding/program_object.cc. A call of JavaScript binds a program, writes its feeds, runs it and
// reads its outputs, without a turn for anybody else in between.
#include "runtime/program.h"

#include "wasm/exports.h"
#include "wasm/failure.h"
#include "wasm/handles.h"
#include "wasm/reply.h"

namespace ostinato {
namespace {

constexpr const char* kValues = "the program's values";

std::vector<int64_t> numbersAt(const int32_t* numbers, uint32_t count) { return {numbers, numbers + count}; }

// 1, or 0 after a failure.
template <class F>
int32_t done(const char* purpose, F&& call) {
  return guarded(purpose, 0, [&] {
    call();
    return 1;
  });
}

}  // namespace

OSTINATO_EXPORT(programCreate)
ProgramHandle* programCreate(StoreHandle* store, const double* words, uint32_t count, int32_t keepsTimes) {
  return guarded("the program", static_cast<ProgramHandle*>(nullptr), [&] {
    // The size of its arena (runtime/program.h): a program that is right, and too large for a module.
    if (count > 7 && words[7] > static_cast<double>(kMaxArenaBytes)) throw std::bad_alloc();
    return new ProgramHandle{
        std::make_shared<Program>(*store, words, count,
                                  ProgramOptions{.precision = Precision::highest, .keepsTimes = keepsTimes != 0}),
        {}};
  });
}

OSTINATO_EXPORT(programRelease) void programRelease(ProgramHandle* handle) { delete handle; }

OSTINATO_EXPORT(programBind) int32_t programBind(ProgramHandle* handle, int32_t repeatedly) {
  return done(kValues, [&] { handle->program->bind(repeatedly ? Runs::repeatedly : Runs::once); });
}

// Where a bound program wants a feed of this many elements; 0 after a failure.
OSTINATO_EXPORT(programFeed) void* programFeed(ProgramHandle* handle, int32_t feed, uint32_t elements) {
  return guarded("a feed", static_cast<void*>(nullptr), [&]() -> void* {
    const TensorView& view = handle->program->feed(feed);
    if (view.elements() == static_cast<int64_t>(elements)) return view.data;
    throw std::invalid_argument("expected feed " + std::to_string(feed) + " to hold " +
                                std::to_string(view.elements()) + " values, got " + std::to_string(elements));
  });
}

// The op that wrote a NaN or an infinity, -1 for none; -2 after a failure.
OSTINATO_EXPORT(programRun) int32_t programRun(ProgramHandle* handle, int32_t check) {
  return guarded(kValues, -2, [&] { return static_cast<int32_t>(handle->program->run(check != 0)); });
}

OSTINATO_EXPORT(programReplay)
int32_t programReplay(ProgramHandle* handle, int32_t steps, const int32_t* links, uint32_t linkCount,
                      const int32_t* counters, uint32_t counterCount, const int32_t* collected,
                      uint32_t collectedCount) {
  return done("what a replay feeds back", [&] {
    Replay replay;
    replay.steps = steps;
    for (uint32_t i = 0; i + 1 < linkCount; i += 2) replay.links.emplace_back(links[i], links[i + 1]);
    replay.counters = numbersAt(counters, counterCount);
    replay.collected = numbersAt(collected, collectedCount);
    Program& program = *handle->program;
    program.expectReplay(replay);
    handle->collected.clear();
    std::vector<char*> memory;
    for (const int64_t output : replay.collected) {
      handle->collected.emplace_back(static_cast<size_t>(program.output(output).elements() * steps) * 4);
      memory.push_back(handle->collected.back().data());
    }
    program.replay(replay, memory);
  });
}

OSTINATO_EXPORT(programOutput) const void* programOutput(ProgramHandle* handle, int32_t output) {
  return handle->program->output(output).data;
}

OSTINATO_EXPORT(programOutputCount) int32_t programOutputCount(ProgramHandle* handle) {
  return static_cast<int32_t>(handle->program->outputCount());
}

OSTINATO_EXPORT(programOutputElements) uint32_t programOutputElements(ProgramHandle* handle, int32_t output) {
  return static_cast<uint32_t>(handle->program->output(output).elements());
}

OSTINATO_EXPORT(programOutputIsInteger) int32_t programOutputIsInteger(ProgramHandle* handle, int32_t output) {
  return handle->program->output(output).dtype == DType::i32;
}

OSTINATO_EXPORT(programCollected) const void* programCollected(ProgramHandle* handle, uint32_t i) {
  return handle->collected[i].data();
}

// Leaves number, begin and end of each op that ran as the reply.
OSTINATO_EXPORT(programTimes) void programTimes(ProgramHandle* handle) {
  reply().clear();
  for (const OpTime& time : handle->program->takeTimes()) {
    reply().insert(reply().end(), {static_cast<double>(time.op), time.begin, time.end});
  }
}

}  // namespace ostinato
