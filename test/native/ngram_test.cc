// Counting, estimating and looking up of n-grams, against maps of word sequences and against figures by hand.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "ngram/held_out.h"
#include "ngram/ngram_estimate.h"
#include "ngram/ngram_table.h"
#include "ngram_text.h"

using namespace ostinato;

namespace {

const std::atomic<bool> kGoOn{false};

using Words = std::vector<int32_t>;

// Sentences with their marks, from the ids of a stream.
std::vector<Words> sentencesOf(const std::vector<int32_t>& ids, SentenceIds marks) {
  std::vector<Words> all;
  if (!marks.marked()) return {ids};
  Words open;
  for (const int32_t id : ids) {
    if (open.empty() && id != marks.end) open.push_back(marks.begin);
    if (!open.empty()) open.push_back(id);
    if (id == marks.end && !open.empty()) {
      all.push_back(open);
      open.clear();
    }
  }
  return all;
}

std::map<Words, int> countPlainly(const std::vector<Words>& sentences, int k, bool marked) {
  std::map<Words, int> counts;
  for (const Words& sentence : sentences) {
    for (size_t at = k == 1 && marked ? 1 : 0; at + static_cast<size_t>(k) <= sentence.size(); at++) {
      const auto first = sentence.begin() + static_cast<std::ptrdiff_t>(at);
      counts[Words(first, first + k)]++;
    }
  }
  return counts;
}

// The n-grams of a level as word sequences, in its order.
std::vector<Words> wordsOf(const NgramCounts& counts, int k) {
  std::vector<Words> all;
  if (k == 1) {
    for (const int32_t word : counts.level(1).words) all.push_back({word});
    return all;
  }
  const std::vector<Words> contexts = wordsOf(counts, k - 1);
  for (size_t context = 0; context < contexts.size(); context++) {
    for (int32_t i = counts.level(k - 1).children[context]; i < counts.level(k - 1).children[context + 1]; i++) {
      Words own = contexts[context];
      own.push_back(counts.level(k).words[static_cast<size_t>(i)]);
      all.push_back(own);
    }
  }
  return all;
}

struct Built {
  NgramCounts counts;
  Notes notes;
  std::vector<int32_t> words;
  NgramTable table;
};

Built build(const NgramText& text, int order, const std::string& name, SmoothingOptions options = {},
            const MinimumCounts& minimum = {}) {
  Built built{countNgrams(text, order, kGoOn), {}, {}, {}};
  const auto smoothing = makeSmoothing(name, options, {order, static_cast<double>(built.counts.predicted())});
  REQUIRE(smoothing);
  built.words = estimateNgrams(built.counts, *smoothing, minimum, built.notes, kGoOn);
  const char* wrong = built.table.open(built.words.data(), static_cast<int64_t>(built.words.size()), text.V());
  CAPTURE(std::string(wrong ? wrong : ""));
  REQUIRE(wrong == nullptr);
  return built;
}

const std::vector<SentenceIds> kMarks = {{-1, -1}, {0, 0}, {0, 1}};
const std::vector<std::string> kSmoothings = {"modifiedKneserNey", "kneserNey", "absolute", "wittenBell", "katz",
                                              "interpolation",     "additive"};

SmoothingOptions optionsFor(int order) {
  SmoothingOptions options;
  options.added = 0.1;
  options.weights.assign(static_cast<size_t>(order) + 1, 1.0 / (order + 1));
  return options;
}

}  // namespace

TEST_CASE("counts are those of a map of word sequences, in lexicographic order, and links lead to suffixes") {
  for (const SentenceIds marks : kMarks) {
    const std::vector<int32_t> ids = randomIds(30, 150, marks);
    const NgramCounts counts = countNgrams(randomText(30, 150, marks), 4, kGoOn);
    for (int k = 1; k <= 4; k++) {
      const std::map<Words, int> expected = countPlainly(sentencesOf(ids, marks), k, marks.marked());
      const std::vector<Words> words = wordsOf(counts, k);
      const CountedLevel& level = counts.level(k);
      int64_t found = 0;
      for (size_t i = 0; i < words.size(); i++) {
        const auto own = expected.find(words[i]);
        CHECK(level.counts[i] == (own == expected.end() ? 0u : static_cast<uint32_t>(own->second)));
        found += own != expected.end();
        if (i > 0) CHECK(words[i - 1] < words[i]);
        if (k > 1) {
          const Words suffix(words[i].begin() + 1, words[i].end());
          CHECK(wordsOf(counts, k - 1)[static_cast<size_t>(level.suffix[i])] == suffix);
        }
      }
      CHECK(found == static_cast<int64_t>(expected.size()));
    }
  }
}

