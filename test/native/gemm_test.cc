#include "products/gemm.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "doctest/doctest.h"
#include "each_tier.h"
#include "products/blas/blas.h"
#include "products/provider.h"

using namespace ostinato;

namespace {

struct Sizes {
  int64_t M, N, K;
};

// Each of M, N, K around the sizes of tiles, panels and blocks; a few large ones.
const std::vector<Sizes>& sizes() {
  static const std::vector<Sizes> all = [] {
    std::vector<Sizes> list;
    for (int64_t M : {1, 2, 5, 7, 13, 31}) {
      for (int64_t N : {1, 3, 16, 17, 33, 70}) {
        for (int64_t K : {1, 2, 15, 17, 64, 100}) list.push_back({M, N, K});
      }
    }
    for (const Sizes& s : {Sizes{230, 65, 300}, Sizes{65, 230, 520}, Sizes{15, 2100, 40}, Sizes{300, 1, 300},
                           Sizes{1, 300, 300}, Sizes{3, 500, 700}, Sizes{450, 20, 9}, Sizes{4, 4, 0}}) {
      list.push_back(s);
    }
    return list;
  }();
  return all;
}

std::vector<float> randomFloats(int64_t n, std::mt19937& random) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) x = uniform(random);
  return v;
}

void run(const Gemm& g) {
  ThreadPool& pool = ThreadPool::instance();
  // As programs do: sizes are asked for before there is any memory.
  Gemm unbound = g;
  unbound.a = unbound.b = unbound.bias = nullptr;
  unbound.c = nullptr;
  const size_t bytes = (gemmScratchBytes(unbound, pool.threads()) + 127) / 64 * 64;
  std::unique_ptr<void, void (*)(void*)> scratch(std::aligned_alloc(64, bytes), std::free);
  gemm(g, scratch.get(), pool);
}

// Random operands with rows longer than needed, which must stay as they are, and the product in double.
struct Problem {
  std::vector<float> a, b, c, before, bias;
  Gemm g;

  Problem(const Sizes& s, bool transposeA, bool transposeB, bool accumulate, std::mt19937& random,
          bool withBias = false) {
    g.M = s.M;
    g.N = s.N;
    g.K = s.K;
    g.transposeA = transposeA;
    g.transposeB = transposeB;
    g.accumulate = accumulate;
    // At times no gap, as products with one row or column are told apart by it.
    const int64_t gap = random() % 3;
    g.lda = (transposeA ? s.M : s.K) + gap;
    g.ldb = (transposeB ? s.K : s.N) + gap;
    g.ldc = s.N + gap;
    // The last row ends without its gap: nothing may be read beyond.
    a = randomFloats(std::max<int64_t>(0, (transposeA ? s.K : s.M) * g.lda - gap), random);
    b = randomFloats(std::max<int64_t>(0, (transposeB ? s.N : s.K) * g.ldb - gap), random);
    c = randomFloats(s.M * g.ldc - gap, random);
    before = c;
    g.a = a.data();
    g.b = b.data();
    g.c = c.data();
    if (withBias) {
      bias = randomFloats(s.N, random);
      g.bias = bias.data();
    }
  }

  // Largest error of an element, relative to the sum of the absolute values of what it is summed from.
  double worst() const {
    double worst = 0;
    for (int64_t m = 0; m < g.M; m++) {
      for (int64_t n = 0; n < g.N; n++) {
        const double start = g.accumulate ? before[static_cast<size_t>(m * g.ldc + n)] : 0,
                     bias = g.bias ? g.bias[n] : 0;
        double want = start + bias, size = std::abs(start) + std::abs(bias);
        for (int64_t k = 0; k < g.K; k++) {
          const double product =
              static_cast<double>(a[static_cast<size_t>(g.transposeA ? k * g.lda + m : m * g.lda + k)]) *
              b[static_cast<size_t>(g.transposeB ? n * g.ldb + k : k * g.ldb + n)];
          want += product;
          size += std::abs(product);
        }
        const double error = std::abs(c[static_cast<size_t>(m * g.ldc + n)] - want) / (size + 1e-30);
        if (!(error <= worst)) worst = error;
        if (std::isnan(error)) return error;
      }
    }
    return worst;
  }

