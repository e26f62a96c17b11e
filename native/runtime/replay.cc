#include "runtime/replay.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "runtime/program.h"

namespace ostinato {

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
  // Feeds that change from run to run, and those that a run writes over, are fed again from here.
  std::vector<std::vector<char>> inputs(parts_.feeds.size());
  // Results that a run leaves where they are fed need no copy.
  std::vector<std::pair<int64_t, int64_t>> links;
  std::vector<char> inPlace(parts_.feeds.size(), 0);
  for (const auto& link : replay.links) {
    const bool counted = std::count(replay.counters.begin(), replay.counters.end(), link.second) > 0;
    const bool same = !counted && output(link.first).data == feed(link.second).data;
    inPlace[static_cast<size_t>(link.second)] = same ? 1 : 0;
    if (!same) links.push_back(link);
  }
  const auto keep = [&](int64_t i) { inputs[static_cast<size_t>(i)] = copyOf(feed(i)); };
  for (const auto& [from, to] : links) keep(to);
  for (const int64_t i : replay.counters) keep(i);
  for (int64_t i = 0; i < feedCount(); i++) {
    if (!feedStays(i) && !inPlace[static_cast<size_t>(i)]) keep(i);
  }
  for (int64_t step = 0; step < replay.steps; step++) {
    for (size_t i = 0; i < inputs.size(); i++) {
      if (!inputs[i].empty()) std::memcpy(parts_.feeds[i].view.data, inputs[i].data(), inputs[i].size());
    }
    run(false);
    for (size_t i = 0; i < collected.size(); i++) {
      const TensorView& view = output(replay.collected[i]);
      std::memcpy(collected[i] + static_cast<size_t>(step) * bytesOf(view), view.data, bytesOf(view));
    }
    for (const auto& [from, to] : links) {
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
