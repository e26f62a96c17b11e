#include <cmath>
#include <random>

#include "doctest/doctest.h"
#include "recurrent_case.h"

using namespace ostinato;

namespace {

struct AttentionCase {
  int64_t T, B, group, S, K, M;
  bool additive, lengths;

  int64_t N() const { return B * group; }
};

TestTensor random(std::vector<int64_t> dims, unsigned seed) {
  TestTensor t(std::move(dims));
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (float& x : t.f32) x = uniform(engine);
  return t;
}

struct Data {
  AttentionCase c;
  TestTensor query, keys, values, v, lengths, dcontext, dweights;
  double scale = 0.5;

  explicit Data(const AttentionCase& which)
      : c(which),
        query(random({c.T, c.N(), c.K}, 1)),
        keys(random({c.S, c.B, c.K}, 2)),
        values(random({c.S, c.B, c.M}, 3)),
        dcontext(random({c.T, c.N(), c.M}, 5)),
        dweights(random({c.T, c.N(), c.S}, 6)) {
    if (c.additive) v = random({c.K}, 4);
    if (!c.lengths) return;
    lengths = TestTensor({c.B});
    lengths.f32.clear();
    for (int64_t b = 0; b < c.B; b++) lengths.i32.push_back(static_cast<int32_t>(b % 4 == 1 ? 0 : c.S - b % c.S));
  }

  int64_t lengthOf(int64_t n) const { return c.lengths ? lengths.i32[static_cast<size_t>(n / c.group)] : c.S; }
  size_t memoryAt(int64_t s, int64_t n, int64_t width) const {
    return static_cast<size_t>((s * c.B + n / c.group) * width);
  }
  std::vector<double> attributes() const { return {scale}; }
};

// context and weights, in double.
std::vector<Doubles> reference(const Data& d) {
  const AttentionCase& c = d.c;
  Doubles context(static_cast<size_t>(c.T * c.N() * c.M), 0.0), weights(static_cast<size_t>(c.T * c.N() * c.S), 0.0);
  for (int64_t row = 0; row < c.T * c.N(); row++) {
    const int64_t n = row % c.N();
    double sum = 0;
    Doubles exps;
    for (int64_t s = 0; s < d.lengthOf(n); s++) {
      double score = 0;
      for (int64_t k = 0; k < c.K; k++) {
        const double q = d.query.f32[static_cast<size_t>(row * c.K + k)];
        const double key = d.keys.f32[d.memoryAt(s, n, c.K) + static_cast<size_t>(k)];
        score += c.additive ? d.v.f32[static_cast<size_t>(k)] * std::tanh(q + key) : d.scale * q * key;
      }
      exps.push_back(std::exp(score));
      sum += exps.back();
    }
    for (size_t s = 0; s < exps.size(); s++) {
      weights[static_cast<size_t>(row * c.S) + s] = exps[s] / sum;
      for (int64_t m = 0; m < c.M; m++) {
        context[static_cast<size_t>(row * c.M + m)] +=
            exps[s] / sum * d.values.f32[d.memoryAt(static_cast<int64_t>(s), n, c.M) + static_cast<size_t>(m)];
      }
    }
  }
  return {context, weights};
}

double lossOf(const Data& d) {
  const std::vector<Doubles> outputs = reference(d);
  double loss = 0;
  for (size_t i = 0; i < outputs[0].size(); i++) loss += outputs[0][i] * d.dcontext.f32[i];
  for (size_t i = 0; i < outputs[1].size(); i++) loss += outputs[1][i] * d.dweights.f32[i];
  return loss;
}

// Central differences at a few elements of one input.
void expectSlope(Data& d, TestTensor& input, const TestTensor& gradient) {
  std::mt19937 engine(9);
  for (int sample = 0; sample < 4; sample++) {
    const size_t i = engine() % input.f32.size();
    const float value = input.f32[i], up = value + 1e-3f, down = value - 1e-3f;
    input.f32[i] = up;
    const double above = lossOf(d);
    input.f32[i] = down;
    const double below = lossOf(d);
    input.f32[i] = value;
    const double want = (above - below) / (static_cast<double>(up) - down);
    CAPTURE(i);
    CHECK(std::abs(gradient.f32[i] - want) <= slack() * 2e-5 * (1 + std::abs(want)));
  }
}

std::vector<AttentionCase> attentionCases() {
  std::vector<AttentionCase> cases;
  for (const bool additive : {false, true}) {
    for (const bool lengths : {false, true}) {
      cases.push_back({1, 1, 1, 1, 1, 1, additive, lengths});
      cases.push_back({3, 2, 1, 4, 5, 3, additive, lengths});
      cases.push_back({1, 5, 3, 9, 33, 17, additive, lengths});
      cases.push_back({4, 5, 3, 9, 16, 17, additive, lengths});
      cases.push_back({13, 7, 1, 31, 70, 66, additive, lengths});
    }
  }
  return cases;
}

}  // namespace

