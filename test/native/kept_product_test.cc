// Products by kept weights, whole and in blocks that are shown, against sums in double, on every tier and provider.
#include "ops/kept_product.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "base/aligned_memory.h"
#include "gemm_case.h"

using namespace ostinato;

namespace {

// Notes every value that it is shown, and that each is shown once.
class Notes final : public BlockReader {
 public:
  Notes(std::vector<int32_t> rows, int64_t M, int64_t N)
      : rows_(std::move(rows)), N_(N), values_(static_cast<size_t>(M * N)), times_(static_cast<size_t>(M * N)) {}

  std::span<const int32_t> rows() const override { return rows_; }
  void begin(int parts) override {
    ends_.assign(static_cast<size_t>(parts) * values_.size() / static_cast<size_t>(N_), 0);
  }
  void read(int part, int64_t row, int64_t first, const float* values, int64_t count) override {
    const size_t at = static_cast<size_t>(row * N_ + first);
    std::copy(values, values + count, values_.begin() + static_cast<std::ptrdiff_t>(at));
    for (size_t i = at; i < at + static_cast<size_t>(count); i++) times_[i]++;
    int64_t& end =
        ends_[static_cast<size_t>(part) * values_.size() / static_cast<size_t>(N_) + static_cast<size_t>(row)];
    if (first < end) backwards_ = true;
    end = first + count;
  }

  float at(int64_t row, int64_t column) const { return values_[static_cast<size_t>(row * N_ + column)]; }
  int times(int64_t row, int64_t column) const { return times_[static_cast<size_t>(row * N_ + column)]; }
  bool backwards() const { return backwards_; }

 private:
  std::vector<int32_t> rows_;
  int64_t N_;
  std::vector<float> values_;
  std::vector<int> times_;
  std::vector<int64_t> ends_;
  bool backwards_ = false;
};

// Its memory for what is kept, and scratch.
struct Memory {
  AlignedMemory kept, scratch;
  Kept place;

  explicit Memory(const Gemm& g)
      : kept(keptProductForm(g, ThreadPool::instance()).bytes),
        scratch(keptProductScratchBytes(g, ThreadPool::instance())),
        place{kept.data(), false} {}
};

Notes shown(const Gemm& g, Memory& memory, const std::vector<int32_t>& rows) {
  Notes notes(rows, g.M, g.N);
  keptProductInBlocks(g, memory.place, memory.scratch.data(), ThreadPool::instance(), notes);
  return notes;
}

std::vector<int32_t> firstRows(int64_t n) {
  std::vector<int32_t> rows;
  for (int32_t row = 0; row < n; row++) rows.push_back(row);
  return rows;
}

// x Wᵀ of rows a and weights b, whose result nobody has asked for yet.
Gemm productOf(const Sizes& size, const std::vector<float>& a, const std::vector<float>& b, Precision precision) {
  return {.M = size.M,
          .N = size.N,
          .K = size.K,
          .a = a.data(),
          .lda = size.K,
          .b = b.data(),
          .ldb = size.K,
          .transposeB = true,
          .c = nullptr,
          .ldc = size.N,
          .precision = precision};
}

}  // namespace

