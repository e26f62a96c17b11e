// Entropy pruning against relative entropies that are summed over the whole vocabulary.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "ngram/ngram_estimate.h"
#include "ngram/ngram_pruning.h"
#include "ngram_text.h"

using namespace ostinato;

namespace {

constexpr int64_t V = 24;
const std::atomic<bool> kGoOn{false};

using Words = std::vector<int32_t>;

std::vector<int32_t> build(SentenceIds marks, int order, const std::string& name) {
  const NgramCounts counts = countNgrams(randomText(V, 150, marks), order, kGoOn);
  SmoothingOptions options;
  options.weights.assign(static_cast<size_t>(order) + 1, 1.0 / (order + 1));
  Notes notes;
  const auto smoothing = makeSmoothing(name, options, {order, static_cast<double>(counts.predicted())});
  return estimateNgrams(counts, *smoothing, {}, notes, kGoOn);
}

NgramTable opened(const std::vector<int32_t>& words) {
  NgramTable table;
  REQUIRE(table.open(words.data(), static_cast<int64_t>(words.size()), V) == nullptr);
  return table;
}

std::vector<Words> ngramsOf(const NgramTable& table, int k) {
  std::vector<Words> all;
  if (k == 1) {
    for (int32_t word = 0; word < V; word++) all.push_back({word});
    return all;
  }
  const std::vector<Words> contexts = ngramsOf(table, k - 1);
  for (size_t context = 0; context < contexts.size(); context++) {
    const int64_t at = static_cast<int64_t>(context);
    for (int64_t i = table.childrenBegin(k - 1, at); i < table.childrenBegin(k - 1, at + 1); i++) {
      all.push_back(contexts[context]);
      all.back().push_back(table.word(k, i));
    }
  }
  return all;
}

int32_t stateOf(const NgramTable& table, const Words& context) {
  int32_t state = 0;
  for (const int32_t word : context) state = table.step(state, word).state;
  return state;
}

// p(v | context) of every word.
std::vector<double> distribution(const NgramTable& table, const Words& context) {
  std::vector<double> p;
  const int32_t state = stateOf(table, context);
  for (int32_t word = 0; word < V; word++) p.push_back(std::exp(double{table.step(state, word).logProbability}));
  return p;
}

double likelihood(const NgramTable& table, const Words& words, SentenceIds marks) {
  double log = 0;
  int32_t state = 0;
  for (size_t i = 0; i < words.size(); i++) {
    log += table.step(state, marks.isOnlyRead(words[i]) ? marks.end : words[i]).logProbability;
    state = table.step(state, words[i]).state;
  }
  return std::exp(log);
}

// The relative entropy of the model and that without n-gram `words`, after its context, times the context's
// probability.
double entropy(const NgramTable& table, const Words& words, const std::vector<Words>& level, SentenceIds marks) {
  const Words context(words.begin(), words.end() - 1), shorter(words.begin() + 1, words.end() - 1);
  const std::vector<double> p = distribution(table, context), q = distribution(table, shorter);
  std::vector<double> without(p.size(), -1);
  double given = 0, open = 0;
  for (const Words& other : level) {
    if (other == words || !std::equal(context.begin(), context.end(), other.begin())) continue;
    without[static_cast<size_t>(other.back())] = p[static_cast<size_t>(other.back())];
  }
  for (size_t v = 0; v < p.size(); v++) (without[v] < 0 ? open : given) += without[v] < 0 ? q[v] : without[v];
  double sum = 0;
  for (size_t v = 0; v < p.size(); v++) {
    const double now = without[v] < 0 ? q[v] * (1 - given) / open : without[v];
    if (p[v] > 1e-30) sum += p[v] * std::log(p[v] / now);
  }
  return likelihood(table, context, marks) * sum;
}

// The n-grams that stay, by the definition.
std::vector<std::set<Words>> expected(const NgramTable& table, SentenceIds marks, double threshold) {
  std::vector<std::set<Words>> kept(static_cast<size_t>(table.order()) + 1);
  for (int k = table.order(); k > 1; k--) {
    const std::vector<Words> level = ngramsOf(table, k);
    for (const Words& words : level) {
      std::set<Words>& own = kept[static_cast<size_t>(k)];
      if (!own.contains(words) && std::expm1(entropy(table, words, level, marks)) < threshold) continue;
      own.insert(words);
      kept[static_cast<size_t>(k - 1)].insert(Words(words.begin(), words.end() - 1));
      kept[static_cast<size_t>(k - 1)].insert(Words(words.begin() + 1, words.end()));
    }
  }
  return kept;
}

const std::vector<SentenceIds> kMarks = {{-1, -1}, {0, 0}, {0, 1}};

}  // namespace

