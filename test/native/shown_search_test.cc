// Searches that read the logits of a step block by block, as its output layer makes them, against the same searches
// over logits in memory.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "drawn_search.h"
#include "plain_search.h"
#include "search/program_search.h"
#include "test_tensors.h"

using namespace ostinato;

namespace {

constexpr int64_t kHidden = 24;
constexpr float kUntouched = 12345;

struct Step {
  std::shared_ptr<Program> program;
  int64_t N, V;

  // A variable's values, which the caller changes.
  float* variable(int64_t i) const {
    program->store().variable(i).copies->clear();
    return static_cast<float*>(program->store().variable(i).memory.data());
  }
  float* logits() const { return program->output(0).mutableF32(); }
};

// y = tanh(table[tokens] + h), logits = y outputᵀ + bias. With `read`, an op after that reads the logits.
Step stepOf(int64_t N, int64_t V, bool read = false, Precision precision = Precision::highest) {
  const double n = static_cast<double>(N), v = static_cast<double>(V), h = static_cast<double>(kHidden);
  double end = 0;
  const auto place = [&](double elements) {
    const double begin = end;
    end += 64 * std::ceil(elements / 16);
    return begin;
  };
  const double tokens = place(n), state = place(n * h), x = place(n * h), sum = place(n * h), y = place(n * h),
               logits = place(n * v), other = place(n * v);
  // clang-format off: programs are words, a line for each value and op
  std::vector<double> words = {kProgramMagic, kProgramVersion, 10, read ? 5.0 : 4.0, 2, 2, 0, end,
                               0, 1, 0, 2, v, h,       // 0: table
                               0, 1, 1, 2, v, h,       // 1: output
                               0, 1, 2, 1, v,          // 2: bias
                               1, 0, tokens, 1, n,     // 3
                               0, 0, state, 2, n, h,   // 4: h
                               0, 0, x, 2, n, h,       // 5
                               0, 0, sum, 2, n, h,     // 6
                               0, 0, y, 2, n, h,       // 7
                               0, 0, logits, 2, n, v,  // 8
                               0, 0, other, 2, n, v,   // 9
                               3, 4, 8, 7,
                               codeOf("embedding"), 2, 0, 3, 1, 5, 0,
                               codeOf("add"), 2, 5, 4, 1, 6, 0,
                               codeOf("tanh"), 1, 6, 1, 7, 0,
                               codeOf("linear"), 3, 7, 1, 2, 1, 8, 0};
  // clang-format on
  const std::vector<double> reader = {codeOf("tanh"), 1, 8, 1, 9, 0};
  if (read) words.insert(words.end(), reader.begin(), reader.end());
  auto store = std::make_shared<Store>();
  for (const int64_t elements : {V * kHidden, V * kHidden, V}) store->declare(DType::f32, elements);
  Step step{std::make_shared<Program>(store, words.data(), words.size(), ProgramOptions{.precision = precision}), N, V};
  for (const int64_t i : {0, 1, 2}) {
    const TestTensor values = numbers({store->variable(i).elements}, static_cast<uint32_t>(i) + 11);
    std::copy(values.f32.begin(), values.f32.end(), step.variable(i));
  }
  return step;
}

// Its words (search_options.h).
std::vector<double> wordsOf(const SearchOptions& o) {
  std::vector<double> words = {0, 0, -1, 1, 1, 1, 0};  // y is the next h
  const auto add = [&](auto... values) { (words.push_back(static_cast<double>(values)), ...); };
  add(o.sentences, o.beams, o.nBest, o.groups, o.diversity, o.minimumLength, o.blockNgramRepeat, o.lengthPenalty,
      o.coveragePenalty, o.earlyStopping, o.begin, o.end, o.sampling, o.filter.temperature, o.filter.topK,
      o.filter.topP, o.seed, o.attention, o.tree, o.banned.size());
  for (const int32_t token : o.banned) add(token);
  add(o.states);
  if (o.states > 0) {
    add(static_cast<int64_t>(o.next.size()) / o.states);
    for (const int32_t state : o.next) add(state);
    for (const int32_t own : o.classOf) add(own);
  }
  for (const SearchOptions::Sentence& sentence : o.each) {
    add(sentence.maximumLength, sentence.number, sentence.required.size());
    for (const auto& [position, token] : sentence.required) add(position, token);
  }
  return words;
}

// The results of all sentences, one after the other; whether the logits were left alone, and whether they may be.
struct Result {
  std::vector<std::vector<Found>> sentences;
  bool leftAlone, readable;
};

Result search(const Step& step, const SearchOptions& options, Runs runs) {
  const std::vector<double> words = wordsOf(options);
  ProgramSearch search(step.program, words.data(), words.size());
  std::memset(search.input(0), 0, static_cast<size_t>(step.N) * 4);
  for (int64_t row = 0; row < step.N; row++) {
    float* h = reinterpret_cast<float*>(search.input(1)) + row * kHidden;
    for (int64_t i = 0; i < kHidden; i++) h[i] = std::sin(static_cast<float>(row / options.beams * kHidden + i));
  }
  step.program->bind(runs);
  std::fill_n(step.logits(), step.N * step.V, kUntouched);
  while (!search.search().done()) search.advance(3);
  const auto untouched = [](float x) { return x == kUntouched; };
  Result result{{},
                std::all_of(step.logits(), step.logits() + step.N * step.V, untouched),
                search.search().readsBlocks(ThreadPool::instance().threads())};
  for (int64_t s = 0; s < options.sentences; s++) result.sentences.push_back(found(search.search(), s));
  return result;
}

void expectSame(const Result& own, const Result& other, double epsilon = 1e-5) {
  REQUIRE(own.sentences.size() == other.sentences.size());
  for (size_t s = 0; s < own.sentences.size(); s++) {
    CAPTURE(s);
    REQUIRE(own.sentences[s].size() == other.sentences[s].size());
    for (size_t i = 0; i < own.sentences[s].size(); i++) {
      CAPTURE(i);
      REQUIRE(own.sentences[s][i].tokens == other.sentences[s][i].tokens);
      REQUIRE(own.sentences[s][i].score == doctest::Approx(other.sentences[s][i].score).epsilon(epsilon));
    }
  }
}

// Enough sentences for packed weights to be kept.
SearchOptions largeEnough(SearchOptions options) {
  while (options.rows() < 16) {
    options.sentences++;
    options.each.push_back(options.each.front());
    options.each.back().number += static_cast<uint32_t>(options.sentences);
  }
  return options;
}

}  // namespace

