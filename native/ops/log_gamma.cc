// y = log Γ(x) by Stirling's series (Abramowitz & Stegun 6.1.41), and its slope, the digamma function (6.3.18); both in
// double, with x moved up to where 1e-10 of the series is left by Γ(x + 1) = x Γ(x). NaN unless x is above 0.
// std::lgamma writes a global.
#include <cmath>
#include <limits>

#include "ops/manifest.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

// About what one element costs, in additions.
constexpr int64_t elementCost = 60;
constexpr double seriesFrom = 8;
constexpr double halfLogTwoPi = 0.91893853320467274178;

double logGammaOf(double x) {
  if (!(x > 0)) return std::numeric_limits<double>::quiet_NaN();
  double factor = 1;
  for (; x < seriesFrom; x++) factor *= x;
  const double inverse = 1 / (x * x);
  const double series =
      1.0 / 12 - inverse * (1.0 / 360 - inverse * (1.0 / 1260 - inverse * (1.0 / 1680 - inverse / 1188)));
  return (x - 0.5) * std::log(x) - x + halfLogTwoPi + series / x - std::log(factor);
}

double digammaOf(double x) {
  if (!(x > 0)) return std::numeric_limits<double>::quiet_NaN();
  double below = 0;
  for (; x < seriesFrom; x++) below += 1 / x;
  const double inverse = 1 / (x * x);
  const double series =
      1.0 / 12 - inverse * (1.0 / 120 - inverse * (1.0 / 252 - inverse * (1.0 / 240 - inverse / 132)));
  return std::log(x) - 0.5 / x - inverse * series - below;
}

size_t checkLogGamma(const Call& call) {
  expectOperand(call, logGamma::x, DType::f32);
  expectResultLike(call, logGamma::y, call.operand(logGamma::x));
  return 0;
}

void runLogGamma(const Call& call) {
  const TensorView &x = call.operand(logGamma::x), &y = call.result(logGamma::y);
  forRanges(call.pool, x.elements(), elementCost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) y.mutableF32()[i] = static_cast<float>(logGammaOf(x.f32()[i]));
  });
}

size_t checkLogGammaGradient(const Call& call) {
  expectOperand(call, logGammaGradient::x, DType::f32);
  const TensorView& x = call.operand(logGammaGradient::x);
  expectShape(call, logGammaGradient::dy, DType::f32, x.dims, x.rank);
  expectResultLike(call, logGammaGradient::dx, x);
  return 0;
}

void runLogGammaGradient(const Call& call) {
  const TensorView &x = call.operand(logGammaGradient::x), &dy = call.operand(logGammaGradient::dy);
  const TensorView& dx = call.result(logGammaGradient::dx);
  forRanges(call.pool, x.elements(), elementCost, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      dx.mutableF32()[i] = static_cast<float>(dy.f32()[i] * digammaOf(x.f32()[i]));
    }
  });
}

}  // namespace

const Implementation ops::logGamma::implementation = {checkLogGamma, runLogGamma};
const Implementation ops::logGammaGradient::implementation = {checkLogGammaGradient, runLogGammaGradient};

}  // namespace ostinato
