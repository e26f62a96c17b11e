#include "search/beam_search.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/philox.h"
#include "doctest/doctest.h"
#include "drawn_search.h"
#include "ops/registry.h"
#include "plain_search.h"
#include "search/program_search.h"

using namespace ostinato;

namespace {

// A model whose logits are random numbers, a function of everything that was read: its state is a hash.
struct HashModel {
  int64_t V, S;

  static uint32_t after(uint32_t state, int32_t token) {
    return philox(state, static_cast<uint32_t>(token), 0, 0, 1, 2).word[0];
  }
  float draw(uint32_t state, int64_t i) const {
    return uniform01(philox(state, static_cast<uint32_t>(i), 1, 0, 1, 2).word[0]);
  }
  std::vector<float> logits(uint32_t state) const {
    std::vector<float> row;
    for (int64_t v = 0; v < V; v++) row.push_back(4 * draw(state, v));
    return row;
  }
  // The last position of some sources does not exist: nothing looks there.
  std::vector<float> attention(uint32_t state) const {
    std::vector<float> row;
    for (int64_t s = 0; s < S; s++) row.push_back(s + 1 == S && S > 1 ? 0.0f : draw(state, 1000 + s));
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
      const uint32_t state =
          HashModel::after(states[static_cast<size_t>(row)], search.tokens()[static_cast<size_t>(row)]);
      const std::vector<float> own = model.logits(state);
      logits.insert(logits.end(), own.begin(), own.end());
      const std::vector<float> weights = model.attention(state);
      attention.insert(attention.end(), weights.begin(), weights.end());
      after.push_back(state);
    }
    search.advance(pool, logits.data(), model.S > 0 ? attention.data() : nullptr);
    for (int64_t row = 0; row < N; row++) {
      states[static_cast<size_t>(row)] = after[static_cast<size_t>(search.parents()[static_cast<size_t>(row)])];
    }
  }
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

TEST_CASE("it finds what a plain search over whole lists of tokens finds, whatever the options") {
  int64_t ended = 0, cut = 0;
  for (uint32_t seed = 0; seed < 1500; seed++) {
    // Rows of one block of tokens, and of several.
    const HashModel model{seed % 5 == 0 ? 150 + static_cast<int64_t>(seed % 150) : 4 + static_cast<int64_t>(seed % 7),
                          static_cast<int64_t>(seed % 3)};
    const SearchOptions options = drawn(seed, model.V, model.S > 0);
    BeamSearch search(options, model.V, model.S);
    finish(search, model, ThreadPool::instance());
    for (int64_t s = 0; s < options.sentences; s++) {
      const auto stateAfter = [&](const std::vector<int32_t>& tokens) {
        uint32_t state = HashModel::after(static_cast<uint32_t>(s), options.begin);
        for (const int32_t token : tokens) state = HashModel::after(state, token);
        return state;
      };
      PlainModel plain;
      plain.logits = [&](const std::vector<int32_t>& tokens) {
        const std::vector<float> row = model.logits(stateAfter(tokens));
        return std::vector<double>(row.begin(), row.end());
      };
      if (model.S > 0) {
        plain.attention = [&](const std::vector<int32_t>& tokens) {
          const std::vector<float> row = model.attention(stateAfter(tokens));
          return std::vector<double>(row.begin(), row.end());
        };
      }
      const std::vector<PlainHypothesis> wanted = PlainSearch(options, static_cast<size_t>(s), plain).run();
      const std::vector<BeamSearch::Hypothesis> ranked = search.ranked(s);
      const std::vector<Found> own = found(search, s);
      CAPTURE(seed);
      CAPTURE(s);
      REQUIRE(own.size() == wanted.size());
      for (size_t i = 0; i < own.size(); i++) {
        CAPTURE(i);
        REQUIRE(own[i].tokens == wanted[i].tokens);
        CHECK(own[i].score == doctest::Approx(wanted[i].score).epsilon(1e-6));
        CHECK(ranked[i].ended == wanted[i].ended);
        (wanted[i].ended ? ended : cut)++;
        // The log-probability of each token, and what it was looking at.
        double sum = 0;
        std::vector<int32_t> before;
        for (const int32_t node : search.path(s, ranked[i])) {
          sum += search.nodes(s)[static_cast<size_t>(node)].logProbability;
          for (int64_t k = 0; options.attention && k < model.S; k++) {
            CHECK(search.attention(s)[static_cast<size_t>(node * model.S + k)] ==
                  model.attention(stateAfter(before))[static_cast<size_t>(k)]);
          }
          before.push_back(search.nodes(s)[static_cast<size_t>(node)].token);
        }
        if (options.lengthPenalty == 0 && options.coveragePenalty == 0) CHECK(sum == doctest::Approx(own[i].score));
      }
      if (wanted.empty()) continue;
      std::vector<int32_t> best = wanted[0].tokens;
      if (wanted[0].ended) best.pop_back();
      CHECK(search.best(s) == best);
    }
  }
  CHECK(ended > 1000);
  CHECK(cut > 1000);
}

TEST_CASE("of candidates of the same rank, those of better places and smaller tokens come first") {
  // All tokens are equally probable; nothing ends.
  for (const int64_t V : {3, 200}) {
    SearchOptions options = optionsOf(1, 2, 3);
    options.end = -1;
    options.nBest = 2;
    BeamSearch search(options, V, 0);
    const std::vector<float> logits(static_cast<size_t>(2 * V), 1.0f);
    while (!search.done()) search.advance(ThreadPool::instance(), logits.data(), nullptr);
    const std::vector<Found> own = found(search, 0);
    REQUIRE(own.size() == 2);
    CHECK(own[0].tokens == std::vector<int32_t>{0, 0, 0});
    CHECK(own[1].tokens == std::vector<int32_t>{0, 0, 1});
  }
}

TEST_CASE("the best so far is told while a search runs: what has ended or lives, by score, the beginning at first") {
  SearchOptions options = optionsOf(1, 2, 9);
  options.nBest = 2;
  options.earlyStopping = false;
  BeamSearch search(options, 3, 0);
  CHECK(search.best(0).empty());
  CHECK_FALSE(search.done());
  const auto advance = [&](const std::vector<float>& first, const std::vector<float>& second) {
    std::vector<float> logits = first;
    logits.insert(logits.end(), second.begin(), second.end());
    search.advance(ThreadPool::instance(), logits.data(), nullptr);
    CHECK(search.advanced(0));
  };
  advance({2, 0, 3}, {0, 0, 0});
  CHECK(search.best(0) == std::vector<int32_t>{2});
  CHECK(search.tokens() == std::vector<int32_t>{2, 0});
  CHECK(search.parents() == std::vector<int64_t>{0, 0});
  // The end, 1, is nearly certain: its score stays above those that live.
  advance({0, 9, 1}, {0, 0, 1});
  CHECK(search.best(0) == std::vector<int32_t>{2});
  advance({9, 0, 0}, {9, 0, 0});
  CHECK(search.best(0) == std::vector<int32_t>{2});
}

TEST_CASE("the number of threads changes nothing") {
  const HashModel model{3000, 3};
  ThreadPool& pool = ThreadPool::instance();
  const int before = pool.threads();
  for (const bool sampling : {false, true}) {
    SearchOptions options = optionsOf(6, 6, 8);
    options.nBest = 6;
    options.coveragePenalty = 0.2;
    options.blockNgramRepeat = 2;
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
