// Norms, clipping, parameter updates and assignment. A NaN scale means "change nothing".
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "kernels/elementwise.h"
#include "kernels/optimizers.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

// ---- globalNorm, clipScale ----

// Gradients are cut by their size alone: the norm has the same bits on any number of threads, as ranks that scale their
// gradients by it must.
constexpr int64_t kNormPiece = int64_t{1} << 16;

int64_t normPieces(int64_t n) { return (n + kNormPiece - 1) / kNormPiece; }

size_t checkGlobalNorm(const Call& call) {
  const int64_t n = call.operandCount;
  int64_t pieces = 0;
  for (int i = 0; i < call.operandCount; i++) {
    expectOperand(call, i, DType::f32);
    pieces = std::max(pieces, normPieces(call.operand(i).elements()));
  }
  expectResult(call, globalNorm::norm, DType::f32, nullptr, 0);
  expectResult(call, globalNorm::norms, DType::f32, &n, 1);
  return static_cast<size_t>(pieces) * sizeof(double);
}

// Squares in float where they fit. Above 1.8e19 they would be infinite, and what has lost digits below 1e-19 counts
// only where there is nothing larger.
bool fitsFloat(double squares, int64_t n) {
  constexpr double kSmallest = 1e-30;
  return squares <= std::numeric_limits<double>::max() && squares >= static_cast<double>(n) * kSmallest;
}

void runGlobalNorm(const Call& call) {
  double* partial = static_cast<double*>(call.scratch);
  double total = 0;
  for (int i = 0; i < call.operandCount; i++) {
    const TensorView& g = call.operand(i);
    const int64_t n = g.elements(), pieces = normPieces(n);
    const auto sumOfSquares = [&](double (*kernel)(const float*, int64_t)) {
      forRanges(call.pool, pieces, kNormPiece, [&](int64_t first, int64_t last) {
        for (int64_t piece = first; piece < last; piece++) {
          const int64_t begin = piece * kNormPiece;
          partial[piece] = kernel(g.f32() + begin, std::min(kNormPiece, n - begin));
        }
      });
      return std::accumulate(partial, partial + pieces, 0.0);
    };
    double squares = sumOfSquares(elementwiseKernels().sumOfSquares);
    if (!fitsFloat(squares, n)) squares = sumOfSquares(elementwiseKernels().sumOfSquaresInDouble);
    call.result(globalNorm::norms).mutableF32()[i] = static_cast<float>(std::sqrt(squares));
    total += squares;
  }
  *call.result(globalNorm::norm).mutableF32() = static_cast<float>(std::sqrt(total));
}

size_t checkClipScale(const Call& call) {
  expectOperand(call, clipScale::norm, DType::f32, 0);
  expectOperand(call, clipScale::maxNorm, DType::f32, 0);
  expectResult(call, clipScale::scale, DType::f32, nullptr, 0);
  return 0;
}

void runClipScale(const Call& call) {
  const float norm = *call.operand(clipScale::norm).f32();
  const float most = *call.operand(clipScale::maxNorm).f32();
  float scale = 1;
  if (!std::isfinite(norm) || std::isnan(most)) {
    scale = std::nanf("");
  } else if (most > 0) {
    scale = std::min(1.0f, most / (norm + 1e-6f));
  }
  *call.result(clipScale::scale).mutableF32() = scale;
}

// ---- updates ----

struct Scalars {
  float scale, learningRate;
};

// Moments lie between the weight and its gradient; all of them are shaped like the weight.
template <class Update>
void expectUpdate(const Call& call) {
  expectOperand(call, Update::weight, DType::f32);
  const TensorView& weight = call.operand(Update::weight);
  for (int i = Update::weight + 1; i <= Update::gradient; i++) {
    expectShape(call, i, DType::f32, weight.dims, weight.rank);
  }
  expectOperand(call, Update::scale, DType::f32, 0);
  expectOperand(call, Update::learningRate, DType::f32, 0);
}

template <class Update>
Scalars scalarsOf(const Call& call) {
  return {*call.operand(Update::scale).f32(), *call.operand(Update::learningRate).f32()};
}

float* at(const TensorView& moment, int64_t i) { return moment.present ? moment.mutableF32() + i : nullptr; }

