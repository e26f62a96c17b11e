#include "kernels/draw.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "doctest/doctest.h"
#include "plain_search.h"
#include "test_tensors.h"

using namespace ostinato;

namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

int32_t draw(const std::vector<float>& logits, const DrawFilter& filter, double u) {
  std::vector<double> weights(logits.size());
  std::vector<int32_t> order(logits.size());
  const float most = *std::max_element(logits.begin(), logits.end());
  return drawToken(logits.data(), static_cast<int64_t>(logits.size()), most, filter, u, weights.data(), order.data());
}

// The tokens drawn at the beginning of each of n equal parts of [0, 1), and just before its end.
std::vector<int32_t> drawnOf(const std::vector<float>& logits, const DrawFilter& filter, int n) {
  std::vector<int32_t> tokens;
  for (int i = 0; i < n; i++) {
    tokens.push_back(draw(logits, filter, static_cast<double>(i) / n));
    tokens.push_back(draw(logits, filter, (static_cast<double>(i) + 1) / n - 1e-6));
  }
  return tokens;
}

using Tokens = std::vector<int32_t>;

}  // namespace

TEST_CASE("of equal tokens each has an equal part of [0, 1), in order of their ids, its beginning included") {
  forEachTier([] {
    CHECK(drawnOf({2, 2, 2, 2}, {1, 0, 1}, 4) == Tokens{0, 0, 1, 1, 2, 2, 3, 3});
    CHECK(drawnOf({kNever, 2, kNever, 2}, {1, 0, 1}, 2) == Tokens{1, 1, 3, 3});
    // The best k: ties go to the smaller ids.
    CHECK(drawnOf({2, 2, 2, 2}, {1, 2, 1}, 2) == Tokens{0, 0, 1, 1});
    CHECK(drawnOf({1, 2, 2, 2}, {1, 2, 1}, 2) == Tokens{1, 1, 2, 2});
    CHECK(drawnOf({2, 1, 2, 2, 1}, {1, 1, 1}, 1) == Tokens{0, 0});
    CHECK(drawnOf({2, 2, 2, 2}, {1, 4, 1}, 4) == Tokens{0, 0, 1, 1, 2, 2, 3, 3});
    CHECK(drawnOf({2, 2, 2, 2}, {1, 5, 1}, 4) == Tokens{0, 0, 1, 1, 2, 2, 3, 3});
    // The fewest that reach p together: two halves of four reach a half.
    CHECK(drawnOf({2, 2, 2, 2}, {1, 0, 0.5}, 2) == Tokens{0, 0, 1, 1});
    CHECK(drawnOf({2, 2, 2, 2}, {1, 0, 0.51}, 3) == Tokens{0, 0, 1, 1, 2, 2});
    CHECK(drawnOf({2, 2, 2, 2}, {1, 0, 1e-9}, 1) == Tokens{0, 0});
    // p of the best k, not of all.
    CHECK(drawnOf({2, 2, 2, 2}, {1, 2, 0.5}, 1) == Tokens{0, 0});
    CHECK(drawnOf({2, kNever, 2, kNever}, {1, 3, 0.9}, 2) == Tokens{0, 0, 2, 2});
  });
}

TEST_CASE("temperature 0 takes the first of the best, and small temperatures no other than the best") {
  for (const double u : {0.0, 0.5, 0.999999}) {
    CHECK(draw({1, 3, kNever, 3}, {0, 0, 1}, u) == 1);
    for (const double temperature : {1e-30, 1e-300, 0.01}) {
      CHECK(draw({1, 3, kNever, 2}, {temperature, 0, 1}, u) == 1);
      CHECK(draw({1, 3, kNever, 2}, {temperature, 2, 1}, u) == 1);
      CHECK(draw({1, 3, kNever, 2}, {temperature, 0, 0.9}, u) == 1);
    }
  }
}

TEST_CASE("draws follow the filtered distribution, for any logits, settings and fractions") {
  std::mt19937 random(5);
  forEachTier([&] {
    for (int round = 0; round < 3000; round++) {
      std::vector<float> logits(1 + random() % 40);
      for (float& logit : logits) logit = static_cast<float>(random() % 9) / 2 + (random() % 5 ? 0.0f : 1e-3f);
      for (size_t v = 1; v < logits.size(); v++) {
        if (random() % 6 == 0) logits[v] = kNever;
      }
      const DrawFilter filter = {std::vector<double>{0, 0.5, 1, 1.7}[random() % 4],
                                 static_cast<int64_t>(random() % 4 ? random() % 45 : 0),
                                 random() % 2 ? 1.0 : 0.03 * static_cast<double>(1 + random() % 33)};
      // Away from the borders between tokens, which rounding moves.
      const double u = (static_cast<double>(random() % 997) + 0.371) / 997;
      CAPTURE(round);
      CHECK(draw(logits, filter, u) == plainDraw(std::vector<double>(logits.begin(), logits.end()), filter, u));
    }
  });
}