TEST_CASE("whatever the options, a search that reads blocks finds what one over logits in memory finds") {
  int64_t inBlocks = 0;
  for (uint32_t seed = 0; seed < 400; seed++) {
    const int64_t V = seed % 3 == 0 ? 61 : seed % 3 == 1 ? 300 : 530 + static_cast<int64_t>(seed % 40);
    SearchOptions options = largeEnough(drawn(seed, V, false));
    const Step step = stepOf(options.rows(), V);
    if (seed % 2 == 0) {
      for (int64_t i = 0; i < V * kHidden; i++) step.variable(1)[i] *= 8;
    }
    CAPTURE(seed);
    const Result once = search(step, options, Runs::once), repeatedly = search(step, options, Runs::repeatedly);
    CHECK_FALSE(once.leftAlone);
    CHECK(repeatedly.leftAlone == repeatedly.readable);
    // Whoever draws wants all logits.
    if (options.sampling) CHECK_FALSE(repeatedly.readable);
    inBlocks += repeatedly.leftAlone;
    expectSame(repeatedly, once);
    // Packed weights are there already.
    expectSame(search(step, options, Runs::repeatedly), repeatedly, 1e-12);
  }
  CHECK(inBlocks > 200);
}

TEST_CASE("sizes: vocabularies of few tokens, of less than a block, of more; more candidates than tokens") {
  for (const int64_t V : {1, 3, 17, 40, 255, 256, 257, 1100}) {
    SearchOptions options = optionsOf(4, 6, 5);
    options.nBest = 6;
    options.end = V > 1 ? 1 : -1;
    const Step step = stepOf(24, V);
    CAPTURE(V);
    const Result repeatedly = search(step, options, Runs::repeatedly);
    CHECK(repeatedly.leftAlone == repeatedly.readable);
    // The candidates of few tokens take as much memory as they do.
    CHECK(repeatedly.readable == (24 * ThreadPool::instance().threads() <= V));
    expectSame(repeatedly, search(step, options, Runs::once));
  }
}