// The rows of a table that have a gradient (sumRows): weight [V,E], gradient [N,E], ids [N], each once, -1 for none.
size_t checkSgdRows(const Call& call) {
  expectOperand(call, sgd::weight, DType::f32, 2);
  expectOperand(call, sgd::ids, DType::i32, 1);
  const int64_t gradient[] = {call.operand(sgd::ids).dims[0], call.operand(sgd::weight).dims[1]};
  expectShape(call, sgd::gradient, DType::f32, gradient, 2);
  expectOperand(call, sgd::scale, DType::f32, 0);
  expectOperand(call, sgd::learningRate, DType::f32, 0);
  if (call.operand(sgd::velocity).present || call.attributes[sgd::momentum] != 0 ||
      call.attributes[sgd::weightDecay] != 0) {
    refuse(call, "rows of a table know no momentum and no weight decay");
  }
  return 0;
}

void runSgdRows(const Call& call) {
  const TensorView& weight = call.operand(sgd::weight);
  const int32_t* ids = call.operand(sgd::ids).i32();
  const int64_t V = weight.dims[0], E = weight.dims[1], n = call.operand(sgd::ids).dims[0];
  for (int64_t i = 0; i < n; i++) {
    if (ids[i] >= -1 && ids[i] < V) continue;
    throw InputError("id " + std::to_string(ids[i]) + " at position " + std::to_string(i) +
                     " is outside the table of " + std::to_string(V) + " rows");
  }
  const auto [scale, learningRate] = scalarsOf<sgd>(call);
  if (std::isnan(scale)) return;
  const SgdUpdate update = {scale, learningRate, 0, 0, false};
  forRanges(call.pool, n, E, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      if (ids[i] < 0) continue;
      optimizerKernels().sgd(update, weight.mutableF32() + ids[i] * E, nullptr,
                             call.operand(sgd::gradient).f32() + i * E, E);
    }
  });
}

size_t checkSgd(const Call& call) {
  if (call.operand(sgd::ids).present) return checkSgdRows(call);
  expectUpdate<sgd>(call);
  const TensorView& weight = call.operand(sgd::weight);
  expectShape(call, sgd::velocity, DType::f32, weight.dims, weight.rank);
  if (call.attributes[sgd::momentum] != 0 && !call.operand(sgd::velocity).present)
    refuse(call, "momentum needs a velocity");
  return 0;
}

void runSgd(const Call& call) {
  if (call.operand(sgd::ids).present) return runSgdRows(call);
  const auto [scale, learningRate] = scalarsOf<sgd>(call);
  if (std::isnan(scale)) return;
  const SgdUpdate update = {scale, learningRate, static_cast<float>(call.attributes[sgd::momentum]),
                            static_cast<float>(call.attributes[sgd::weightDecay]), call.attributes[sgd::nesterov] != 0};
  forRanges(call.pool, call.operand(sgd::weight).elements(), 1, [&](int64_t begin, int64_t end) {
    optimizerKernels().sgd(update, call.operand(sgd::weight).mutableF32() + begin,
                           at(call.operand(sgd::velocity), begin), call.operand(sgd::gradient).f32() + begin,
                           end - begin);
  });
}

size_t checkAdam(const Call& call) {
  expectUpdate<adam>(call);
  expectOperand(call, adam::step, DType::f32, 0);
  return 0;
}

void runAdam(const Call& call) {
  const auto [scale, learningRate] = scalarsOf<adam>(call);
  if (std::isnan(scale)) return;
  const double step = static_cast<double>(*call.operand(adam::step).f32());
  if (!(step >= 1)) throw InputError("expected the step to be at least 1, got " + std::to_string(step));
  AdamUpdate update = {};
  update.scale = scale;
  update.learningRate = learningRate;
  update.complement1 = static_cast<float>(1 - call.attributes[adam::beta1]);
  update.complement2 = static_cast<float>(1 - call.attributes[adam::beta2]);
  update.beta2 = static_cast<float>(call.attributes[adam::beta2]);
  update.epsilon = static_cast<float>(call.attributes[adam::epsilon]);
  update.weightDecay = static_cast<float>(call.attributes[adam::weightDecay]);
  update.decoupled = call.attributes[adam::decoupled] != 0;
  update.correction1 = static_cast<float>(1 / (1 - std::pow(call.attributes[adam::beta1], step)));
  update.correction2 = static_cast<float>(1 / std::sqrt(1 - std::pow(call.attributes[adam::beta2], step)));
  forRanges(call.pool, call.operand(adam::weight).elements(), 1, [&](int64_t begin, int64_t end) {
    optimizerKernels().adam(update, at(call.operand(adam::weight), begin), at(call.operand(adam::m), begin),
                            at(call.operand(adam::v), begin), call.operand(adam::gradient).f32() + begin, end - begin);
  });
}

