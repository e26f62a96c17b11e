#include "recurrent_case.h"

using namespace ostinato;

namespace {

// Row by row and unit by unit, in double.
std::vector<Doubles> lstmReference(const RecurrentData& data, const std::vector<Doubles>& in) {
  const auto [T, B, I, H, biases, hasLengths, reverse, partial] = data.c;
  Doubles y(static_cast<size_t>(T * B * H), 0.0), hLast = in[1], cLast = in[2];
  for (int64_t b = 0; b < B; b++) {
    for (int64_t step = 0; step < T; step++) {
      const int64_t t = reverse ? T - 1 - step : step;
      if (t >= data.lengthOf(b)) continue;
      const Doubles h(hLast.begin() + b * H, hLast.begin() + (b + 1) * H);
      for (int64_t u = 0; u < H; u++) {
        const auto gate = [&](int64_t k) {
          return dot(in[3], k * H + u, &in[0][static_cast<size_t>((t * B + b) * I)], I, in[5]) +
                 dot(in[4], k * H + u, h.data(), H, in[6]);
        };
        double& c = cLast[static_cast<size_t>(b * H + u)];
        c = sigmoidOf(gate(1)) * c + sigmoidOf(gate(0)) * std::tanh(gate(2));
        const double next = sigmoidOf(gate(3)) * std::tanh(c);
        hLast[static_cast<size_t>(b * H + u)] = next;
        y[static_cast<size_t>((t * B + b) * H + u)] = next;
      }
    }
  }
  return {y, hLast, cLast};
}

struct LstmRun {
  TestTensor y, hLast, cLast, gates, cells;
};

LstmRun runLstm(RecurrentData& data, bool save) {
  const auto& c = data.c;
  const int64_t Hp = (c.H + 15) / 16 * 16;
  LstmRun r{TestTensor({c.T, c.B, c.H}), TestTensor({c.B, c.H}), TestTensor({c.B, c.H}), TestTensor({c.T, c.B, 4, Hp}),
            TestTensor({c.T, c.B, Hp})};
  r.gates.stored = r.cells.stored = save;
  auto& in = data.inputs;
  runOp(operationNamed("lstm"), {&in[0], &in[1], &in[2], &in[3], &in[4], &in[5], &in[6], &data.lengths},
        {&r.y, &r.hLast, &r.cLast, &r.gates, &r.cells}, {data.c.reverse ? 1.0 : 0.0});
  return r;
}

}  // namespace

TEST_CASE("lstm and its gradient equal a plain double implementation") {
  for (const RecurrentCase& c : recurrentCases()) {
    CAPTURE(c.name());
    RecurrentData data(c, 4, true, 7);
    const std::vector<Doubles> want = lstmReference(data, data.asDoubles());
    const std::vector<Doubles> weights = randomWeights(want, static_cast<unsigned>(c.H + c.B), c.partialGradients);
    forEachConfiguration([&] {
      LstmRun r = runLstm(data, true);
      expectClose("y", r.y.f32, want[0], 2e-6);
      expectClose("hLast", r.hLast.f32, want[1], 2e-6);
      expectClose("cLast", r.cLast.f32, want[2], 2e-6);

      TestTensor dy = gradientOperand(weights[0], {c.T, c.B, c.H});
      TestTensor dhLast = gradientOperand(weights[1], {c.B, c.H}), dcLast = gradientOperand(weights[2], {c.B, c.H});
      TestTensor dx(data.inputs[0].dims), dh0({c.B, c.H}), dc0({c.B, c.H}), dwih(data.inputs[3].dims),
          dwhh(data.inputs[4].dims), dbias({4 * c.H});
      auto& in = data.inputs;
      runOp(operationNamed("lstmGradient"),
            {&in[0], &in[1], &in[2], &in[3], &in[4], &data.lengths, &r.y, &r.gates, &r.cells, &dy, &dhLast, &dcLast},
            {&dx, &dh0, &dc0, &dwih, &dwhh, &dbias}, {c.reverse ? 1.0 : 0.0});
      const TestTensor* gradients[] = {&dx, &dh0, &dc0, &dwih, &dwhh};
      for (size_t i = 0; i < 5; i++) expectGradient(data, lstmReference, weights, i, gradients[i]->f32, 3);
      if (c.biases) {
        expectGradient(data, lstmReference, weights, 5, dbias.f32, 3);
        expectGradient(data, lstmReference, weights, 6, dbias.f32, 3);
      }
    });
  }
}

TEST_CASE("lstm without saved values gives the same bits") {
  for (const RecurrentCase& c : recurrentCases()) {
    CAPTURE(c.name());
    RecurrentData data(c, 4, true, 11);
    LstmRun saved = runLstm(data, true), unsaved = runLstm(data, false);
    CHECK(saved.y.f32 == unsaved.y.f32);
    CHECK(saved.hLast.f32 == unsaved.hLast.f32);
    CHECK(saved.cLast.f32 == unsaved.cLast.f32);
  }
}

TEST_CASE("lstm gives the same bits twice") {
  RecurrentData data({5, 20, 40, 70, true, true, false, false}, 4, true, 11);
  for (int threads : {1, 2, 3}) {
    ThreadPool::instance().setThreads(threads);
    CHECK(runLstm(data, true).y.f32 == runLstm(data, true).y.f32);
  }
}

TEST_CASE("a NaN in one row of lstm's input stays in that row") {
  RecurrentData data({4, 5, 6, 20, true, false, false, false}, 4, true, 5);
  data.inputs[0].f32[2 * 6] = NAN;  // t 0, b 2
  LstmRun r = runLstm(data, true);
  for (int64_t b = 0; b < 5; b++) CHECK(std::isnan(r.hLast.f32[static_cast<size_t>(b * 20)]) == (b == 2));
}

TEST_CASE("a length beyond the sequence is an input error that says which") {
  RecurrentData data({4, 3, 2, 5, true, true, false, false}, 4, true, 5);
  data.lengths.i32 = {4, 5, 0};
  CHECK_THROWS_WITH_AS(runLstm(data, true), "lengths[1] is 5, expected 0 to 4, the number of steps of x", InputError);
  data.lengths.i32 = {-1, 4, 0};
  CHECK_THROWS_AS(runLstm(data, true), InputError);
}

TEST_CASE("lstm refuses operands that do not fit together") {
  RecurrentData data({4, 3, 2, 5, true, false, false, false}, 4, true, 5);
  data.inputs[4].dims = {20, 4};
  CHECK_THROWS_AS(runLstm(data, true), ProgramError);
}
