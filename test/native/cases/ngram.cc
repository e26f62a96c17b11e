#include "ngram/ngram_estimate.h"
#include "ngram_text.h"
#include "op_cases.h"

using namespace ostinato;

namespace {

constexpr int64_t V = 1000, N = 64, T = 5, B = 40;

TestTensor tableOf() {
  const std::atomic<bool> stop{false};
  const NgramCounts counts = countNgrams(randomText(V, 200, {0, 0}), 3, stop);
  Notes notes;
  const auto smoothing = makeSmoothing("wittenBell", {}, {3, 1000.0});
  std::vector<int32_t> words = estimateNgrams(counts, *smoothing, {}, notes, stop);
  const int64_t W = static_cast<int64_t>(words.size());
  return integers({W}, std::move(words));
}

const TestTensor ngrams = tableOf(), lengths = integers({B}, std::vector<int32_t>(B, 4));

}  // namespace

const Cases cases({.shared = {{"ngramStep", {ngrams, ids({N}, V), ids({N}, V)}, {floats({N, V}), ids({N}, 1)}, {}},
                              {"ngramLosses",
                               {ngrams, ids({B * 40}, V), ids({T, B * 40}, V), ids({T, B * 40}, V), TestTensor()},
                               {floats({T, B * 40}), floats({}), ids({T, B * 40}, 1), ids({B * 40}, 1)},
                               {}}},
                   .small = {{"ngramLosses",
                              {ngrams, ids({B}, V), ids({T, B}, V), ids({T, B}, V), lengths},
                              {floats({T, B}), floats({}), ids({T, B}, 1), ids({B}, 1)},
                              {}}},
                   .free = {"ngramStep operand 0 axis 0", "ngramStep result 0 axis 1",
                            "ngramLosses operand 0 axis 0"}});
