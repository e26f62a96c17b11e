#include "search/beam_search.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "ops/registry.h"
#include "runtime/philox.h"
#include "search/program_search.h"

using namespace ostinato;

namespace {

// A model whose logits are random numbers, a function of everything that was read: its state is a hash.
struct HashModel {
  int64_t V, S;

  static uint32_t after(uint32_t state, int32_t token) { return philox(state, static_cast<uint32_t>(token), 0, 0, 1, 2).word[0]; }
  float draw(uint32_t state, int64_t i) const { return uniform01(philox(state, static_cast<uint32_t>(i), 1, 0, 1, 2).word[0]); }
  std::vector<float> logits(uint32_t state) const {
    std::vector<float> row;
    for (int64_t v = 0; v < V; v++) row.push_back(4 * draw(state, v));
    return row;
  }
};

// Replays the model until the search is done.
void finish(BeamSearch& search, const HashModel& model, ThreadPool& pool) {
  const int64_t N = search.options().rows(), beams = search.options().beams;
  std::vector<uint32_t> states;
  for (int64_t row = 0; row < N; row++) states.push_back(static_cast<uint32_t>(row / beams));
  while (!search.done()) {
    std::vector<float> logits, attention;
    std::vector<uint32_t> after;
    for (int64_t row = 0; row < N; row++) {
      const uint32_t state = HashModel::after(states[static_cast<size_t>(row)], search.tokens()[static_cast<size_t>(row)]);
      const std::vector<float> own = model.logits(state);
      logits.insert(logits.end(), own.begin(), own.end());
      for (int64_t s = 0; s < model.S; s++) attention.push_back(model.draw(state, 1000 + s));
      after.push_back(state);
    }
    search.advance(pool, logits.data(), model.S > 0 ? attention.data() : nullptr);
    for (int64_t row = 0; row < N; row++) {
      states[static_cast<size_t>(row)] = after[static_cast<size_t>(search.parents()[static_cast<size_t>(row)])];
    }
  }
}

SearchOptions optionsOf(int64_t sentences, int64_t beams, int64_t maximumLength) {
  SearchOptions options;
  options.sentences = sentences;
  options.beams = beams;
  options.end = 1;
  for (int64_t s = 0; s < sentences; s++) options.each.push_back({maximumLength, static_cast<uint32_t>(s), {}});
  return options;
}

struct Found {
  std::vector<int32_t> tokens;
  double score;
};

std::vector<Found> found(const BeamSearch& search, int64_t sentence) {
  std::vector<Found> all;
  for (const BeamSearch::Hypothesis& hypothesis : search.ranked(sentence)) {
    all.push_back({{}, hypothesis.score});
    for (const int32_t node : search.path(sentence, hypothesis)) {
      all.back().tokens.push_back(search.nodes(sentence)[static_cast<size_t>(node)].token);
    }
  }
  return all;
}

double codeOf(const std::string& name) {
  for (int64_t i = 0; i < operationCount(); i++) {
    if (name == operationOf(i).name) return static_cast<double>(i);
  }
  FAIL("no op " << name);
  return -1;
}

// logits [4,3] = table[tokens], attention [4,2] = y = tanh(h).
std::shared_ptr<Program> stepProgram() {
  const std::vector<double> words = {kProgramMagic, kProgramVersion, 5, 2, 2, 2, 0, 256,
                                     0, 1, 0, 2, 3, 3,    // table
                                     1, 0, 0, 1, 4,       // tokens
                                     0, 0, 64, 2, 4, 3,   // logits
                                     0, 0, 128, 2, 4, 2,  // h
                                     0, 0, 192, 2, 4, 2,  // y
                                     1, 3, 2, 4,
                                     codeOf("embedding"), 2, 0, 1, 1, 2, 0,
                                     codeOf("tanh"), 1, 3, 1, 4, 0};
  auto store = std::make_shared<Store>();
  store->declare(DType::f32, 9);
  const float table[] = {0, 1, 2, 0, 0, 0, 2, 0, 1};
  std::memcpy(store->variable(0).memory.data(), table, sizeof table);
  return std::make_shared<Program>(store, words.data(), words.size());
}

// Two sentences with two beams over that step, with a bit of everything.
std::vector<double> searchWords() {
  return {0, 0, 1, 1, 1, 1,        // tokens, logits, attention, one link: y is the next h
          2, 2, 2, 1, 0, 1,        // sentences, beams, nBest, groups, diversity, minimum length
          2, 0.5, 0.25, 1, 0, 1,   // n-grams, length penalty, coverage penalty, early stopping, begin, end
          0, 1, 0, 1, 7, 1, 1,     // sampling, temperature, topK, topP, seed, attention, tree
          0,                       // banned
          2, 2, 1, -1, 0, 0, 0, 1, 0,  // an automaton: two states, two classes and the states after them, three tokens
          5, 0, 1, 0, 2,           // five tokens at most, number 0, the first a 2
          4, 1, 0};
}

void run(ProgramSearch& search, int64_t steps) {
  for (int64_t i = 0; i < search.program().feedCount(); i++) {
    std::memset(search.input(i), 0, static_cast<size_t>(search.program().feed(i).elements()) * 4);
  }
  search.program().bind(Runs::repeatedly);
  search.advance(steps);
}

}  // namespace

