#include "kernels/compact_weights.h"

#include <algorithm>
#include <cmath>

#include "gemm_case.h"

using namespace ostinato;

TEST_CASE("compact weights are rounded rows, and products of few rows read them") {
  std::mt19937 random(23);
  for (WeightType type : {WeightType::bfloat16, WeightType::int8}) {
    for (const Sizes& s : {Sizes{1, 1, 1}, Sizes{1, 33, 100}, Sizes{2, 70, 17}, Sizes{3, 64, 64}, Sizes{5, 300, 129}}) {
      CAPTURE(static_cast<int>(type));
      CAPTURE(s.M);
      CAPTURE(s.N);
      CAPTURE(s.K);
      const std::vector<float> x = randomFloats(s.M * s.K, random), before = randomFloats(s.N * s.K, random);
      std::vector<float> weights = before;
      if (s.N > 2) std::fill_n(weights.begin() + s.K, s.K, 0.0f);
      CompactWeights compact;
      REQUIRE(compactWeights(weights.data(), s.N, s.K, type, compact));
      for (int64_t n = 0; n < s.N; n++) {
        float most = 0;
        for (int64_t k = 0; k < s.K; k++) most = std::max(most, std::abs(before[static_cast<size_t>(n * s.K + k)]));
        for (int64_t k = 0; k < s.K; k++) {
          const size_t at = static_cast<size_t>(n * s.K + k);
          if (s.N > 2 && n == 1) {
            CHECK(weights[at] == 0);
            continue;
          }
          const float step = type == WeightType::int8 ? most / 127 : std::abs(before[at]) / 128;
          CHECK(std::abs(weights[at] - before[at]) <= step * 0.5001f);
        }
      }
      std::vector<float> again = weights;
      CompactWeights second;
      REQUIRE(compactWeights(again.data(), s.N, s.K, type, second));
      CHECK(again == weights);

      forEachTier([&] {
        std::vector<float> y(static_cast<size_t>(s.M * s.N), NAN);
        Gemm g;
        g.M = s.M;
        g.N = s.N;
        g.K = s.K;
        g.a = x.data();
        g.lda = g.ldb = s.K;
        // Only where a product is worth no packing is the compact copy read; otherwise the rounded floats.
        g.b = weights.data();
        g.transposeB = true;
        g.c = y.data();
        g.ldc = s.N;
        g.compact = &compact;
        run(g);
        for (int64_t m = 0; m < s.M; m++) {
          for (int64_t n = 0; n < s.N; n++) {
            double sum = 0, size = 0;
            for (int64_t k = 0; k < s.K; k++) {
              const double term = static_cast<double>(x[static_cast<size_t>(m * s.K + k)]) *
                                  static_cast<double>(weights[static_cast<size_t>(n * s.K + k)]);
              sum += term;
              size += std::abs(term);
            }
            CHECK(std::abs(y[static_cast<size_t>(m * s.N + n)] - sum) <= 1e-6 * size);
          }
        }
      });
    }
  }
}

TEST_CASE("weights that are not finite are not made compact") {
  std::vector<float> weights = {1, 2, INFINITY, 4};
  const std::vector<float> before = weights;
  CompactWeights compact;
  CHECK_FALSE(compactWeights(weights.data(), 2, 2, WeightType::int8, compact));
  CHECK(weights == before);
  CHECK(compact.type == WeightType::float32);
}
