// One window of word2vec against plain loops in double precision, on every tier, for all small numbers of contexts and
// rows and for lengths that are no whole vectors.
#include <cmath>
#include <vector>

#include "base/aligned_memory.h"
#include "doctest/doctest.h"
#include "each_tier.h"
#include "kernels/word_vectors.h"
#include "test_tensors.h"

using namespace ostinato;

namespace {

struct Case {
  int64_t E, C, R;
};

void expectWindow(const Case& size) {
  const auto [E, C, R] = size;
  const int64_t stride = (E + 15) / 16 * 16;
  const TestTensor x = numbers({C, E}, 1), y = numbers({R, E}, 2);
  std::vector<const float*> rowsX, rowsY;
  std::vector<float> signs;
  for (int64_t c = 0; c < C; c++) rowsX.push_back(x.f32.data() + c * E);
  for (int64_t r = 0; r < R; r++) {
    rowsY.push_back(y.f32.data() + r * E);
    signs.push_back(r % 3 == 0 ? 1.0f : -1.0f);
  }
  AlignedMemory memory(static_cast<size_t>((C + R) * stride + wordScores(C, R) + 64) * sizeof(float));
  float* dx = static_cast<float*>(memory.data());
  float* dy = dx + C * stride;
  float* scores = dy + R * stride;
  const double loss =
      wordVectorKernels().window({E, C, R, rowsX.data(), rowsY.data(), signs.data(), scores, dx, dy, stride});

  double expected = 0;
  std::vector<double> edx(static_cast<size_t>(C * E)), edy(static_cast<size_t>(R * E));
  for (int64_t r = 0; r < R; r++) {
    for (int64_t c = 0; c < C; c++) {
      double score = 0;
      for (int64_t e = 0; e < E; e++) score += static_cast<double>(rowsX[c][e]) * static_cast<double>(rowsY[r][e]);
      const double sign = static_cast<double>(signs[r]), p = 1 / (1 + std::exp(-sign * score));
      expected -= std::log(p);
      for (int64_t e = 0; e < E; e++) {
        edx[c * E + e] += sign * (p - 1) * static_cast<double>(rowsY[r][e]);
        edy[r * E + e] += sign * (p - 1) * static_cast<double>(rowsX[c][e]);
      }
    }
  }
  CHECK(std::fabs(loss - expected) <= 1e-6 * expected + 1e-6 * static_cast<double>(C * R));
  for (int64_t c = 0; c < C; c++) {
    for (int64_t e = 0; e < stride; e++) {
      const double want = e < E ? edx[c * E + e] : 0;
      CHECK(std::fabs(static_cast<double>(dx[c * stride + e]) - want) < 2e-6 * static_cast<double>(R + E));
    }
  }
  for (int64_t r = 0; r < R; r++) {
    for (int64_t e = 0; e < stride; e++) {
      const double want = e < E ? edy[r * E + e] : 0;
      CHECK(std::fabs(static_cast<double>(dy[r * stride + e]) - want) < 2e-6 * static_cast<double>(C + E));
    }
  }
}

}  // namespace

TEST_CASE("a window is what the equations say, for every number of contexts and rows") {
  forEachTier([] {
    for (const int64_t E : {1, 7, 16, 100}) {
      for (int64_t C = 1; C <= 10; C++) {
        for (const int64_t R : {1, 2, 3, 4, 5, 6, 17}) expectWindow({E, C, R});
      }
    }
  });
}

TEST_CASE("scores far from 0 cost what they should, and make no NaN") {
  forEachTier([] {
    const float x[] = {60}, y[] = {2}, minus[] = {-1};
    const float *rowX = x, *rowY = y;
    AlignedMemory memory(256 * sizeof(float));
    float* all = static_cast<float*>(memory.data());
    const double loss = wordVectorKernels().window({1, 1, 1, &rowX, &rowY, minus, all, all + 64, all + 96, 16});
    CHECK(loss == doctest::Approx(120));
    CHECK(all[64] == doctest::Approx(2));
  });
}

TEST_CASE("updates add their columns and leave the others alone") {
  forEachTier([] {
    for (const int64_t end : {17, 40, 41}) {
      TestTensor table = numbers({3, 41}, 3);
      const TestTensor before = table, values = numbers({2, 41}, 4);
      const RowUpdate updates[] = {{table.f32.data() + 41, values.f32.data(), 2},
                                   {table.f32.data() + 41, values.f32.data() + 41, 1}};
      wordVectorKernels().update(updates, 2, -0.5f, 16, end);
      for (int64_t i = 0; i < 3 * 41; i++) {
        const int64_t row = i / 41, column = i % 41;
        const bool own = row == 1 && column >= 16 && column < end;
        const float want = own ? before.f32[i] - values.f32[column] - 0.5f * values.f32[41 + column] : before.f32[i];
        CHECK(std::fabs(table.f32[i] - want) < 1e-6f);
      }
    }
  });
}
