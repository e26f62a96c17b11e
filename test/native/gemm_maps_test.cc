// Products of operands in blocks of 16 columns, and with rows that are picked.
#include "gemm_case.h"

using namespace ostinato;

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
