// Loops over contiguous floats, once per CPU tier. n elements; y may be one of the inputs; no alignment is needed.
#pragma once

#include <cstdint>

namespace ostinato {

struct ElementwiseKernels {
  using Binary = void (*)(const float* a, const float* b, float* y, int64_t n);
  using Unary = void (*)(const float* x, float* y, int64_t n);

  Binary add, subtract, multiply, divide;
  // y from a and one value b
  void (*addScalar)(const float* a, float b, float* y, int64_t n);
  // y = (x - a) - b, each rounded
  void (*subtractInTurn)(const float* x, float a, float b, float* y, int64_t n);
  void (*multiplyScalar)(const float* a, float b, float* y, int64_t n);
  // y = scale x + shift
  void (*affine)(const float* x, float scale, float shift, float* y, int64_t n);
  Unary exp, sqrt, square, tanh, sigmoid, relu;
  // dx from the output y and dy
  Binary tanhGradient, sigmoidGradient, reluGradient;
  // x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))) = x σ(2 √(2/π) (x + 0.044715 x³)); dx from x and dy
  Unary gelu;
  Binary geluGradient;
  // min(max(x, -limit), limit), which is the limit where that is negative; NaN for a NaN among them
  void (*clamp)(const float* x, float limit, float* y, int64_t n);
  // dx = dy where x is within ±limit, 0 elsewhere
  void (*clampGradient)(const float* x, float limit, const float* dy, float* dx, int64_t n);
  // y += a x
  void (*addScaled)(const float* x, float a, float* y, int64_t n);
  // Short runs are summed in float, their sums in double, so that the error does not grow with n.
  double (*sum)(const float* x, int64_t n);
  double (*sumOfSquares)(const float* x, int64_t n);
  // As above, for squares outside the range of float: in double from the first.
  double (*sumOfSquaresInDouble)(const float* x, int64_t n);
  // Largest element; NaN if there is one.
  float (*maximum)(const float* x, int64_t n);
  // The places of the elements above a threshold, from the first on, into `places` [n]; returns their number. `largest`
  // is what maximum() gives.
  int64_t (*placesAbove)(const float* x, float threshold, int32_t* places, float* largest, int64_t n);
  // y = exp(x - shift); returns the sum of y.
  double (*expShifted)(const float* x, float shift, float* y, int64_t n);
  // The sum of exp(x - shift) alone.
  double (*sumExpShifted)(const float* x, float shift, int64_t n);
  // sum of a b
  double (*dot)(const float* a, const float* b, int64_t n);
};

// The table of the current tier.
const ElementwiseKernels& elementwiseKernels();

}  // namespace ostinato