TEST_CASE("n-grams go whose loss costs less relative entropy than the threshold, summed over all words") {
  for (const SentenceIds marks : kMarks) {
    for (const std::string name : {"modifiedKneserNey", "katz", "wittenBell", "interpolation"}) {
      const std::vector<int32_t> words = build(marks, 4, name);
      const NgramTable table = opened(words);
      for (const double threshold : {3e-5, 3e-4, 1e-3}) {
        const std::vector<int32_t> left = pruneNgrams(table, marks, threshold, kGoOn);
        const NgramTable pruned = opened(left);
        const std::vector<std::set<Words>> kept = expected(table, marks, threshold);
        int64_t before = 0, after = 0;
        for (int k = 2; k <= table.order(); k++) {
          CAPTURE(name);
          CAPTURE(threshold);
          CAPTURE(k);
          const std::vector<Words> own = k <= pruned.order() ? ngramsOf(pruned, k) : std::vector<Words>();
          const std::set<Words>& wanted = kept[static_cast<size_t>(k)];
          CHECK(std::set<Words>(own.begin(), own.end()) == wanted);
          before += table.count(k);
          after += static_cast<int64_t>(own.size());
        }
        CHECK(after < before);
        CHECK(after > 0);
      }
    }
  }
}

TEST_CASE("a pruned model sums to 1 after every context, and what it kept has the probability that it had") {
  for (const SentenceIds marks : kMarks) {
    for (const std::string name : {"modifiedKneserNey", "katz"}) {
      const std::vector<int32_t> words = build(marks, 4, name);
      const NgramTable table = opened(words);
      const std::vector<int32_t> left = pruneNgrams(table, marks, 3e-4, kGoOn);
      const NgramTable pruned = opened(left);
      CHECK(pruned.isWhole());
      std::vector<float> logits(V);
      for (int32_t state = 0; state < pruned.states(); state++) {
        pruned.all(state, logits.data());
        double sum = 0;
        for (const float logit : logits) sum += std::exp(double{logit});
        CHECK(std::abs(sum - 1) < 1e-5);
      }
      for (int k = 1; k <= pruned.order(); k++) {
        for (const Words& ngram : ngramsOf(pruned, k)) {
          const Words context(ngram.begin(), ngram.end() - 1);
          const NgramTable::Step after = pruned.step(stateOf(pruned, context), ngram.back());
          CHECK(after.order == k);
          CHECK(after.logProbability == table.step(stateOf(table, context), ngram.back()).logProbability);
        }
      }
    }
  }
}

TEST_CASE("a threshold of nothing keeps all, and one above all losses leaves single words") {
  const std::vector<int32_t> words = build({0, 0}, 3, "wittenBell");
  const NgramTable table = opened(words);
  CHECK(pruneNgrams(table, {0, 0}, -1, kGoOn) == words);
  const std::vector<int32_t> left = pruneNgrams(table, {0, 0}, 1e9, kGoOn);
  CHECK(opened(left).order() == 1);
}

TEST_CASE("a table that somebody altered is refused or pruned, and nothing outside of it is touched") {
  const std::vector<int32_t> whole = build({0, 0}, 4, "modifiedKneserNey");
  int refused = 0;
  for (uint32_t i = 0; i < 2000; i++) {
    const auto draw = philox(i, 0, 0, 0, 5, 5);
    std::vector<int32_t> words(whole.begin(), whole.end());
    const int32_t values[] = {-1, 0, 1, INT32_MAX, INT32_MIN, static_cast<int32_t>(draw.word[2]), 100, 1 << 20};
    words[static_cast<size_t>(NgramLayout::kHeader) + draw.word[0] % (words.size() - NgramLayout::kHeader)] =
        values[draw.word[1] % 8];
    try {
      const NgramTable table = opened(words);
      opened(pruneNgrams(table, {0, 0}, 3e-4, kGoOn));
    } catch (const std::invalid_argument&) {
      refused++;
    }
  }
  CHECK(refused > 500);
}

TEST_CASE("pruning stops when asked to") {
  const std::vector<int32_t> words = build({0, 0}, 3, "wittenBell");
  const std::atomic<bool> stop{true};
  CHECK_THROWS_AS(pruneNgrams(opened(words), {0, 0}, 1e-4, stop), NgramsStopped);
}