TEST_CASE("continuations are the distinct words before an n-gram; n-grams that begin a sentence keep their counts") {
  for (const SentenceIds marks : kMarks) {
    const NgramCounts counts = countNgrams(randomText(12, 100, marks, 3), 3, kGoOn);
    for (int k = 1; k <= 2; k++) {
      std::map<Words, uint32_t> before;
      for (const Words& longer : wordsOf(counts, k + 1)) before[Words(longer.begin() + 1, longer.end())]++;
      const std::vector<Words> words = wordsOf(counts, k);
      const std::vector<uint32_t> continuations = counts.continuations(k);
      for (size_t i = 0; i < words.size(); i++) {
        const bool begins = k > 1 && marks.marked() && words[i][0] == marks.begin;
        const uint32_t raw = counts.level(k).counts[i];
        const uint32_t expected = begins ? raw : raw > 0 ? std::max(1u, before[words[i]]) : before[words[i]];
        CHECK(continuations[i] == expected);
      }
    }
  }
}

TEST_CASE("after every context the probabilities of all words sum to 1") {
  for (const SentenceIds marks : kMarks) {
    for (const std::string& name : kSmoothings) {
      for (int order = 1; order <= 4; order++) {
        CAPTURE(name);
        CAPTURE(order);
        const Built built = build(randomText(40, 200, marks), order, name, optionsFor(order));
        std::vector<float> logits(40);
        for (int32_t state = 0; state < built.table.states(); state++) {
          built.table.all(state, logits.data());
          double sum = 0;
          for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
          CAPTURE(state);
          REQUIRE(std::abs(sum - 1) < 1e-5);
        }
      }
    }
  }
}

TEST_CASE("the log-probabilities of all words are those of each, and states are the longest known contexts") {
  for (const SentenceIds marks : kMarks) {
    const Built built = build(randomText(25, 120, marks), 4, "modifiedKneserNey");
    std::vector<float> logits(25);
    std::vector<std::vector<Words>> levels = {{{}}};
    for (int k = 1; k <= 4; k++) levels.push_back(wordsOf(built.counts, k));
    std::vector<Words> contexts;
    for (int k = 0; k < 4; k++) contexts.insert(contexts.end(), levels[k].begin(), levels[k].end());
    REQUIRE(static_cast<int64_t>(contexts.size()) == built.table.states());
    for (int32_t state = 0; state < built.table.states(); state++) {
      built.table.all(state, logits.data());
      for (int32_t word = 0; word < 25; word++) {
        const NgramTable::Step step = built.table.step(state, word);
        CHECK(std::abs(step.logProbability - logits[static_cast<size_t>(word)]) < 1e-5);
        // The longest suffix of context and word that is a context.
        Words next = contexts[static_cast<size_t>(state)];
        next.push_back(word);
        if (next.size() > 3) next.erase(next.begin());
        while (std::find(contexts.begin(), contexts.end(), next) == contexts.end()) next.erase(next.begin());
        CHECK(contexts[static_cast<size_t>(step.state)] == next);
      }
    }
  }
}

TEST_CASE("two sentences by hand: a b a and a c") {
  // Ids: 0 the mark of both ends, a 1, b 2, c 3. Bigrams: <a 2, ab 1, ba 1, a> 1, ac 1, c> 1.
  NgramText text(4, {0, 0});
  text.add(std::vector<int32_t>{1, 2, 1, 0, 1, 3, 0});
  text.finish();
  const auto p = [&](const std::string& name, SmoothingOptions options, int32_t context, int32_t word) {
    const Built built = build(text, 2, name, options);
    return std::exp(static_cast<double>(built.table.step(built.table.step(0, context).state, word).logProbability));
  };
  const auto close = [](double actual, double expected) { CHECK(std::abs(actual - expected) < 1e-6); };
  close(p("maximumLikelihood", {}, 1, 2), 1.0 / 3);
  close(p("maximumLikelihood", {}, 1, 1), 0);
  close(p("additive", {.added = 1}, 1, 2), (1 + 1.0) / (3 + 4));
  close(p("additive", {.added = 1}, 1, 1), (0 + 1.0) / (3 + 4));
  close(p("interpolation", {.weights = {0, 0.25, 0.75}}, 1, 2), 0.75 / 3 + 0.25 / 7);
  // The order 1 of Witten-Bell: 4 different of 7; a 3, b 1, c 1, end 2.
  const auto wb1 = [](double c) { return (c + 4 * 0.25) / (7 + 4); };
  close(p("wittenBell", {}, 1, 2), (1 + 3 * wb1(1)) / (3 + 3));
  close(p("wittenBell", {}, 1, 1), 3 * wb1(3) / (3 + 3));
  close(p("backOff", {.threshold = 1}, 0, 1), 1);
  close(p("backOff", {.threshold = 1}, 1, 2), 1.0 / 7);
  // One discount of 0.5 for both orders. Before a: the beginning and b; before b, c: a; before the end: a and c.
  const auto kn1 = [](double n) { return (n - 0.5) / 6 + 4 * 0.5 / 6 * 0.25; };
  close(p("kneserNey", {.discount = 0.5}, 1, 2), 0.5 / 3 + 3 * 0.5 / 3 * kn1(1));
  close(p("kneserNey", {.discount = 0.5}, 1, 1), 3 * 0.5 / 3 * kn1(2));
}