  bool gapsUntouched() const {
    for (size_t i = 0; i < c.size(); i++) {
      if (static_cast<int64_t>(i) % g.ldc >= g.N && c[i] != before[i]) return false;
    }
    return true;
  }
};

template <class F>
void forEachConfiguration(const F& body) {
  forEachTier([&] {
    for (int threads : {1, 2, 5}) {
      ThreadPool::instance().setThreads(threads);
      CAPTURE(threads);
      body();
    }
  });
}

void expectProducts(const char* provider) {
  REQUIRE(setProvider(provider));
  forEachConfiguration([] {
    std::mt19937 random(1);
    for (const Sizes& s : sizes()) {
      for (int options = 0; options < 16; options++) {
        Problem p(s, options & 1, options & 2, options & 4, random, options & 8);
        run(p.g);
        CAPTURE(s.M);
        CAPTURE(s.N);
        CAPTURE(s.K);
        CAPTURE(options);
        const double worst = p.worst();
        if (!(worst <= 1e-6)) CHECK(worst <= 1e-6);
        if (!p.gapsUntouched()) CHECK(p.gapsUntouched());
      }
    }
  });
  setProvider("auto");
}

}  // namespace

TEST_CASE("own products equal a double loop for all transposes, tiers and odd sizes") { expectProducts("own"); }

TEST_CASE("products by the system's BLAS equal a double loop") {
  if (systemBlas() == nullptr) return;
  expectProducts("blas");
}

TEST_CASE("automatic products equal a double loop") { expectProducts("auto"); }

// Largest error relative to the sum of the absolute products; docs/numerics.md quotes the bounds.
TEST_CASE("products on the matrix unit keep the bits that their precision promises") {
  if (!matrixUnitProvider().available()) return;
  for (Precision precision : {Precision::medium, Precision::high}) {
    // Two roundings of 2^-9 each; two parts leave 2^-17 of each operand.
    const double bound = precision == Precision::medium ? 4.0e-3 : 1.6e-5;
    for (int threads : {1, 3}) {
      ThreadPool::instance().setThreads(threads);
      std::mt19937 random(1);
      int served = 0;
      for (Sizes s : sizes()) {
        for (int options = 0; options < 16; options++) {
          // Most of the list is too small for the unit: the same sizes, some way up.
          for (const Sizes& grown : {s, Sizes{s.M + 20, s.N + 48, s.K + 32}}) {
            Problem p(grown, options & 1, options & 2, options & 4, random, options & 8);
            p.g.precision = precision;
            served += &providerOf(p.g) == &matrixUnitProvider();
            run(p.g);
            CAPTURE(grown.M);
            CAPTURE(grown.N);
            CAPTURE(grown.K);
            CAPTURE(options);
            const double worst = p.worst();
            if (!(worst <= bound)) CHECK(worst <= bound);
            if (!p.gapsUntouched()) CHECK(p.gapsUntouched());
          }
        }
      }
      CHECK(served > 1500);
    }
  }
}

TEST_CASE("NaN and infinity pass through a product") {
  forEachConfiguration([] {
    std::mt19937 random(3);
    for (const Sizes& s : {Sizes{3, 40, 20}, Sizes{20, 40, 20}}) {
      Problem p(s, false, true, false, random);
      p.a[static_cast<size_t>(1 * p.g.lda + 5)] = NAN;
      p.a[static_cast<size_t>(2 * p.g.lda + 5)] = INFINITY;
      run(p.g);
      for (int64_t n = 0; n < s.N; n++) {
        CHECK(std::isfinite(p.c[static_cast<size_t>(n)]));
        CHECK(std::isnan(p.c[static_cast<size_t>(p.g.ldc + n)]));
        CHECK(std::isinf(p.c[static_cast<size_t>(2 * p.g.ldc + n)]));
      }
    }
  });
}

