// Texts scored by the hundred words, against one word after the other.
#include "ngram/ngram_scores.h"

#include <optional>
#include <string>
#include <vector>

#include "base/philox.h"
#include "doctest/doctest.h"
#include "ngram/ngram_estimate.h"
#include "ngram_text.h"

using namespace ostinato;

namespace {

constexpr int32_t V = 30;

std::vector<int32_t> tableOf(int order, SentenceIds marks, const MinimumCounts& minimum = {}) {
  const std::atomic<bool> stop{false};
  const NgramCounts counts = countNgrams(randomText(V, 300, marks), order, stop);
  const auto smoothing = makeSmoothing("modifiedKneserNey", {}, {order, static_cast<double>(counts.predicted())});
  Notes notes;
  return estimateNgrams(counts, *smoothing, minimum, notes, stop);
}

NgramTable opened(const std::vector<int32_t>& words) {
  NgramTable table;
  REQUIRE(table.open(words.data(), static_cast<int64_t>(words.size()), V) == nullptr);
  return table;
}

uint32_t draw(uint32_t i, uint32_t kind) { return philox(i, kind, 0, 0, 7, 7).word[0]; }

struct Scores {
  std::vector<float> losses;
  std::vector<int32_t> orders, last;
  bool operator==(const Scores&) const = default;
};

// Random texts: targets that are mostly the next word, sometimes another one or none.
struct Texts {
  int64_t T, B;
  std::vector<int32_t> states, inputs, targets;
  std::optional<std::vector<int32_t>> lengths;

  Texts(const NgramTable& table, int64_t T, int64_t B, bool varies) : T(T), B(B) {
    const std::vector<int32_t> words = randomIds(V, static_cast<int>(T * B / 3 + 10), {0, 0}, 9);
    for (int64_t b = 0; b < B; b++) {
      states.push_back(b % 2 == 0 ? 0 : static_cast<int32_t>(draw(static_cast<uint32_t>(b), 0) % table.states()));
    }
    for (int64_t i = 0; i < T * B; i++) {
      const int64_t t = i / B, b = i % B;
      const auto word = [&](int64_t at) { return words[static_cast<size_t>((b * 31 + at)) % words.size()]; };
      const uint32_t chance = draw(static_cast<uint32_t>(i), 1);
      inputs.push_back(word(t));
      targets.push_back(chance % 16 == 0 ? -1 : chance % 16 == 1 ? static_cast<int32_t>(chance >> 8) % V : word(t + 1));
    }
    if (!varies) return;
    lengths.emplace();
    for (int64_t b = 0; b < B; b++) {
      lengths->push_back(static_cast<int32_t>(draw(static_cast<uint32_t>(b), 2) % static_cast<uint32_t>(T + 1)));
    }
  }

  int64_t length(int64_t b) const { return lengths ? (*lengths)[static_cast<size_t>(b)] : T; }

  Scores byTheHundred(const NgramTable& table) const {
    Scores scores{std::vector<float>(inputs.size(), -1), std::vector<int32_t>(inputs.size(), -1),
                  std::vector<int32_t>(states.size(), -1)};
    scoreTexts(table,
               {T, B, states.data(), inputs.data(), targets.data(), lengths ? lengths->data() : nullptr,
                scores.losses.data(), scores.orders.data(), scores.last.data()},
               0, B);
    return scores;
  }

  Scores oneByOne(const NgramTable& table) const {
    Scores scores{std::vector<float>(inputs.size(), 0), std::vector<int32_t>(inputs.size(), 0), states};
    for (int64_t b = 0; b < B; b++) {
      int32_t& state = scores.last[static_cast<size_t>(b)];
      for (int64_t t = 0; t < length(b); t++) {
        const size_t at = static_cast<size_t>(t * B + b);
        state = table.step(state, inputs[at]).state;
        if (targets[at] < 0) continue;
        const NgramTable::Step step = table.step(state, targets[at]);
        scores.losses[at] = -step.logProbability;
        scores.orders[at] = step.order;
      }
    }
    return scores;
  }
};

}  // namespace

TEST_CASE("texts that are scored by the hundred words have the bits of one word after the other") {
  for (const SentenceIds marks : {SentenceIds{-1, -1}, {0, 0}, {0, 1}}) {
    for (const int order : {1, 2, 3, 5, 9}) {
      for (const MinimumCounts& minimum : {MinimumCounts{}, MinimumCounts{1, 1, 2}}) {
        const std::vector<int32_t> words = tableOf(order, marks, minimum);
        const NgramTable table = opened(words);
        REQUIRE(table.isWhole());
        for (const auto& [T, B] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 700}, {7, 90}, {1000, 2}}) {
          for (const bool varies : {false, true}) {
            CAPTURE(order);
            CAPTURE(T);
            CAPTURE(varies);
            const Texts texts(table, T, B, varies);
            CHECK(texts.byTheHundred(table) == texts.oneByOne(table));
          }
        }
      }
    }
  }
}

TEST_CASE("a text is scored the same wherever a block of words ends") {
  const std::vector<int32_t> words = tableOf(4, {0, 0});
  const NgramTable table = opened(words);
  for (int64_t T = 240; T < 270; T++) {
    const Texts texts(table, T, 3, false);
    CHECK(texts.byTheHundred(table) == texts.oneByOne(table));
  }
}

TEST_CASE("a table that somebody altered gives scores within its bounds") {
  const std::vector<int32_t> whole = tableOf(4, {0, 0});
  const Texts texts(opened(whole), 60, 5, false);
  for (uint32_t i = 0; i < 2000; i++) {
    // A copy of exactly its size, so that a sanitizer sees what is read beside it.
    std::vector<int32_t> words(whole.begin(), whole.end());
    for (uint32_t times = 0; times < 3; times++) {
      const auto place = philox(i, times, 1, 0, 5, 5);
      const int32_t values[] = {-1, 0, 1, INT32_MAX, INT32_MIN, static_cast<int32_t>(place.word[2]), 100, 1 << 20};
      words[32 + place.word[0] % (words.size() - 32)] = values[place.word[1] % 8];
    }
    const NgramTable table = opened(words);
    const Scores scores = texts.byTheHundred(table);
    for (const int32_t order : scores.orders) REQUIRE((order >= 0 && order <= 4));
    for (const int32_t state : scores.last) REQUIRE((state >= 0 && state < table.states()));
  }
}
