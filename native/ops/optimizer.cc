// Norms, clipping, parameter updates and assignment. A NaN scale means "change nothing".
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/optimizers.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

// ---- globalNorm, clipScale ----

size_t checkGlobalNorm(const Call& call) {
  const char* op = "globalNorm";
  if (call.operandCount < 1 || call.resultCount != 2 || call.attributeCount != 0) {
    refuse(op, "expected at least one operand, two results and no attribute");
  }
  for (int i = 0; i < call.operandCount; i++) expectOperand(op, call, i, DType::f32);
  const int64_t n = call.operandCount;
  expectResult(op, call, 0, DType::f32, nullptr, 0);
  expectResult(op, call, 1, DType::f32, &n, 1);
  return static_cast<size_t>(call.pool.threads()) * sizeof(double);
}

// Squares in float where they fit. Above 1.8e19 they would be infinite, and what has lost digits below 1e-19 counts
// only where there is nothing larger.
double sumOfSquares(const float* x, int64_t n) {
  constexpr double kSmallest = 1e-30;
  const double sum = elementwiseKernels().sumOfSquares(x, n);
  const bool fits = sum <= std::numeric_limits<double>::max() && sum >= static_cast<double>(n) * kSmallest;
  return fits ? sum : elementwiseKernels().sumOfSquaresInDouble(x, n);
}

void runGlobalNorm(const Call& call) {
  double* partial = static_cast<double*>(call.scratch);
  double total = 0;
  for (int i = 0; i < call.operandCount; i++) {
    const TensorView& g = call.operand(i);
    const int64_t n = g.elements();
    const int parts = partsFor(call.pool, n);
    call.pool.parallel(parts, [&](int part) {
      const int64_t begin = n * part / parts;
      partial[part] = sumOfSquares(g.f32() + begin, n * (part + 1) / parts - begin);
    });
    double squares = 0;
    for (int part = 0; part < parts; part++) squares += partial[part];
    call.result(1).mutableF32()[i] = static_cast<float>(std::sqrt(squares));
    total += squares;
  }
  *call.result(0).mutableF32() = static_cast<float>(std::sqrt(total));
}

size_t checkClipScale(const Call& call) {
  expectCounts("clipScale", call, 2, 1, 0);
  expectOperand("clipScale", call, 0, DType::f32, 0);
  expectOperand("clipScale", call, 1, DType::f32, 0);
  expectResult("clipScale", call, 0, DType::f32, nullptr, 0);
  return 0;
}

void runClipScale(const Call& call) {
  const float norm = *call.operand(0).f32();
  const float most = *call.operand(1).f32();
  float scale = 1;
  if (!std::isfinite(norm) || std::isnan(most)) {
    scale = std::nanf("");
  } else if (most > 0) {
    scale = std::min(1.0f, most / (norm + 1e-6f));
  }
  *call.result(0).mutableF32() = scale;
}

// ---- updates ----

struct Scalars {
  float scale, learningRate;
};

// weight, moments... first, then gradient, scale, learning rate from `gradient` on; all arrays are shaped like the
// weight.
void expectUpdate(const char* op, const Call& call, int gradient) {
  expectOperand(op, call, 0, DType::f32);
  const TensorView& weight = call.operand(0);
  for (int i = 1; i < gradient; i++) expectShape(op, call, i, DType::f32, weight.dims, weight.rank, true);
  expectShape(op, call, gradient, DType::f32, weight.dims, weight.rank);
  expectOperand(op, call, gradient + 1, DType::f32, 0);
  expectOperand(op, call, gradient + 2, DType::f32, 0);
}

void expectPresent(const char* op, const Call& call, int first, int last) {
  for (int i = first; i <= last; i++) {
    if (!call.operand(i).present) refuse(op, "operand " + std::to_string(i) + " is missing");
  }
}

Scalars scalarsOf(const Call& call, int gradient) {
  return {*call.operand(gradient + 1).f32(), *call.operand(gradient + 2).f32()};
}