TEST_CASE("rows that are shown are those of the product, each value once and from left to right") {
  forEachConfiguration([] {
    std::mt19937 random(1);
    for (const Sizes& size : {Sizes{16, 16, 16}, Sizes{17, 33, 20}, Sizes{20, 257, 40}, Sizes{183, 530, 65},
                              Sizes{33, 70, 1500}, Sizes{340, 40, 24}}) {
      for (const bool biased : {false, true}) {
        for (const Precision precision : {Precision::highest, Precision::high, Precision::medium}) {
          const std::vector<float> a = randomFloats(size.M * size.K, random), b = randomFloats(size.N * size.K, random),
                                   bias = randomFloats(size.N, random);
          std::vector<float> c(static_cast<size_t>(size.M * size.N));
          Gemm g = productOf(size, a, b, precision);
          g.c = c.data();
          if (biased) g.bias = bias.data();
          if (keptProductForm(g, ThreadPool::instance()).bytes == 0) continue;
          CAPTURE(size.M);
          CAPTURE(size.N);
          CAPTURE(size.K);
          CAPTURE(static_cast<int>(precision));
          Memory memory(g);
          std::vector<int32_t> rows;
          for (int32_t row = 0; row < size.M; row++) {
            if (row % 7 != 3) rows.push_back(row);
          }
          const Notes notes = shown(g, memory, rows);
          CHECK_FALSE(notes.backwards());
          CHECK(memory.place.made);
          // The whole product finds the weights packed.
          keptProduct(g, memory.place, memory.scratch.data(), ThreadPool::instance());
          const double unit = precision == Precision::medium ? 0x1p-8
                              : precision == Precision::high ? 0x1p-15
                                                             : 0x1p-22;
          for (int64_t m = 0; m < size.M; m++) {
            for (int64_t n = 0; n < size.N; n++) {
              REQUIRE(notes.times(m, n) == (m % 7 != 3));
              double sum = biased ? static_cast<double>(bias[static_cast<size_t>(n)]) : 0, absolute = std::abs(sum);
              for (int64_t k = 0; k < size.K; k++) {
                const double term = static_cast<double>(a[static_cast<size_t>(m * size.K + k)]) *
                                    static_cast<double>(b[static_cast<size_t>(n * size.K + k)]);
                sum += term;
                absolute += std::abs(term);
              }
              const double tolerance = 4 * unit * absolute;
              REQUIRE(std::abs(static_cast<double>(c[static_cast<size_t>(m * size.N + n)]) - sum) <= tolerance);
              if (m % 7 != 3) REQUIRE(std::abs(static_cast<double>(notes.at(m, n)) - sum) <= tolerance);
            }
          }
        }
      }
    }
  });
}

TEST_CASE("a row that is shown has the same bits alone and beside others") {
  forEachConfiguration([] {
    std::mt19937 random(2);
    const Sizes size{181, 100, 750};
    const std::vector<float> a = randomFloats(size.M * size.K, random), b = randomFloats(size.N * size.K, random);
    for (const Precision precision : {Precision::highest, Precision::high, Precision::medium}) {
      const Gemm g = productOf(size, a, b, precision);
      if (keptProductForm(g, ThreadPool::instance()).bytes == 0) continue;
      Memory memory(g);
      const Notes all = shown(g, memory, firstRows(size.M));
      for (const int64_t count : {1, 2, 3, 4, 5, 14, 15, 16, 17, 29, 128, 129, 169, 180}) {
        const Notes some = shown(g, memory, firstRows(count));
        for (int64_t m = 0; m < count; m++) {
          for (int64_t n = 0; n < size.N; n++) REQUIRE(some.at(m, n) == all.at(m, n));
        }
      }
      const Notes last = shown(g, memory, {static_cast<int32_t>(size.M - 1)});
      for (int64_t n = 0; n < size.N; n++) REQUIRE(last.at(size.M - 1, n) == all.at(size.M - 1, n));
    }
  });
}

TEST_CASE("NaN and infinity pass through a block, and reach no other row") {
  forEachConfiguration([] {
    std::mt19937 random(3);
    const int64_t M = 30, N = 50, K = 40;
    std::vector<float> a = randomFloats(M * K, random);
    const std::vector<float> b = randomFloats(N * K, random);
    a[static_cast<size_t>(7 * K + 3)] = std::nanf("");
    a[static_cast<size_t>(29 * K)] = std::numeric_limits<float>::infinity();
    Gemm g{.M = M, .N = N, .K = K, .a = a.data(), .lda = K, .b = b.data(), .ldb = K, .transposeB = true, .ldc = N};
    Memory memory(g);
    const Notes notes = shown(g, memory, firstRows(M));
    for (int64_t m = 0; m < M; m++) {
      for (int64_t n = 0; n < N; n++) {
        const float value = notes.at(m, n);
        REQUIRE((m == 7 ? std::isnan(value) : m == 29 ? std::isinf(value) : std::isfinite(value)));
      }
    }
  });
}
