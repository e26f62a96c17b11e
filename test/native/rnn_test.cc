#include "recurrent_case.h"

using namespace ostinato;

namespace {

// Row by row and unit by unit, in double.
std::vector<Doubles> rnnReference(const RecurrentData& data, const std::vector<Doubles>& in, bool relu) {
  const auto [T, B, I, H, biases, hasLengths, reverse, partial] = data.c;
  Doubles y(static_cast<size_t>(T * B * H), 0.0), hLast = in[1];
  for (int64_t b = 0; b < B; b++) {
    for (int64_t step = 0; step < T; step++) {
      const int64_t t = reverse ? T - 1 - step : step;
      if (t >= data.lengthOf(b)) continue;
      const Doubles h(hLast.begin() + b * H, hLast.begin() + (b + 1) * H);
      for (int64_t u = 0; u < H; u++) {
        const double a =
            dot(in[2], u, &in[0][static_cast<size_t>((t * B + b) * I)], I, in[4]) + dot(in[3], u, h.data(), H, in[5]);
        const double next = relu ? std::max(0.0, a) : std::tanh(a);
        hLast[static_cast<size_t>(b * H + u)] = next;
        y[static_cast<size_t>((t * B + b) * H + u)] = next;
      }
    }
  }
  return {y, hLast};
}

void expectRnnEqualsReference(bool relu) {
  const Reference reference = [relu](const RecurrentData& data, const std::vector<Doubles>& in) {
    return rnnReference(data, in, relu);
  };
  for (const RecurrentCase& c : recurrentCases()) {
    CAPTURE(c.name());
    RecurrentData data(c, 1, false, 7);
    const std::vector<Doubles> want = reference(data, data.asDoubles());
    const std::vector<Doubles> weights = randomWeights(want, static_cast<unsigned>(c.H + c.B), c.partialGradients);
    forEachConfiguration([&] {
      auto& in = data.inputs;
      const std::vector<double> attributes = {relu ? 1.0 : 0.0, c.reverse ? 1.0 : 0.0};
      TestTensor y({c.T, c.B, c.H}), hLast({c.B, c.H});
      runOp(operationNamed("rnn"), {&in[0], &in[1], &in[2], &in[3], &in[4], &in[5], &data.lengths}, {&y, &hLast},
            attributes);
      expectClose("y", y.f32, want[0], 4e-6);
      expectClose("hLast", hLast.f32, want[1], 4e-6);
      // With sums that are this much rounded, some units are on the other side of relu's kink.
      if (relu && testPrecision() == Precision::medium) return;

      TestTensor dy = gradientOperand(weights[0], {c.T, c.B, c.H}), dhLast = gradientOperand(weights[1], {c.B, c.H});
      TestTensor dx(data.inputs[0].dims), dh0({c.B, c.H}), dwih(data.inputs[2].dims), dwhh(data.inputs[3].dims),
          dbias({c.H});
      runOp(operationNamed("rnnGradient"), {&in[0], &in[1], &in[2], &in[3], &data.lengths, &y, &dy, &dhLast},
            {&dx, &dh0, &dwih, &dwhh, &dbias}, attributes);
      const TestTensor* gradients[] = {&dx, &dh0, &dwih, &dwhh, &dbias, &dbias};
      for (size_t i = 0; i < (c.biases ? 6u : 4u); i++) {
        expectGradient(data, reference, weights, i, gradients[i]->f32, 3);
      }
    });
  }
}

}  // namespace

TEST_CASE("rnn with tanh and its gradient equal a plain double implementation") { expectRnnEqualsReference(false); }

TEST_CASE("rnn with relu and its gradient equal a plain double implementation") { expectRnnEqualsReference(true); }

TEST_CASE("rnn refuses an activation that it does not know") {
  RecurrentData data({2, 3, 4, 5, false, false, false, false}, 1, false, 1);
  auto& in = data.inputs;
  TestTensor y({2, 3, 5}), hLast({3, 5});
  CHECK_THROWS_AS(runOp(operationNamed("rnn"), {&in[0], &in[1], &in[2], &in[3], &in[4], &in[5], &data.lengths},
                        {&y, &hLast}, {2, 0}),
                  ProgramError);
}
