// One hand-made program for each reason to refuse one, with its message. Programs come from JavaScript, where anybody
// can write one: what is not refused is run.
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "runtime/program.h"
#include "test_tensors.h"

using namespace ostinato;

namespace {

using Words = std::vector<double>;

// A program in parts. A value: dtype (0 f32, 1 i32), storage (0 arena, 1 variable, 2 none, 3 moving), location, rank,
// sizes.
struct Spec {
  double magic = kProgramMagic, version = kProgramVersion;
  std::vector<Words> values;
  Words feeds, outputs;
  double arena = 256;
  std::vector<Words> loops;  // begin, end, steps, reverse
  std::vector<Words> ops;    // code, operands, results, attributes, each list after its count
  Words rest;

  Words words() const {
    Words all = {magic, version};
    for (const size_t count : {values.size(), ops.size(), feeds.size(), outputs.size(), loops.size()}) {
      all.push_back(static_cast<double>(count));
    }
    all.push_back(arena);
    const auto append = [&](const Words& more) { all.insert(all.end(), more.begin(), more.end()); };
    for (const Words& value : values) append(value);
    append(feeds);
    append(outputs);
    for (const Words& loop : loops) append(loop);
    for (const Words& op : ops) append(op);
    append(rest);
    return all;
  }
};

Words opOf(const std::string& name, const Words& operands, const Words& results, const Words& attributes = {}) {
  Words all = {codeOf(name)};
  for (const Words& list : {operands, results, attributes}) {
    all.push_back(static_cast<double>(list.size()));
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

// y = x + w: x [2,3] fed, w [2,3] variable 0; variable 1 is i32 [4].
Spec sum() {
  Spec spec;
  spec.values = {{0, 0, 0, 2, 2, 3}, {0, 1, 0, 2, 2, 3}, {0, 0, 64, 2, 2, 3}};
  spec.feeds = {0};
  spec.outputs = {2};
  spec.ops = {opOf("add", {0, 1}, {2})};
  return spec;
}

// h row t + 1 = h row t + x row t, in three steps.
Spec loop() {
  Spec spec;
  spec.values = {{0, 0, 0, 2, 3, 2}, {0, 0, 64, 2, 4, 2}, {0, 3, 0, 1, 2}, {0, 3, 64, 1, 2}, {0, 3, 72, 1, 2}};
  spec.feeds = {0, 1};
  spec.outputs = {1};
  spec.arena = 96;
  spec.loops = {{0, 1, 3, 0}};
  spec.ops = {opOf("add", {3, 2}, {4})};
  return spec;
}

std::string verdictOf(const Words& words) {
  auto store = std::make_shared<Store>();
  store->declare(DType::f32, 6);
  store->declare(DType::i32, 4);
  try {
    Program program(store, words.data(), words.size());
  } catch (const ProgramError& error) {
    return error.what();
  }
  return "fits";
}

std::string verdict(Spec spec, const std::function<void(Spec&)>& change) {
  change(spec);
  return verdictOf(spec.words());
}

}  // namespace

TEST_CASE("the programs that are changed here fit as they are") {
  CHECK(verdictOf(sum().words()) == "fits");
  CHECK(verdictOf(loop().words()) == "fits");
}

TEST_CASE("a program begins with its magic number and version, and ends where its counts say") {
  CHECK(verdict(sum(), [](Spec& s) { s.magic++; }) == "malformed program: it does not begin with the magic number");
  CHECK(verdict(sum(), [](Spec& s) { s.version = 1; }) == "malformed program: its version is not 2");
  CHECK(verdict(sum(), [](Spec& s) { s.rest = {0}; }) == "malformed program: it goes on after its end");
  Words words = sum().words();
  words.pop_back();
  CHECK(verdictOf(words) == "malformed program: it ends before the number of attributes");
  CHECK(verdictOf({}) == "malformed program: it ends before the magic number");
  // More values than the words that are left could hold.
  words = {kProgramMagic, kProgramVersion, 3, 0, 0, 0, 0, 64, 0, 0, 0, 0};
  CHECK(verdictOf(words) == "malformed program: it ends before its values");
}

TEST_CASE("counts are whole numbers in their ranges") {
  const char* const names[] = {"the number of values",  "the number of ops",   "the number of feeds",
                               "the number of outputs", "the number of loops", "the arena's size"};
  for (size_t i = 0; i < 6; i++) {
    for (const double value : {-1.0, 0.5, 1e300, std::nan(""), std::numeric_limits<double>::infinity()}) {
      Words words = sum().words();
      words[2 + i] = value;
      CHECK(verdictOf(words).find(std::string("malformed program: ") + names[i] + " is ") == 0);
    }
    Words words = sum().words();
    words[2 + i] = i == 5 ? std::pow(2, 38) + 1 : (1 << 20) + 1;
    CHECK(verdictOf(words).find(std::string("malformed program: ") + names[i] + " is ") == 0);
  }
}

TEST_CASE("values have a type, a storage, a rank and sizes that exist, and lie within the arena or a variable") {
  const auto value = [](size_t word, double now) { return verdict(sum(), [&](Spec& s) { s.values[0][word] = now; }); };
  CHECK(value(0, 2).find("malformed program: a dtype is 2") == 0);
  CHECK(value(1, 4).find("malformed program: a storage is 4") == 0);
  CHECK(value(2, -4).find("malformed program: a location is -4") == 0);
  CHECK(value(3, 7).find("malformed program: a rank is 7") == 0);
  CHECK(value(4, 0).find("malformed program: a size is 0") == 0);
  CHECK(value(4, Store::kMaxElements + 1.0).find("malformed program: a size is ") == 0);
  CHECK(value(2, 2) == "malformed program: an offset is not a multiple of 4");
  CHECK(value(2, 256 - 20) == "malformed program: a value ends beyond the arena");
  CHECK(value(2, 260) == "malformed program: a value ends beyond the arena");
  CHECK(verdict(sum(), [](Spec& s) { s.values[0] = {0, 0, 0, 3, 65536, 65536, 65536}; }) ==
        "malformed program: a value has too many elements");
  CHECK(verdict(sum(), [](Spec& s) { s.values[1][2] = 2; }) == "malformed program: variable 2 is not in the store");
  // Another type, more elements, fewer.
  CHECK(verdict(sum(), [](Spec& s) { s.values[1][2] = 1; }) == "malformed program: a value does not fit variable 1");
  CHECK(verdict(sum(), [](Spec& s) { s.values[1][0] = 1; }) == "malformed program: a value does not fit variable 0");
  CHECK(verdict(sum(), [](Spec& s) { s.values[1][4] = 3; }) == "malformed program: a value does not fit variable 0");
  CHECK(verdict(sum(), [](Spec& s) { s.values[1] = {0, 1, 0, 1, 5}; }) ==
        "malformed program: a value does not fit variable 0");
}

TEST_CASE("feeds are written and outputs read: they have memory, and stay where they are") {
  CHECK(verdict(sum(), [](Spec& s) { s.feeds = {3}; }).find("malformed program: a feed is 3") == 0);
  CHECK(verdict(sum(), [](Spec& s) { s.outputs = {-1}; }).find("malformed program: an output is -1") == 0);
  CHECK(verdict(sum(), [](Spec& s) { s.feeds = {1}; }) == "malformed program: a feed is not in the arena");
  CHECK(verdict(sum(), [](Spec& s) { s.values[0][1] = 2; }) == "malformed program: a feed has no memory");
  CHECK(verdict(sum(), [](Spec& s) { s.values[2][1] = 2; }) == "malformed program: an output has no memory");
  CHECK(verdict(sum(), [](Spec& s) { s.values[0][1] = 3; }) == "malformed program: a feed moves");
  CHECK(verdict(sum(), [](Spec& s) { s.values[2][1] = 3; }) == "malformed program: an output moves");
  CHECK(verdict(sum(), [](Spec& s) { s.outputs = {1}; }) == "fits");  // a variable
}

TEST_CASE("loops follow each other, are not empty, and have steps") {
  const auto loops = [](const std::vector<Words>& now) { return verdict(loop(), [&](Spec& s) { s.loops = now; }); };
  CHECK(loops({{0, 0, 3, 0}}).find("malformed program: a loop's end is 0") == 0);
  CHECK(loops({{0, 2, 3, 0}}).find("malformed program: a loop's end is 2") == 0);
  CHECK(loops({{2, 3, 3, 0}}).find("malformed program: a loop's begin is 2") == 0);
  CHECK(loops({{0, 1, 3, 0}, {0, 1, 3, 0}}).find("malformed program: a loop's begin is 0") == 0);
  CHECK(loops({{0, 1, 0, 0}}).find("malformed program: a loop's steps is 0") == 0);
  CHECK(loops({{0, 1, 3, 2}}).find("malformed program: a direction is 2") == 0);
}

TEST_CASE("what moves stays in the arena for all steps, and moves only in loops") {
  CHECK(verdict(loop(), [](Spec& s) { s.loops[0][2] = 4; }) == "add: a value moves beyond the arena");
  CHECK(verdict(loop(), [](Spec& s) { s.arena = 92; }) == "malformed program: a value ends beyond the arena");
  CHECK(verdict(loop(), [](Spec& s) {
          s.values[1] = {0, 0, 64, 2, 3, 2};
          s.arena = 92;
        }) == "add: a value moves beyond the arena");
  CHECK(verdict(loop(), [](Spec& s) { s.loops.clear(); }) == "add: a value moves outside of loops");
  // Before a loop, and after it.
  for (const double begin : {0.0, 1.0}) {
    CHECK(verdict(loop(), [&](Spec& s) {
            s.ops.push_back(s.ops[0]);
            s.loops[0] = {begin, begin + 1, 3, 0};
          }) == "add: a value moves outside of loops");
  }
}

TEST_CASE("ops exist, and read and write what exists and has memory") {
  const auto op = [](const Words& now) { return verdict(sum(), [&](Spec& s) { s.ops[0] = now; }); };
  CHECK(op({-1, 0, 0, 0}).find("malformed program: an op code is -1") == 0);
  CHECK(op({static_cast<double>(operationCount()), 0, 0, 0}).find("malformed program: an op code is ") == 0);
  CHECK(op({codeOf("add"), 1e6, 0, 0}).find("malformed program: the number of operands is ") == 0);
  CHECK(op({codeOf("add"), 0, 1e6, 0}).find("malformed program: the number of results is ") == 0);
  CHECK(op({codeOf("add"), 0, 0, 65}).find("malformed program: the number of attributes is 65") == 0);
  CHECK(op(opOf("add", {0, 3}, {2})).find("malformed program: an operand is 3") == 0);
  CHECK(op(opOf("add", {0, -2}, {2})).find("malformed program: an operand is -2") == 0);
  CHECK(op(opOf("add", {0, 1}, {-1})).find("malformed program: a result is -1") == 0);
  CHECK(op(opOf("add", {0, 1}, {3})).find("malformed program: a result is 3") == 0);
  CHECK(op(opOf("add", {0, -1}, {2})) == "add: expected b, got nothing");
  const auto without = [](size_t value) {
    return verdict(sum(), [&](Spec& s) {
      s.feeds = s.outputs = {};
      s.values[value][1] = 2;
    });
  };
  CHECK(without(0) == "add: operand 0 has no memory");
  CHECK(without(2) == "add: result 0 has no memory");
  // Which row is the largest may be left unwritten, the largest itself not.
  const auto largest = [](double valueStorage, double indexStorage) {
    return verdict(sum(), [&](Spec& s) {
      s.values = {{0, 0, 0, 2, 2, 3}, {0, valueStorage, 64, 1, 3}, {1, indexStorage, 128, 1, 3}};
      s.outputs = {};
      s.ops = {opOf("max", {0}, {1, 2}, {0})};
    });
  };
  CHECK(largest(0, 0) == "fits");
  CHECK(largest(0, 2) == "fits");
  CHECK(largest(2, 0) == "max: result 0 has no memory");
}

TEST_CASE("only variables are updated in place, and none is used up") {
  const auto assign = [](double target) {
    return verdict(sum(), [&](Spec& s) { s.ops = {opOf("assign", {target, 0, -1}, {})}; });
  };
  CHECK(assign(1) == "fits");
  CHECK(assign(2) == "assign: operand 0 is updated in place and must be a variable");
  // The gradient of the cross-entropy leaves anything in the logits, operand 5. N = 2, H = 1, V = 3.
  const auto gradient = [](const Words& logits) {
    Spec s;
    s.values = {{0, 0, 0, 2, 2, 1}, {0, 0, 64, 2, 3, 1},  {1, 0, 128, 1, 2},    {0, 0, 192, 2, 2, 2}, logits,
                {0, 0, 320, 1, 2},  {0, 0, 384, 2, 2, 1}, {0, 0, 448, 2, 3, 1}, {0, 2, 0, 1, 3}};
    s.arena = 512;
    s.ops = {opOf("linearCrossEntropyGradient", {0, 1, -1, 2, 3, 4, 5}, {6, 7, 8})};
    return verdictOf(s.words());
  };
  CHECK(gradient({0, 0, 256, 2, 2, 3}) == "fits");
  CHECK(gradient({0, 1, 0, 2, 2, 3}) == "linearCrossEntropyGradient: operand 5 is used up and must be in the arena");
  // On top of x, which is read meanwhile, and of the targets, which were checked; operand 2 is absent.
  for (const double at : {0.0, 128.0}) {
    CHECK(gradient({0, 0, at, 2, 2, 3}) == "linearCrossEntropyGradient: its values overlap in memory");
  }
}

TEST_CASE("an op's results lie on nothing else that it reads or writes") {
  const std::string refused = ": its values overlap in memory";
  const auto add = [](double resultAt) { return verdict(sum(), [&](Spec& s) { s.values[2][2] = resultAt; }); };
  // x is bytes 0 to 24.
  CHECK(add(0) == "add" + refused);
  CHECK(add(20) == "add" + refused);
  CHECK(add(24) == "fits");
  const auto placed = [](double x, double y) {
    return verdict(sum(), [&](Spec& s) {
      s.values[0][2] = x;
      s.values[2][2] = y;
    });
  };
  CHECK(placed(44, 64) == "add" + refused);
  CHECK(placed(40, 64) == "fits");
  // On the variable that it reads.
  CHECK(verdict(sum(), [](Spec& s) { s.values[2] = {0, 1, 0, 2, 2, 3}; }) == "add" + refused);
  const auto results = [](double first, double second) {
    return verdict(sum(), [&](Spec& s) {
      s.values = {{0, 0, 0, 2, 2, 3}, {0, 0, first, 1, 3}, {1, 0, second, 1, 3}};
      s.outputs = {};
      s.ops = {opOf("max", {0}, {1, 2}, {0})};
    });
  };
  CHECK(results(64, 72) == "max" + refused);
  CHECK(results(72, 64) == "max" + refused);
  CHECK(results(64, 76) == "fits");
  // A variable that is updated is not read under another name.
  CHECK(verdict(sum(), [](Spec& s) { s.ops = {opOf("sgd", {1, 1, 0, 0, -1, -1}, {}, {0, 0, 0})}; }) == "sgd" + refused);
}

TEST_CASE("a view is its operand under another shape: the same bytes, moving alike") {
  const auto view = [](const Words& from, const Words& to) {
    return verdict(loop(), [&](Spec& s) {
      s.values.push_back(from);
      s.values.push_back(to);
      s.ops = {opOf("reshape", {5}, {6})};
    });
  };
  CHECK(view({0, 0, 0, 2, 3, 2}, {0, 0, 0, 1, 6}) == "fits");
  const std::string refused = "reshape: its values overlap in memory";
  CHECK(view({0, 0, 0, 2, 3, 2}, {0, 0, 4, 1, 6}) == refused);
  CHECK(view({0, 0, 0, 1, 6}, {0, 1, 0, 1, 6}) == refused);
  CHECK(view({0, 3, 0, 1, 2}, {0, 0, 0, 2, 1, 2}) == refused);
  CHECK(view({0, 3, 0, 1, 2}, {0, 3, 0, 2, 1, 2}) == "fits");
  CHECK(view({0, 3, 0, 1, 2}, {0, 3, 8, 2, 1, 2}) == refused);
  CHECK(verdict(loop(), [](Spec& s) { s.ops = {opOf("reshape", {0, 0}, {0})}; }) == refused);
}

TEST_CASE("rows that move overlap where their steps do") {
  const std::string refused = "add: its values overlap in memory";
  const auto rows = [](const Words& read, const Words& written) {
    return verdict(loop(), [&](Spec& s) {
      s.values[3] = read;
      s.values[4] = written;
      s.arena = 256;
    });
  };
  // Alike: the distance stays. A row on itself, half on itself, next to itself.
  CHECK(rows({0, 3, 64, 1, 2}, {0, 3, 64, 1, 2}) == refused);
  CHECK(rows({0, 3, 64, 1, 2}, {0, 3, 68, 1, 2}) == refused);
  CHECK(rows({0, 3, 64, 1, 2}, {0, 3, 72, 1, 2}) == "fits");
  // One that stays lies under all rows of three steps: bytes 64 to 88.
  CHECK(rows({0, 3, 64, 1, 2}, {0, 0, 60, 1, 2}) == refused);
  CHECK(rows({0, 3, 64, 1, 2}, {0, 0, 80, 1, 2}) == refused);
  CHECK(rows({0, 3, 64, 1, 2}, {0, 0, 88, 1, 2}) == "fits");
  CHECK(rows({0, 0, 84, 1, 2}, {0, 3, 64, 1, 2}) == refused);
  CHECK(rows({0, 0, 88, 1, 2}, {0, 3, 64, 1, 2}) == "fits");
  // With another width they meet sooner or later: 4 bytes a step and 8 bytes a step.
  CHECK(rows({0, 3, 64, 1, 1}, {0, 3, 68, 1, 2}) == refused);
}

TEST_CASE("a replay is refused that leads nowhere, does not fit, or takes too much") {
  auto store = std::make_shared<Store>();
  store->declare(DType::f32, 6);
  Spec spec = sum();
  spec.values.push_back({1, 0, 128, 0});
  spec.values.push_back({0, 0, 192, 0});
  spec.feeds = {0, 3, 4};
  spec.outputs = {2, 3};
  const Words words = spec.words();
  Program program(store, words.data(), words.size());
  const auto verdict = [&](const std::function<void(Replay&)>& change) -> std::string {
    Replay replay;
    replay.steps = 3;
    replay.links = {{0, 0}};
    replay.counters = {1};
    replay.collected = {0};
    change(replay);
    try {
      program.expectReplay(replay);
    } catch (const ProgramError& error) {
      return error.what();
    }
    return "fits";
  };
  CHECK(verdict([](Replay&) {}) == "fits");
  for (const int64_t steps : {int64_t{0}, int64_t{-1}, Replay::kMaxSteps + 1}) {
    CHECK(verdict([&](Replay& r) { r.steps = steps; }) == "replay: the number of steps is out of range");
  }
  CHECK(verdict([](Replay& r) { r.steps = Replay::kMaxSteps; }) == "fits");
  for (const int64_t bad : {-1, 3}) {
    CHECK(verdict([&](Replay& r) { r.links[0].second = bad; }) == "replay: a link leads nowhere");
    CHECK(verdict([&](Replay& r) { r.counters[0] = bad; }) == "replay: a counter is no feed of whole numbers");
  }
  for (const int64_t bad : {-1, 2}) {
    CHECK(verdict([&](Replay& r) { r.links[0].first = bad; }) == "replay: a link leads nowhere");
    CHECK(verdict([&](Replay& r) { r.collected[0] = bad; }) == "replay: what is to be collected is no output");
  }
  CHECK(verdict([](Replay& r) { r.counters[0] = 0; }) == "replay: a counter is no feed of whole numbers");
  // More elements, another type.
  const std::string misfit = "replay: an output does not fit the feed that is to get its value";
  CHECK(verdict([](Replay& r) { r.links[0] = {0, 2}; }) == misfit);
  CHECK(verdict([](Replay& r) { r.links[0] = {1, 2}; }) == misfit);
  CHECK(verdict([](Replay& r) { r.links[0] = {1, 1}; }) == "fits");
  // 6 floats of 4096 steps are 98,304 bytes.
  const int64_t enough = Replay::kMaxCollectedBytes / (24 * Replay::kMaxSteps);
  const auto collect = [&](int64_t times) {
    return verdict([&](Replay& r) {
      r.steps = Replay::kMaxSteps;
      r.collected.assign(static_cast<size_t>(times), 0);
    });
  };
  CHECK(collect(enough) == "fits");
  CHECK(collect(enough + 1) == "replay: what is to be collected is larger than 1 GB");
}
