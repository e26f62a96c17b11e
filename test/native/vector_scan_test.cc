// vectorScan and its gradient against plain loops in double, on every tier, with sizes that fill no vector.
#include <string>
#include <vector>

#include "test_tensors.h"

using namespace ostinato;

namespace {

using Doubles = std::vector<double>;

struct ScanCase {
  int64_t T, B, H;
  bool lengths, reverse;

  int64_t lengthOf(int64_t b) const { return lengths ? std::vector<int64_t>{T, 0, (T + 1) / 2}[b % 3] : T; }
  // The step that comes i-th in row b.
  int64_t at(int64_t b, int64_t i) const { return reverse ? lengthOf(b) - 1 - i : i; }
  size_t element(int64_t t, int64_t b, int64_t u) const { return static_cast<size_t>((t * B + b) * H + u); }
  size_t unit(int64_t b, int64_t u) const { return static_cast<size_t>(b * H + u); }
};

Doubles zeros(int64_t n) { return Doubles(static_cast<size_t>(n), 0.0); }

void expectEqual(const TestTensor& actual, const Doubles& expected) {
  expectClose(actual, [&](size_t i) { return expected[i]; }, 2e-6);
}

void expectScan(const ScanCase& c) {
  CAPTURE(c.T);
  CAPTURE(c.B);
  CAPTURE(c.H);
  CAPTURE(c.lengths);
  CAPTURE(c.reverse);
  TestTensor a = numbers({c.T, c.B, c.H}, 1), b = numbers({c.T, c.B, c.H}, 2), dy = numbers({c.T, c.B, c.H}, 3);
  TestTensor h0 = numbers({c.B, c.H}, 4), dhLast = numbers({c.B, c.H}, 5), lengths;
  if (c.lengths) {
    std::vector<int32_t> values;
    for (int64_t row = 0; row < c.B; row++) values.push_back(static_cast<int32_t>(c.lengthOf(row)));
    lengths = integers({c.B}, values);
  }
  const int64_t N = c.B * c.H;
  Doubles y = zeros(c.T * N), h = zeros(N), da = zeros(c.T * N), db = zeros(c.T * N), g = zeros(N);
  for (int64_t row = 0; row < c.B; row++) {
    for (int64_t u = 0; u < c.H; u++) {
      const auto value = [&](const TestTensor& t, size_t i) { return static_cast<double>(t.f32[i]); };
      Doubles states = {value(h0, c.unit(row, u))};
      for (int64_t i = 0; i < c.lengthOf(row); i++) {
        const size_t at = c.element(c.at(row, i), row, u);
        states.push_back(value(a, at) * states.back() + value(b, at));
        y[at] = states.back();
      }
      h[c.unit(row, u)] = states.back();
      double back = value(dhLast, c.unit(row, u));
      for (int64_t i = c.lengthOf(row) - 1; i >= 0; i--) {
        const size_t at = c.element(c.at(row, i), row, u);
        db[at] = back + value(dy, at);
        da[at] = db[at] * states[static_cast<size_t>(i)];
        back = db[at] * value(a, at);
      }
      g[c.unit(row, u)] = back;
    }
  }
  const std::vector<double> attributes = {c.reverse ? 1.0 : 0.0};
  TestTensor gotY({c.T, c.B, c.H}), gotH({c.B, c.H});
  runOp(operationNamed("vectorScan"), {&a, &b, &h0, &lengths}, {&gotY, &gotH}, attributes);
  expectEqual(gotY, y);
  expectEqual(gotH, h);

  // Whichever of the two results somebody reads.
  for (int wanted = 0; wanted < 4; wanted++) {
    TestTensor gotDa({c.T, c.B, c.H}), gotDb({c.T, c.B, c.H}), gotG({c.B, c.H});
    gotDa.stored = wanted & 1;
    gotDb.stored = wanted & 2;
    runOp(operationNamed("vectorScanGradient"), {&a, &h0, &lengths, &gotY, &dy, &dhLast}, {&gotDa, &gotDb, &gotG},
          attributes);
    if (gotDa.stored) expectEqual(gotDa, da);
    if (gotDb.stored) expectEqual(gotDb, db);
    expectEqual(gotG, g);
  }
}

}  // namespace

TEST_CASE("vectorScan and its gradient equal plain loops in double") {
  forEachTier([] {
    for (const int64_t H : {1, 7, 16, 33, 1031}) {
      for (const int64_t B : {1, 3, 20}) {
        for (const int64_t T : {1, 5}) {
          for (const bool lengths : {false, true}) {
            for (const bool reverse : {false, true}) expectScan({T, B, H, lengths, reverse});
          }
        }
      }
    }
  });
}

TEST_CASE("vectorScan without gradients from above begins at zero") {
  TestTensor a = numbers({3, 2, 5}, 1), h0 = numbers({2, 5}, 2), y = numbers({3, 2, 5}, 3), absent;
  TestTensor da({3, 2, 5}), db({3, 2, 5}), dh0({2, 5});
  runOp(operationNamed("vectorScanGradient"), {&a, &h0, &absent, &y, &absent, &absent}, {&da, &db, &dh0}, {0});
  for (const TestTensor* t : {&da, &db, &dh0}) expectClose(*t, [](size_t) { return 0.0; }, 0);
}