TEST_CASE("with as many beams as there are beginnings it finds what an exhaustive search finds") {
  const HashModel model{3, 0};
  SearchOptions options = optionsOf(2, 81, 4);
  options.nBest = 12;
  BeamSearch search(options, model.V, 0);
  finish(search, model, ThreadPool::instance());
  for (int64_t s = 0; s < 2; s++) {
    std::vector<Found> all;
    std::vector<int32_t> tokens;
    const std::function<void(uint32_t, int32_t, double)> visit = [&](uint32_t state, int32_t last, double sum) {
      if (!tokens.empty() && last == 1) {
        all.push_back({tokens, sum});
        return;
      }
      if (tokens.size() == 4) return;
      const uint32_t after = HashModel::after(state, last);
      const std::vector<float> logits = model.logits(after);
      double total = 0;
      for (const float logit : logits) total += std::exp(static_cast<double>(logit));
      for (int32_t token = 0; token < 3; token++) {
        tokens.push_back(token);
        visit(after, token, sum + static_cast<double>(logits[static_cast<size_t>(token)]) - std::log(total));
        tokens.pop_back();
      }
    };
    visit(static_cast<uint32_t>(s), 0, 0);
    std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.score > b.score; });
    const std::vector<Found> own = found(search, s);
    REQUIRE(own.size() == 12);
    for (size_t i = 0; i < own.size(); i++) {
      CHECK(own[i].tokens == all[i].tokens);
      CHECK(own[i].score == doctest::Approx(all[i].score).epsilon(1e-5));
    }
  }
}

TEST_CASE("the number of threads changes nothing") {
  const HashModel model{3000, 3};
  ThreadPool& pool = ThreadPool::instance();
  const int before = pool.threads();
  for (const bool sampling : {false, true}) {
    SearchOptions options = optionsOf(6, 6, 8);
    options.nBest = 6;
    options.coveragePenalty = 0.2;
    options.noRepeatNgram = 2;
    options.attention = true;
    options.sampling = sampling;
    options.groups = sampling ? 1 : 2;
    options.diversity = sampling ? 0 : 0.5;
    std::vector<std::vector<Found>> results;
    for (const int threads : {1, 4}) {
      pool.setThreads(threads);
      BeamSearch search(options, model.V, model.S);
      finish(search, model, pool);
      results.emplace_back();
      for (int64_t s = 0; s < 6; s++) {
        for (const Found& own : found(search, s)) results.back().push_back(own);
        CHECK(search.attention(s).size() == 3 * search.nodes(s).size());
      }
    }
    REQUIRE(results[0].size() == results[1].size());
    for (size_t i = 0; i < results[0].size(); i++) {
      CHECK(results[0][i].tokens == results[1][i].tokens);
      CHECK(results[0][i].score == results[1][i].score);
    }
  }
  pool.setThreads(before);
}