TEST_CASE("attention and its gradients equal a plain double implementation") {
  for (const AttentionCase& c : attentionCases()) {
    CAPTURE(c.T);
    CAPTURE(c.B);
    CAPTURE(c.additive);
    CAPTURE(c.lengths);
    Data d(c);
    const std::vector<Doubles> want = reference(d);
    forEachConfiguration([&] {
      TestTensor context({c.T, c.N(), c.M}), weights({c.T, c.N(), c.S});
      runOp(operationNamed("attention"), {&d.query, &d.keys, &d.values, &d.v, &d.lengths}, {&context, &weights},
            d.attributes());
      expectClose("context", context.f32, want[0], 3e-6);
      expectClose("weights", weights.f32, want[1], 3e-6);
      TestTensor alone({c.T, c.N(), c.M}), unread({c.T, c.N(), c.S});
      unread.stored = false;
      runOp(operationNamed("attention"), {&d.query, &d.keys, &d.values, &d.v, &d.lengths}, {&alone, &unread},
            d.attributes());
      CHECK(alone.f32 == context.f32);
      if (c.group > 1) return;

      TestTensor dquery(d.query.dims), dscores(weights.dims), dkeys(d.keys.dims), dvalues(d.values.dims), dv({c.K});
      runOp(operationNamed("attentionGradient"),
            {&d.query, &d.keys, &d.values, &d.v, &d.lengths, &weights, &d.dcontext, &d.dweights}, {&dquery, &dscores},
            d.attributes());
      runOp(operationNamed("attentionSum"), {&weights, &d.dcontext}, {&dvalues}, {});
      expectSlope(d, d.query, dquery);
      expectSlope(d, d.values, dvalues);
      if (c.additive) {
        runOp(operationNamed("additiveGradient"), {&d.query, &dscores, &d.keys, &d.v}, {&dkeys, &dv}, {});
        expectSlope(d, d.v, dv);
      } else {
        runOp(operationNamed("attentionSum"), {&dscores, &d.query}, {&dkeys}, {});
      }
      expectSlope(d, d.keys, dkeys);
    });
  }
}

TEST_CASE(
    "the gradient of the context alone, or of the weights alone, is that of a loss in which the other counts nothing") {
  for (const bool additive : {false, true}) {
    for (const bool lengths : {false, true}) {
      for (const bool context : {false, true}) {
        CAPTURE(additive);
        CAPTURE(lengths);
        CAPTURE(context);
        Data d({4, 5, 1, 9, 16, 17, additive, lengths});
        TestTensor& silent = context ? d.dweights : d.dcontext;
        std::fill(silent.f32.begin(), silent.f32.end(), 0.0f);
        TestTensor out({4, 5, 17}), weights({4, 5, 9}), absent;
        runOp(operationNamed("attention"), {&d.query, &d.keys, &d.values, &d.v, &d.lengths}, {&out, &weights},
              d.attributes());
        // Results hold NaN before: what nobody gives a gradient must be cleared, not taken as it is.
        TestTensor dquery(d.query.dims), dscores(weights.dims);
        runOp(operationNamed("attentionGradient"),
              {&d.query, &d.keys, &d.values, &d.v, &d.lengths, &weights, context ? &d.dcontext : &absent,
               context ? &absent : &d.dweights},
              {&dquery, &dscores}, d.attributes());
        for (const TestTensor* t : {&dquery, &dscores}) {
          for (const float value : t->f32) REQUIRE(std::isfinite(value));
        }
        expectSlope(d, d.query, dquery);
      }
    }
  }
}

TEST_CASE("a length beyond the memory is an input error that says which") {
  Data d({2, 3, 1, 4, 5, 6, false, true});
  d.lengths.i32 = {4, 5, 0};
  TestTensor context({2, 3, 6}), weights({2, 3, 4});
  CHECK_THROWS_WITH_AS(runOp(operationNamed("attention"), {&d.query, &d.keys, &d.values, &d.v, &d.lengths},
                             {&context, &weights}, d.attributes()),
                       "lengths[1] is 5, expected 0 to 4, the positions of the memory", InputError);
}

TEST_CASE("attention gives the same bits twice") {
  Data d({3, 6, 1, 9, 20, 10, true, true});
  for (int threads : {1, 3}) {
    ThreadPool::instance().setThreads(threads);
    TestTensor first({3, 6, 10}), second({3, 6, 10}), weights({3, 6, 9});
    for (TestTensor* context : {&first, &second}) {
      runOp(operationNamed("attention"), {&d.query, &d.keys, &d.values, &d.v, &d.lengths}, {context, &weights},
            d.attributes());
    }
    CHECK(first.f32 == second.f32);
  }
}