size_t checkRmsprop(const Call& call) {
  expectUpdate<rmsprop>(call);
  if (call.attributes[rmsprop::momentum] != 0 && !call.operand(rmsprop::velocity).present)
    refuse(call, "momentum needs a velocity");
  return 0;
}

void runRmsprop(const Call& call) {
  const auto [scale, learningRate] = scalarsOf<rmsprop>(call);
  if (std::isnan(scale)) return;
  const RmspropUpdate update = {scale,
                                learningRate,
                                static_cast<float>(call.attributes[rmsprop::alpha]),
                                static_cast<float>(call.attributes[rmsprop::epsilon]),
                                static_cast<float>(call.attributes[rmsprop::momentum]),
                                static_cast<float>(call.attributes[rmsprop::weightDecay]),
                                static_cast<float>(1 - call.attributes[rmsprop::alpha])};
  forRanges(call.pool, call.operand(rmsprop::weight).elements(), 1, [&](int64_t begin, int64_t end) {
    optimizerKernels().rmsprop(update, at(call.operand(rmsprop::weight), begin),
                               at(call.operand(rmsprop::square), begin), at(call.operand(rmsprop::velocity), begin),
                               call.operand(rmsprop::gradient).f32() + begin, end - begin);
  });
}

size_t checkAdagrad(const Call& call) {
  expectUpdate<adagrad>(call);
  return 0;
}

void runAdagrad(const Call& call) {
  const auto [scale, learningRate] = scalarsOf<adagrad>(call);
  if (std::isnan(scale)) return;
  const AdagradUpdate update = {scale, learningRate, static_cast<float>(call.attributes[adagrad::epsilon]),
                                static_cast<float>(call.attributes[adagrad::weightDecay])};
  forRanges(call.pool, call.operand(adagrad::weight).elements(), 1, [&](int64_t begin, int64_t end) {
    optimizerKernels().adagrad(update, at(call.operand(adagrad::weight), begin),
                               at(call.operand(adagrad::square), begin), call.operand(adagrad::gradient).f32() + begin,
                               end - begin);
  });
}

// ---- approach ----

size_t checkApproach(const Call& call) {
  expectOperand(call, approach::variable, DType::f32);
  const TensorView& variable = call.operand(approach::variable);
  expectShape(call, approach::target, DType::f32, variable.dims, variable.rank);
  expectOperand(call, approach::share, DType::f32, 0);
  expectOperand(call, approach::scale, DType::f32, 0);
  return 0;
}

void runApproach(const Call& call) {
  const float share = *call.operand(approach::share).f32();
  if (!(share >= 0 && share <= 1)) throw InputError("expected a share from 0 to 1, got " + std::to_string(share));
  if (std::isnan(*call.operand(approach::scale).f32()) || share == 0) return;
  const TensorView& variable = call.operand(approach::variable);
  forRanges(call.pool, variable.elements(), 1, [&](int64_t begin, int64_t end) {
    optimizerKernels().approach(share, variable.mutableF32() + begin, call.operand(approach::target).f32() + begin,
                                end - begin);
  });
}

// ---- assign ----

size_t checkAssign(const Call& call) {
  const TensorView& variable = call.operand(assign::variable);
  expectShape(call, assign::x, variable.dtype, variable.dims, variable.rank);
  expectShape(call, assign::guard, DType::f32, nullptr, 0);
  return 0;
}

void runAssign(const Call& call) {
  if (call.operand(assign::guard).present && std::isnan(*call.operand(assign::guard).f32())) return;
  // memmove: a program may assign a variable to itself.
  std::memmove(call.operand(assign::variable).data, call.operand(assign::x).data,
               static_cast<size_t>(call.operand(assign::variable).elements()) * 4);
}

}  // namespace

const Implementation ops::globalNorm::implementation = {checkGlobalNorm, runGlobalNorm};
const Implementation ops::clipScale::implementation = {checkClipScale, runClipScale};
const Implementation ops::sgd::implementation = {checkSgd, runSgd};
const Implementation ops::adam::implementation = {checkAdam, runAdam};
const Implementation ops::rmsprop::implementation = {checkRmsprop, runRmsprop};
const Implementation ops::adagrad::implementation = {checkAdagrad, runAdagrad};
const Implementation ops::approach::implementation = {checkApproach, runApproach};
const Implementation ops::assign::implementation = {checkAssign, runAssign};

}  // namespace ostinato