float* at(const TensorView& moment, int64_t i) { return moment.present ? moment.mutableF32() + i : nullptr; }

// The rows of a table that have a gradient (sumRows): weight [V,E], gradient [N,E], ids [N], each once, -1 for none.
size_t checkSgdRows(const Call& call) {
  expectOperand("sgd", call, 0, DType::f32, 2);
  expectOperand("sgd", call, 5, DType::i32, 1);
  const int64_t gradient[] = {call.operand(5).dims[0], call.operand(0).dims[1]};
  expectShape("sgd", call, 1, DType::f32, gradient, 2);
  expectOperand("sgd", call, 2, DType::f32, 0);
  expectOperand("sgd", call, 3, DType::f32, 0);
  if (call.operand(4).present || call.attributes[0] != 0 || call.attributes[2] != 0) {
    refuse("sgd", "rows of a table know no momentum and no weight decay");
  }
  return 0;
}

void runSgdRows(const Call& call) {
  const TensorView& weight = call.operand(0);
  const int32_t* ids = call.operand(5).i32();
  const int64_t V = weight.dims[0], E = weight.dims[1], n = call.operand(5).dims[0];
  for (int64_t i = 0; i < n; i++) {
    if (ids[i] >= -1 && ids[i] < V) continue;
    throw InputError("id " + std::to_string(ids[i]) + " at position " + std::to_string(i) +
                     " is outside the table of " + std::to_string(V) + " rows");
  }
  const auto [scale, learningRate] = scalarsOf(call, 1);
  if (std::isnan(scale)) return;
  const SgdUpdate update = {scale, learningRate, 0, 0, false};
  forRanges(call.pool, n, E, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      if (ids[i] < 0) continue;
      optimizerKernels().sgd(update, weight.mutableF32() + ids[i] * E, nullptr, call.operand(1).f32() + i * E, E);
    }
  });
}

size_t checkSgd(const Call& call) {
  expectCounts("sgd", call, 6, 0, 3);
  if (call.operand(5).present) return checkSgdRows(call);
  expectUpdate("sgd", call, 1);
  const TensorView& weight = call.operand(0);
  expectShape("sgd", call, 4, DType::f32, weight.dims, weight.rank, true);
  if (call.attributes[0] != 0 && !call.operand(4).present) refuse("sgd", "momentum needs a velocity");
  return 0;
}

void runSgd(const Call& call) {
  if (call.operand(5).present) return runSgdRows(call);
  const auto [scale, learningRate] = scalarsOf(call, 1);
  if (std::isnan(scale)) return;
  const SgdUpdate update = {scale, learningRate, static_cast<float>(call.attributes[0]),
                            static_cast<float>(call.attributes[2]), call.attributes[1] != 0};
  forRanges(call.pool, call.operand(0).elements(), 1, [&](int64_t begin, int64_t end) {
    optimizerKernels().sgd(update, call.operand(0).mutableF32() + begin, at(call.operand(4), begin),
                           call.operand(1).f32() + begin, end - begin);
  });
}

size_t checkAdam(const Call& call) {
  expectCounts("adam", call, 7, 0, 5);
  expectPresent("adam", call, 1, 2);
  expectUpdate("adam", call, 3);
  expectOperand("adam", call, 6, DType::f32, 0);
  return 0;
}