TEST_CASE("weights that change are packed again") {
  const SearchOptions options = optionsOf(4, 4, 6);
  const Step step = stepOf(16, 200);
  search(step, options, Runs::repeatedly);
  std::reverse(step.variable(1), step.variable(1) + 200 * kHidden);
  const Result changed = search(step, options, Runs::repeatedly);
  CHECK(changed.leftAlone);
  expectSame(changed, search(step, options, Runs::once));
}

TEST_CASE("logits that somebody else reads are written") {
  const SearchOptions options = optionsOf(4, 4, 6);
  const Step alone = stepOf(16, 200), read = stepOf(16, 200, true);
  const Result own = search(read, options, Runs::repeatedly);
  CHECK_FALSE(own.leftAlone);
  expectSame(own, search(alone, options, Runs::repeatedly));
}

TEST_CASE("threads, kernels and precision: the same hypotheses") {
  ThreadPool& pool = ThreadPool::instance();
  const int before = pool.threads();
  SearchOptions options = optionsOf(5, 5, 8);
  options.nBest = 5;
  forEachTier([&] {
    for (const int threads : {1, 2, 5}) {
      pool.setThreads(threads);
      for (const Precision precision : {Precision::highest, Precision::high, Precision::medium}) {
        const Step step = stepOf(25, 700, false, precision);
        // Clear choices, which rounding does not turn.
        for (int64_t i = 0; i < 700 * kHidden; i++) step.variable(1)[i] = i % 37 == 0 ? 4 * step.variable(1)[i] : 0;
        expectSame(search(step, options, Runs::repeatedly), search(step, options, Runs::once),
                   precision == Precision::highest ? 1e-5 : 1e-2);
      }
    }
  });
  pool.setThreads(before);
}

TEST_CASE("extreme logits: large ones, impossible ones, none that is possible") {
  const SearchOptions options = optionsOf(4, 4, 6);
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (const float scale : {1e4f, 1e30f}) {
    const Step step = stepOf(16, 200);
    for (int64_t v = 0; v < 200; v++) step.variable(2)[v] *= scale;
    expectSame(search(step, options, Runs::repeatedly), search(step, options, Runs::once));
  }
  const Step step = stepOf(16, 200);
  for (int64_t v = 0; v < 200; v++) {
    if (v % 5 != 2) step.variable(2)[v] = kNever;
  }
  expectSame(search(step, options, Runs::repeatedly), search(step, options, Runs::once));
  std::fill_n(step.variable(2), 200, kNever);
  const Result none = search(step, options, Runs::repeatedly);
  CHECK(none.leftAlone);
  for (const std::vector<Found>& sentence : none.sentences) CHECK(sentence.empty());
}

TEST_CASE("equal logits: better places and smaller tokens come first") {
  SearchOptions options = optionsOf(8, 2, 3);
  options.end = -1;
  options.nBest = 2;
  const Step step = stepOf(16, 300);
  std::fill_n(step.variable(1), 300 * kHidden, 0.0f);
  std::fill_n(step.variable(2), 300, 1.0f);
  const Result result = search(step, options, Runs::repeatedly);
  CHECK(result.leftAlone);
  for (const std::vector<Found>& sentence : result.sentences) {
    CHECK(sentence[0].tokens == std::vector<int32_t>{0, 0, 0});
    CHECK(sentence[1].tokens == std::vector<int32_t>{0, 0, 1});
  }
}

TEST_CASE("logits that have no distribution are refused as those in memory are") {
  const SearchOptions options = optionsOf(8, 2, 3);
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    const Step step = stepOf(16, 300);
    step.variable(2)[299] = bad;
    const std::string message =
        std::string("search: the logits of sentence 0, beam 0 hold ") + (std::isnan(bad) ? "a NaN" : "+infinity");
    for (const Runs runs : {Runs::repeatedly, Runs::once}) {
      CHECK_THROWS_WITH_AS(search(step, options, runs), message.c_str(), InputError);
    }
  }
}