namespace {

// Buffers as the recurrent cells have them: five groups of 16 columns a row, of which three take part, and 40 rows of
// weights, in an order of 48 of which some stand for nothing.
struct Mapped {
  static constexpr int64_t kRows = 50, kWidth = 5 * 16, kInputs = 23, kWeights = 40, kPicked = 48;
  const int32_t groups[3] = {64, 0, 32};
  std::vector<int32_t> rows;
  std::vector<float> gates, x, weight;

  Mapped() {
    std::mt19937 random(5);
    for (int i = 0; i < kPicked; i++) rows.push_back(i % 6 == 5 ? -1 : i - i / 6);
    gates = randomFloats(kRows * kWidth, random);
    x = randomFloats(kRows * kInputs, random);
    weight = randomFloats(kWeights * kInputs, random);
  }

  double gate(int64_t t, int64_t picked) const {
    return gates[static_cast<size_t>(t * kWidth + groups[picked / 16] + picked % 16)];
  }
  double input(int64_t t, int64_t i) const { return x[static_cast<size_t>(t * kInputs + i)]; }
  double weightRow(int64_t picked, int64_t i) const {
    const int32_t row = rows[static_cast<size_t>(picked)];
    return row < 0 ? 0 : weight[static_cast<size_t>(row * kInputs + i)];
  }
};

}  // namespace

TEST_CASE("maps pick the groups of a transposed a and place the rows of c") {
  const Mapped m;
  forEachConfiguration([&] {
    std::vector<float> c(static_cast<size_t>(m.kWeights * m.kInputs), 7.0f);
    Gemm g{m.kPicked, m.kInputs, m.kRows,  m.gates.data(), m.kWidth, true, m.x.data(),
           m.kInputs, false,     c.data(), m.kInputs,      false,    {}};
    g.maps.aGroups = m.groups;
    g.maps.cRows = m.rows.data();
    run(g);
    for (int64_t p = 0; p < m.kPicked; p++) {
      if (m.rows[static_cast<size_t>(p)] < 0) continue;
      for (int64_t i = 0; i < m.kInputs; i++) {
        double want = 0;
        for (int64_t t = 0; t < m.kRows; t++) want += m.gate(t, p) * m.input(t, i);
        CHECK(c[static_cast<size_t>(m.rows[static_cast<size_t>(p)] * m.kInputs + i)] ==
              doctest::Approx(want).epsilon(1e-4));
      }
    }
  });
}

TEST_CASE("maps pick the groups of a and the rows of b") {
  const Mapped m;
  forEachConfiguration([&] {
    std::vector<float> c(static_cast<size_t>(m.kRows * m.kInputs), 7.0f);
    Gemm g{m.kRows,   m.kInputs, m.kPicked, m.gates.data(), m.kWidth, false, m.weight.data(),
           m.kInputs, false,     c.data(),  m.kInputs,      false,    {}};
    g.maps.aGroups = m.groups;
    g.maps.bRows = m.rows.data();
    run(g);
    for (int64_t t = 0; t < m.kRows; t++) {
      for (int64_t i = 0; i < m.kInputs; i++) {
        double want = 0;
        for (int64_t p = 0; p < m.kPicked; p++) want += m.gate(t, p) * m.weightRow(p, i);
        CHECK(c[static_cast<size_t>(t * m.kInputs + i)] == doctest::Approx(want).epsilon(1e-4));
      }
    }
  });
}

