// Parameter updates, once per CPU tier: one pass over weight, moments and gradient. n elements, contiguous; the arrays
// do not overlap. Every update uses g = scale * gradient (+ weightDecay * w where the decay is not decoupled).
#pragma once

#include <cstdint>

namespace ostinato {

struct SgdUpdate {
  float scale, learningRate, momentum, weightDecay;
  bool nesterov;
};
struct AdamUpdate {
  float scale, learningRate, beta2, epsilon, weightDecay;
  // 1 - beta1 and 1 - beta2, rounded once: in float 1 - 0.999f is off by 1.3e-5 of itself.
  float complement1, complement2;
  // 1 / (1 - beta1^t) and 1 / sqrt(1 - beta2^t)
  float correction1, correction2;
  bool decoupled;
};
struct RmspropUpdate {
  float scale, learningRate, alpha, epsilon, momentum, weightDecay;
  // 1 - alpha, rounded once.
  float complement;
};
struct AdagradUpdate {
  float scale, learningRate, epsilon, weightDecay;
};

struct OptimizerKernels {
  // velocity may be null (no momentum)
  void (*sgd)(const SgdUpdate& u, float* w, float* velocity, const float* gradient, int64_t n);
  void (*adam)(const AdamUpdate& u, float* w, float* m, float* v, const float* gradient, int64_t n);
  // velocity may be null
  void (*rmsprop)(const RmspropUpdate& u, float* w, float* square, float* velocity, const float* gradient, int64_t n);
  void (*adagrad)(const AdagradUpdate& u, float* w, float* square, const float* gradient, int64_t n);
  // v += share (target - v), share above 0 and at most 1; at 1 v is the target to the bit
  void (*approach)(float share, float* v, const float* target, int64_t n);
};

// The table of the current tier.
const OptimizerKernels& optimizerKernels();

}  // namespace ostinato
