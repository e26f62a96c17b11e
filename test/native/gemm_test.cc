// Every provider's products, and what providers promise.
#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "gemm_case.h"
#include "ops/gradient_tiles.h"
#include "products/own/own_kernels.h"
#include "products/provider.h"

using namespace ostinato;

namespace {

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

}  // namespace

TEST_CASE("products of every provider equal a double loop for all transposes, tiers and odd sizes") {
  for (const Provider* provider : providers()) {
    // Those that round serve no product of the highest precision: here the others, and the fastest for each shape.
    const char* name = provider->rounds() ? "auto" : provider->name();
    CAPTURE(name);
    if (!setProvider(name)) continue;
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
  }
  setProvider("auto");
}

// A product by one provider, whoever is the fastest.
void runBy(const Provider& provider, const Gemm& g) {
  ThreadPool& pool = ThreadPool::instance();
  const size_t bytes = (provider.scratchBytes(g, pool.threads()) + 127) / 64 * 64;
  std::unique_ptr<void, void (*)(void*)> scratch(std::aligned_alloc(64, bytes), std::free);
  provider.multiply(g, scratch.get(), pool);
}

// Largest error relative to the sum of the absolute products; docs/numerics.md quotes the bounds.
void checkRounding(const Provider& provider) {
  CAPTURE(provider.name());
  for (Precision precision : {Precision::medium, Precision::high}) {
    if (!provider.packing(precision)) continue;
    // Two roundings of 2^-9 each; two parts leave 2^-17 of each operand.
    const double bound = precision == Precision::medium ? 4.0e-3 : 1.6e-5;
    for (int threads : {1, 3}) {
      ThreadPool::instance().setThreads(threads);
      std::mt19937 random(1);
      int served = 0;
      for (Sizes s : sizes()) {
        for (int options = 0; options < 16; options++) {
          // Most of the list is too small for them: the same sizes, some way up.
          for (const Sizes& grown : {s, Sizes{s.M + 20, s.N + 48, s.K + 32}}) {
            Problem p(grown, options & 1, options & 2, options & 4, random, options & 8);
            p.g.precision = precision;
            if (!provider.wins(p.g) || !provider.fits(p.g)) continue;
            served++;
            runBy(provider, p.g);
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

TEST_CASE("products that round keep the bits that their precision promises, whoever makes them") {
  for (const Provider* provider : providers()) {
    if (provider->rounds() && provider->available()) checkRounding(*provider);
  }
}

TEST_CASE(
    "rows of the same values times a stored [N,K] give the same bits, however many they are, up to those packed") {
  REQUIRE(setProvider("own"));
  forEachConfiguration([] {
    std::mt19937 random(4);
    for (int64_t K : {7, 16, 31, 100, 800}) {
      Problem p({64, 33, K}, false, true, false, random, true);
      for (int64_t m = 1; m < 64; m++) std::copy_n(p.a.data(), K, p.a.data() + m * p.g.lda);
      p.g.M = 1;
      run(p.g);
      const std::vector<float> alone(p.c.data(), p.c.data() + 33);
      for (int64_t M : {2, 3, 4, 5, 7, 13, 29, 64}) {
        if (M > ownKernels().directRowsTransposed) continue;
        CAPTURE(K);
        CAPTURE(M);
        p.g.M = M;
        run(p.g);
        bool same = true;
        for (int64_t m = 0; m < M; m++)
          same = same && std::ranges::equal(alone, std::span(p.c.data() + m * p.g.ldc, 33));
        CHECK(same);
      }
    }
  });
  setProvider("auto");
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

TEST_CASE("a provider is known by its name only, and none that rounds can be asked for") {
  for (const Provider* provider : providers()) {
    CHECK(setProvider("auto"));
    const bool known = provider->available() && !provider->rounds();
    CHECK(setProvider(provider->name()) == known);
    CHECK(std::string(chosenProvider()) == (known ? provider->name() : "auto"));
  }
  const std::string chosen = chosenProvider();
  for (const char* name : {"mkl", "", "Own"}) CHECK_FALSE(setProvider(name));
  CHECK(chosenProvider() == chosen);
  setProvider("auto");
}

TEST_CASE("what a provider packs for gradients fits the blocks in which they are multiplied") {
  for (const Provider* provider : providers()) {
    for (Precision precision : {Precision::highest, Precision::high, Precision::medium}) {
      const Packing* packing = provider->packing(precision);
      if (packing && packing->gradients) CHECK(GradientTiles::pays(64, *packing));
    }
  }
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