TEST_CASE("tokens that are impossible have no part in it, wherever they stand in a block") {
  const int64_t V = 300;
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (const int32_t possible : {0, 127, 128, 255, 299}) {
    std::vector<float> logits(static_cast<size_t>(V), kNever);
    logits[static_cast<size_t>(possible)] = -3;
    SearchOptions options = optionsOf(1, 1, 1);
    BeamSearch search(options, V, 0);
    search.advance(ThreadPool::instance(), logits.data(), nullptr);
    const std::vector<Found> own = found(search, 0);
    REQUIRE(own.size() == 1);
    CHECK(own[0].tokens == std::vector<int32_t>{possible});
    CHECK(own[0].score == doctest::Approx(0));
  }
}

TEST_CASE("logits that have no distribution are refused") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> logits(8, 0.0f);
    logits[5] = bad;
    // Row 1 holds no hypothesis yet.
    BeamSearch first(optionsOf(1, 2, 3), 4, 0), second(optionsOf(2, 1, 3), 4, 0);
    CHECK_NOTHROW(first.advance(ThreadPool::instance(), logits.data(), nullptr));
    CHECK_THROWS_AS(second.advance(ThreadPool::instance(), logits.data(), nullptr), InputError);
  }
}

TEST_CASE("a program is replayed until the search ends, in however many pieces") {
  const std::vector<double> words = searchWords();
  std::vector<std::vector<Found>> results;
  for (const int64_t steps : {1, 2, 100}) {
    ProgramSearch search(stepProgram(), words.data(), words.size());
    run(search, steps);
    while (!search.search().done()) {
      // Somebody else uses the arena meanwhile.
      std::memset(search.program().store().arena(256), 0x7f, 256);
      search.advance(steps);
    }
    results.push_back(found(search.search(), 0));
    CHECK(results.back() .front().tokens.front() == 2);
    for (size_t i = 0; i < results.back().size(); i++) {
      CHECK(results.back()[i].tokens == results.front()[i].tokens);
      CHECK(results.back()[i].score == results.front()[i].score);
    }
  }
}

TEST_CASE("a search that has failed does not go on") {
  const std::vector<double> words = searchWords();
  const std::shared_ptr<Program> program = stepProgram();
  static_cast<float*>(program->store().variable(0).memory.data())[0] = std::nanf("");
  ProgramSearch search(program, words.data(), words.size());
  CHECK_THROWS_WITH_AS(run(search, 3), "search: the logits of sentence 0, beam 0 hold a NaN", InputError);
  CHECK_THROWS_AS(search.advance(1), ProgramError);
  CHECK_THROWS_AS(search.search(), ProgramError);
}

TEST_CASE("whichever word is wrong, a search is refused or runs") {
  const std::vector<double> good = searchWords();
  const double hostile[] = {std::nan(""), std::numeric_limits<double>::infinity(), -1, -0.5, 0, 1, 2, 3, 4, 5, 0.5, 1e6,
                            2147483647.0, 2147483648.0, 4294967296.0, 9007199254740992.0, 1e300, -1e12};
  int refused = 0, ran = 0;
  const auto attempt = [&](const std::vector<double>& words) {
    try {
      ProgramSearch search(stepProgram(), words.data(), words.size());
      run(search, 20);
      for (int64_t s = 0; s < search.search().options().sentences; s++) {
        search.search().best(s);
        found(search.search(), s);
      }
      ran++;
    } catch (const std::runtime_error&) {
      refused++;
    }
  };
  for (size_t i = 0; i < good.size(); i++) {
    for (const double value : hostile) {
      std::vector<double> words = good;
      words[i] = value;
      attempt(words);
      // Sampling takes other paths.
      words[18] = 1;
      attempt(words);
    }
    attempt(std::vector<double>(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i)));
  }
  CHECK(refused > ran / 4);
  CHECK(ran > 0);
}
