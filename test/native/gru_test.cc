#include "recurrent_case.h"

using namespace ostinato;

namespace {

// Row by row and unit by unit, in double.
std::vector<Doubles> gruReference(const RecurrentData& data, const std::vector<Doubles>& in, bool after) {
  const auto [T, B, I, H, biases, hasLengths, reverse, partial] = data.c;
  Doubles y(static_cast<size_t>(T * B * H), 0.0), hLast = in[1];
  for (int64_t b = 0; b < B; b++) {
    for (int64_t step = 0; step < T; step++) {
      const int64_t t = reverse ? T - 1 - step : step;
      if (t >= data.lengthOf(b)) continue;
      const Doubles h(hLast.begin() + b * H, hLast.begin() + (b + 1) * H);
      const auto input = [&](int64_t row) {
        return dot(in[2], row, &in[0][static_cast<size_t>((t * B + b) * I)], I, in[4]);
      };
      const auto state = [&](int64_t row, const Doubles& of) { return dot(in[3], row, of.data(), H, in[5]); };
      Doubles r(static_cast<size_t>(H)), resetState(static_cast<size_t>(H));
      for (int64_t u = 0; u < H; u++) {
        r[static_cast<size_t>(u)] = sigmoidOf(input(u) + state(u, h));
        resetState[static_cast<size_t>(u)] = r[static_cast<size_t>(u)] * h[static_cast<size_t>(u)];
      }
      for (int64_t u = 0; u < H; u++) {
        const double z = sigmoidOf(input(H + u) + state(H + u, h));
        const double n = std::tanh(input(2 * H + u) + (after ? r[static_cast<size_t>(u)] * state(2 * H + u, h)
                                                             : state(2 * H + u, resetState)));
        const double next = (1 - z) * n + z * h[static_cast<size_t>(u)];
        hLast[static_cast<size_t>(b * H + u)] = next;
        y[static_cast<size_t>((t * B + b) * H + u)] = next;
      }
    }
  }
  return {y, hLast};
}

struct GruRun {
  TestTensor y, hLast, gates;
};

GruRun runGru(RecurrentData& data, bool after, bool save) {
  const auto& c = data.c;
  const int64_t Hp = (c.H + 15) / 16 * 16;
  GruRun r{TestTensor({c.T, c.B, c.H}), TestTensor({c.B, c.H}), TestTensor({c.T, c.B, 4, Hp})};
  r.gates.stored = save;
  auto& in = data.inputs;
  runOp(operationNamed("gru"), {&in[0], &in[1], &in[2], &in[3], &in[4], &in[5], &data.lengths},
        {&r.y, &r.hLast, &r.gates}, {after ? 1.0 : 0.0, c.reverse ? 1.0 : 0.0});
  return r;
}

void expectGruEqualsReference(bool after) {
  const Reference reference = [after](const RecurrentData& data, const std::vector<Doubles>& in) {
    return gruReference(data, in, after);
  };
  for (const RecurrentCase& c : recurrentCases()) {
    CAPTURE(c.name());
    RecurrentData data(c, 3, false, 7);
    const std::vector<Doubles> want = reference(data, data.asDoubles());
    const std::vector<Doubles> weights = randomWeights(want, static_cast<unsigned>(c.H + c.B), c.partialGradients);
    forEachConfiguration([&] {
      GruRun r = runGru(data, after, true);
      expectClose("y", r.y.f32, want[0], 2e-6);
      expectClose("hLast", r.hLast.f32, want[1], 2e-6);

      TestTensor dy = gradientOperand(weights[0], {c.T, c.B, c.H}), dhLast = gradientOperand(weights[1], {c.B, c.H});
      TestTensor dx(data.inputs[0].dims), dh0({c.B, c.H}), dwih(data.inputs[2].dims), dwhh(data.inputs[3].dims),
          dbiasIh({3 * c.H}), dbiasHh({3 * c.H});
      auto& in = data.inputs;
      runOp(operationNamed("gruGradient"),
            {&in[0], &in[1], &in[2], &in[3], &in[5], &data.lengths, &r.y, &r.gates, &dy, &dhLast},
            {&dx, &dh0, &dwih, &dwhh, &dbiasIh, &dbiasHh}, {after ? 1.0 : 0.0, c.reverse ? 1.0 : 0.0});
      const TestTensor* gradients[] = {&dx, &dh0, &dwih, &dwhh, &dbiasIh, &dbiasHh};
      for (size_t i = 0; i < (c.biases ? 6u : 4u); i++) {
        expectGradient(data, reference, weights, i, gradients[i]->f32, 3);
      }
    });
  }
}

}  // namespace

TEST_CASE("gru with reset after the product, and its gradient, equal a plain double implementation") {
  expectGruEqualsReference(true);
}

TEST_CASE("gru with reset before the product, and its gradient, equal a plain double implementation") {
  expectGruEqualsReference(false);
}

TEST_CASE("gru without saved values gives the same bits") {
  for (const RecurrentCase& c : recurrentCases()) {
    for (bool after : {false, true}) {
      CAPTURE(c.name());
      RecurrentData data(c, 3, false, 11);
      GruRun saved = runGru(data, after, true), unsaved = runGru(data, after, false);
      CHECK(saved.y.f32 == unsaved.y.f32);
      CHECK(saved.hLast.f32 == unsaved.hLast.f32);
    }
  }
}

TEST_CASE("a NaN in one row of gru's input stays in that row") {
  for (bool after : {false, true}) {
    RecurrentData data({4, 5, 6, 20, true, false, false, false}, 3, false, 5);
    data.inputs[0].f32[2 * 6] = NAN;  // t 0, b 2
    GruRun r = runGru(data, after, true);
    for (int64_t b = 0; b < 5; b++) CHECK(std::isnan(r.hLast.f32[static_cast<size_t>(b * 20)]) == (b == 2));
  }
}
