#include "search/row_candidates.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "test_tensors.h"

using namespace ostinato;

namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr float kInfinite = std::numeric_limits<float>::infinity();
const float kNaN = std::nanf("");

struct Best {
  std::vector<std::pair<float, int32_t>> entries;  // by logit, then token
  float largest;
  double logSum;
};

bool comesBefore(const std::pair<float, int32_t>& a, const std::pair<float, int32_t>& b) {
  return a.first != b.first ? a.first > b.first : a.second < b.second;
}

// The definition: everything sorted, sums in double.
template <class Allowed>
Best bestOf(const std::vector<float>& logits, size_t most, const Allowed& allowed) {
  Best best{{}, kNever, 0};
  for (const float logit : logits) best.largest = std::fmax(best.largest, logit);
  if (best.largest == kNever) best.largest = 0;
  double sum = 0;
  for (size_t v = 0; v < logits.size(); v++) {
    sum += std::exp(static_cast<double>(logits[v]) - static_cast<double>(best.largest));
    const int32_t token = static_cast<int32_t>(v);
    if (logits[v] > kNever && allowed(token)) best.entries.emplace_back(logits[v], token);
  }
  if (sum > 0) best.logSum = std::log(sum);
  std::sort(best.entries.begin(), best.entries.end(), comesBefore);
  if (best.entries.size() > most) best.entries.resize(most);
  return best;
}

// Reads a row in parts, each in blocks.
template <class Allowed>
Best readRow(const std::vector<float>& logits, int64_t most, int parts, int64_t block, const Allowed& allowed) {
  const int64_t V = static_cast<int64_t>(logits.size());
  RowCandidates candidates(3, most);
  candidates.begin(parts);
  for (int part = parts - 1; part >= 0; part--) {
    const int64_t end = V * (part + 1) / parts;
    for (int64_t v = V * part / parts; v < end; v += block) {
      candidates.read(part, 1, v, logits.data() + v, std::min(block, end - v), allowed);
    }
  }
  Best best;
  candidates.forEach(1,
                     [&](const RowCandidates::Entry& entry) { best.entries.emplace_back(entry.logit, entry.token); });
  std::sort(best.entries.begin(), best.entries.end(), comesBefore);
  if (best.entries.size() > static_cast<size_t>(most)) best.entries.resize(static_cast<size_t>(most));
  candidates.sum(1, best.largest, best.logSum);
  return best;
}

}  // namespace

TEST_CASE("the best tokens and the normaliser are those of sorted rows, however they are cut") {
  forEachTier([] {
    uint32_t seed = 0;
    for (const int64_t V : {1, 2, 15, 16, 17, 255, 256, 257, 1000, 3001}) {
      for (const int64_t most : {1, 2, 10, 300}) {
        for (const int parts : {1, 2, 3}) {
          std::vector<float> logits = numbers({V}, ++seed).f32;
          for (float& logit : logits) {
            // Many that are equal; every third row with logits that are large, or impossible.
            if (seed % 2 == 0) logit = std::floor(logit * 4);
            if (seed % 3 == 0) logit = logit > 0.5f ? kNever : logit * 1e4f;
          }
          const auto allowed = [&](int32_t token) { return seed % 4 != 0 || token % 3 != 1; };
          const Best wanted = bestOf(logits, static_cast<size_t>(most), allowed);
          for (const int64_t block : {int64_t{1}, int64_t{100}, V}) {
            CAPTURE(V);
            CAPTURE(most);
            CAPTURE(parts);
            CAPTURE(block);
            const Best own = readRow(logits, most, parts, block, allowed);
            REQUIRE(own.entries == wanted.entries);
            REQUIRE(own.largest == wanted.largest);
            REQUIRE(own.logSum == doctest::Approx(wanted.logSum).epsilon(1e-6));
          }
        }
      }
    }
  });
}

TEST_CASE("a NaN or an infinity is the largest logit, wherever it stands, and the row has no sum") {
  forEachTier([] {
    const auto all = [](int32_t) { return true; };
    for (const float bad : {kNaN, kInfinite}) {
      for (const size_t place : {0, 15, 16, 299, 300}) {
        for (const int parts : {1, 2}) {
          for (const int64_t block : {1, 7, 301}) {
            std::vector<float> logits(301, 1.0f);
            logits[place] = bad;
            const Best own = readRow(logits, 4, parts, block, all);
            CHECK((std::isnan(bad) ? std::isnan(own.largest) : own.largest == kInfinite));
            CHECK(own.logSum == 0);
          }
        }
      }
    }
    // With both, whichever comes first.
    std::vector<float> logits(40, kInfinite);
    logits[30] = kNaN;
    CHECK(std::isnan(readRow(logits, 4, 2, 40, all).largest));
    logits[30] = kInfinite;
    logits[3] = kNaN;
    CHECK(std::isnan(readRow(logits, 4, 2, 40, all).largest));
  });
}

TEST_CASE("impossible tokens are no candidates; where all are, the largest is 0") {
  const Best own = readRow(std::vector<float>(40, kNever), 4, 2, 7, [](int32_t) { return true; });
  CHECK(own.entries.empty());
  CHECK(own.largest == 0);
  CHECK(own.logSum == 0);
}

TEST_CASE("where one token alone may follow it is the candidate, and the sum is that of all") {
  const std::vector<float> logits = numbers({301}, 5).f32;
  const Best wanted = bestOf(logits, 1, [](int32_t token) { return token == 150; });
  for (const int64_t block : {1, 100, 301}) {
    RowCandidates candidates(1, 4);
    candidates.begin(1);
    for (int64_t v = 0; v < 301; v += block) {
      candidates.readOnly(0, 0, v, logits.data() + v, std::min(block, 301 - v), 150);
    }
    std::vector<std::pair<float, int32_t>> entries;
    candidates.forEach(0, [&](const RowCandidates::Entry& entry) { entries.emplace_back(entry.logit, entry.token); });
    CHECK(entries == wanted.entries);
    float largest;
    double logSum;
    candidates.sum(0, largest, logSum);
    CHECK(largest == wanted.largest);
    CHECK(logSum == doctest::Approx(wanted.logSum).epsilon(1e-6));
  }
}