TEST_CASE("maps pick the rows of a transposed b and place the columns of c, for many rows and for few") {
  const Mapped m;
  forEachConfiguration([&] {
    for (int64_t M : {m.kRows, int64_t{2}}) {
      std::vector<float> c(static_cast<size_t>(M * m.kWidth), 7.0f);
      Gemm g{M,         m.kPicked, m.kInputs, m.x.data(), m.kInputs, false, m.weight.data(),
             m.kInputs, true,      c.data(),  m.kWidth,   false,     {}};
      g.maps.bRows = m.rows.data();
      g.maps.cGroups = m.groups;
      run(g);
      for (int64_t t = 0; t < M; t++) {
        for (int64_t p = 0; p < m.kPicked; p++) {
          double want = 0;
          for (int64_t i = 0; i < m.kInputs; i++) want += m.input(t, i) * m.weightRow(p, i);
          CHECK(c[static_cast<size_t>(t * m.kWidth + m.groups[p / 16] + p % 16)] ==
                doctest::Approx(want).epsilon(1e-4));
        }
        // The groups that are not in the map.
        CHECK(c[static_cast<size_t>(t * m.kWidth + 16)] == 7.0f);
        CHECK(c[static_cast<size_t>(t * m.kWidth + 48)] == 7.0f);
      }
    }
  });
}

TEST_CASE("maps pick the groups of b's columns") {
  const Mapped m;
  constexpr int64_t kColumns = 40;
  forEachConfiguration([&] {
    std::vector<float> c(static_cast<size_t>(m.kInputs * kColumns), 7.0f);
    Gemm g{m.kInputs, kColumns, m.kRows,  m.x.data(), m.kInputs, true, m.gates.data(),
           m.kWidth,  false,    c.data(), kColumns,   false,     {}};
    g.maps.bGroups = m.groups;
    run(g);
    for (int64_t i = 0; i < m.kInputs; i++) {
      for (int64_t p = 0; p < kColumns; p++) {
        double want = 0;
        for (int64_t t = 0; t < m.kRows; t++) want += m.input(t, i) * m.gate(t, p);
        CHECK(c[static_cast<size_t>(i * kColumns + p)] == doctest::Approx(want).epsilon(1e-4));
      }
    }
  });
}

TEST_CASE("a provider is known by its name only, and none that rounds can be asked for") {
  CHECK(setProvider("own"));
  CHECK(std::string(chosenProvider()) == "own");
  for (const char* name : {"mkl", "", "Own", matrixUnitProvider().name()}) CHECK_FALSE(setProvider(name));
  CHECK(std::string(chosenProvider()) == "own");
  CHECK(setProvider("auto"));
  CHECK(std::string(chosenProvider()) == "auto");
  CHECK(setProvider("blas") == blasProvider().available());
  setProvider("auto");
}

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

TEST_CASE("on one thread the scratch of a product is enough for one of fewer rows or columns") {
  forEachTier([] {
    for (Precision precision : {Precision::highest, Precision::high, Precision::medium}) {
      for (bool transposeA : {false, true}) {
        Gemm g;
        g.transposeA = transposeA;
        g.transposeB = !transposeA;
        g.precision = precision;
        for (int64_t K : {31, 222, 700}) {
          g.K = K;
          size_t before = 0;
          for (int64_t size = 1; size <= 600; size += size < 80 ? 1 : 37) {
            g.M = size;
            g.N = 222;
            g.lda = transposeA ? g.M : K;
            g.ldb = transposeA ? g.N : K;
            g.ldc = g.N;
            const size_t rows = gemmScratchBytes(g, 1);
            CHECK(rows >= before);
            before = rows;
          }
          before = 0;
          for (int64_t size = 1; size <= 600; size += size < 80 ? 1 : 37) {
            g.M = 200;
            g.N = size;
            g.lda = transposeA ? g.M : K;
            g.ldb = transposeA ? g.N : K;
            g.ldc = g.N;
            const size_t columns = gemmScratchBytes(g, 1);
            CHECK(columns >= before);
            before = columns;
          }
        }
      }
    }
  });
}