TEST_CASE("the mark of a beginning that is not that of an end is never predicted") {
  for (const std::string& name : kSmoothings) {
    CAPTURE(name);
    const Built built = build(randomText(20, 60, {0, 1}), 3, name, optionsFor(3));
    CHECK(built.table.step(0, 0).logProbability < -200);
  }
}

TEST_CASE("counts that discounts cannot be estimated from get fixed ones, and that is said") {
  for (const char* name : {"modifiedKneserNey", "kneserNey", "absolute", "katz"}) {
    CAPTURE(name);
    NgramText text(3, {0, 0});
    text.add(std::vector<int32_t>{1, 0, 2, 0});
    text.finish();
    const Built built = build(text, 2, name);
    CHECK(!built.notes.empty());
    CHECK(std::isfinite(built.table.step(0, 1).logProbability));
  }
}

TEST_CASE("weights fitted by EM are those under which the held-out text is likeliest") {
  const NgramText text = randomText(15, 200, {0, 0}, 1), heldOut = randomText(15, 60, {0, 0}, 2);
  const NgramCounts counts = countNgrams(text, 2, kGoOn);
  const auto lossOf = [&](std::vector<double> weights) {
    const Built built = build(text, 2, "interpolation", {.weights = std::move(weights)});
    double loss = 0;
    int32_t state = 0;
    for (int64_t at = 0; at < heldOut.size(); at++) {
      const NgramTable::Step step = built.table.step(state, heldOut.word(at));
      if (!heldOut.opens(at)) loss -= static_cast<double>(step.logProbability);
      state = step.state;
    }
    return loss;
  };
  const std::vector<double> best = interpolationWeights(counts, heldOut, kGoOn);
  CHECK(std::abs(best[0] + best[1] + best[2] - 1) < 1e-9);
  const double least = lossOf(best);
  for (size_t from = 0; from < 3; from++) {
    for (size_t to = 0; to < 3; to++) {
      std::vector<double> moved = best;
      const double step = std::min(0.02, moved[from]);
      moved[from] -= step;
      moved[to] += step;
      CHECK(lossOf(moved) >= least - 0.01);
    }
  }
}

TEST_CASE("a table that somebody altered is refused, or read within its bounds") {
  const Built built = build(randomText(20, 60, {0, 0}), 4, "wittenBell");
  std::vector<float> logits(20);
  int refused = 0;
  for (uint32_t i = 0; i < 3000; i++) {
    const auto draw = philox(i, 0, 0, 0, 5, 5);
    // A copy of exactly its size, so that a sanitizer sees what is read beside it.
    std::vector<int32_t> words(built.words.begin(), built.words.end());
    for (uint32_t times = 0; times < 1 + draw.word[3] % 3; times++) {
      const auto place = philox(i, times, 1, 0, 5, 5);
      const int32_t values[] = {-1, 0, 1, INT32_MAX, INT32_MIN, static_cast<int32_t>(place.word[2]), 100, 1 << 20};
      words[(i % 3 == 0 ? place.word[0] % 40 : place.word[0]) % words.size()] = values[place.word[1] % 8];
    }
    NgramTable table;
    if (table.open(words.data(), static_cast<int64_t>(words.size()), 20)) {
      refused++;
      continue;
    }
    for (int32_t state = 0; state < table.states(); state += 7) {
      table.all(state, logits.data());
      for (int32_t word = 0; word < 20; word++) {
        const NgramTable::Step step = table.step(state, word);
        REQUIRE((step.state >= 0 && step.state < table.states()));
        REQUIRE((step.order >= 1 && step.order <= 4));
      }
    }
  }
  CHECK(refused > 100);
  CHECK(refused < 2900);
}

TEST_CASE("counting stops when asked to") {
  const std::atomic<bool> stop{true};
  CHECK_THROWS_AS(countNgrams(randomText(20, 60, {0, 0}), 3, stop), NgramsStopped);
}

TEST_CASE("an id outside of the vocabulary is refused, and nothing of its batch is added") {
  NgramText text(5, {0, 0});
  CHECK(text.add(std::vector<int32_t>{1, 2, 5}) != nullptr);
  CHECK(text.add(std::vector<int32_t>{-1}) != nullptr);
  text.finish();
  CHECK(text.size() == 0);
}

TEST_CASE("the mark that is only read is refused within a text, and a mark of both ends is not") {
  NgramText text(5, {0, 1});
  CHECK(text.add(std::vector<int32_t>{2, 0, 3, 1}) != nullptr);
  CHECK(text.add(std::vector<int32_t>{0, 2, 1}) != nullptr);
  CHECK(text.size() == 0);
  CHECK(text.add(std::vector<int32_t>{2, 3, 1}) == nullptr);
  CHECK(NgramText(5, {0, 0}).add(std::vector<int32_t>{2, 0, 3}) == nullptr);
}