void runAdam(const Call& call) {
  const auto [scale, learningRate] = scalarsOf(call, 3);
  if (std::isnan(scale)) return;
  const double step = static_cast<double>(*call.operand(6).f32());
  if (!(step >= 1)) throw InputError("expected the step to be at least 1, got " + std::to_string(step));
  AdamUpdate update = {};
  update.scale = scale;
  update.learningRate = learningRate;
  update.complement1 = static_cast<float>(1 - call.attributes[0]);
  update.complement2 = static_cast<float>(1 - call.attributes[1]);
  update.beta2 = static_cast<float>(call.attributes[1]);
  update.epsilon = static_cast<float>(call.attributes[2]);
  update.weightDecay = static_cast<float>(call.attributes[3]);
  update.decoupled = call.attributes[4] != 0;
  update.correction1 = static_cast<float>(1 / (1 - std::pow(call.attributes[0], step)));
  update.correction2 = static_cast<float>(1 / std::sqrt(1 - std::pow(call.attributes[1], step)));
  forRanges(call.pool, call.operand(0).elements(), 1, [&](int64_t begin, int64_t end) {
    optimizerKernels().adam(update, at(call.operand(0), begin), at(call.operand(1), begin), at(call.operand(2), begin),
                            call.operand(3).f32() + begin, end - begin);
  });
}

size_t checkRmsprop(const Call& call) {
  expectCounts("rmsprop", call, 6, 0, 4);
  expectPresent("rmsprop", call, 1, 1);
  expectUpdate("rmsprop", call, 3);
  if (call.attributes[2] != 0 && !call.operand(2).present) refuse("rmsprop", "momentum needs a velocity");
  return 0;
}

void runRmsprop(const Call& call) {
  const auto [scale, learningRate] = scalarsOf(call, 3);
  if (std::isnan(scale)) return;
  const RmspropUpdate update = {scale,
                                learningRate,
                                static_cast<float>(call.attributes[0]),
                                static_cast<float>(call.attributes[1]),
                                static_cast<float>(call.attributes[2]),
                                static_cast<float>(call.attributes[3]),
                                static_cast<float>(1 - call.attributes[0])};
  forRanges(call.pool, call.operand(0).elements(), 1, [&](int64_t begin, int64_t end) {
    optimizerKernels().rmsprop(update, at(call.operand(0), begin), at(call.operand(1), begin),
                               at(call.operand(2), begin), call.operand(3).f32() + begin, end - begin);
  });
}

size_t checkAdagrad(const Call& call) {
  expectCounts("adagrad", call, 5, 0, 2);
  expectPresent("adagrad", call, 1, 1);
  expectUpdate("adagrad", call, 2);
  return 0;
}

void runAdagrad(const Call& call) {
  const auto [scale, learningRate] = scalarsOf(call, 2);
  if (std::isnan(scale)) return;
  const AdagradUpdate update = {scale, learningRate, static_cast<float>(call.attributes[0]),
                                static_cast<float>(call.attributes[1])};
  forRanges(call.pool, call.operand(0).elements(), 1, [&](int64_t begin, int64_t end) {
    optimizerKernels().adagrad(update, at(call.operand(0), begin), at(call.operand(1), begin),
                               call.operand(2).f32() + begin, end - begin);
  });
}

// ---- assign ----

size_t checkAssign(const Call& call) {
  expectCounts("assign", call, 3, 0, 0);
  const TensorView& variable = call.operand(0);
  if (!variable.present) refuse("assign", "the variable is missing");
  expectShape("assign", call, 1, variable.dtype, variable.dims, variable.rank);
  expectShape("assign", call, 2, DType::f32, nullptr, 0, true);
  return 0;
}

void runAssign(const Call& call) {
  if (call.operand(2).present && std::isnan(*call.operand(2).f32())) return;
  // memmove: a program may assign a variable to itself.
  std::memmove(call.operand(0).data, call.operand(1).data, static_cast<size_t>(call.operand(0).elements()) * 4);
}

}  // namespace

const Implementation ops::globalNorm::implementation = {checkGlobalNorm, runGlobalNorm};
const Implementation ops::clipScale::implementation = {checkClipScale, runClipScale};
const Implementation ops::sgd::implementation = {checkSgd, runSgd};
const Implementation ops::adam::implementation = {checkAdam, runAdam};
const Implementation ops::rmsprop::implementation = {checkRmsprop, runRmsprop};
const Implementation ops::adagrad::implementation = {checkAdagrad, runAdagrad};
const Implementation ops::assign::implementation = {checkAssign, runAssign};

}  // namespace ostinato
