/**
 * How far a float32 result may be from the float64 reference, relative to the largest value of the result, by op; gradients
 * have the same bound. The reasons are in docs/numerics.md: rounding of a sum of n products grows like sqrt(n) to n times
 * 6e-8, and the kernels' exp, sigmoid and tanh are within 3 ulp.
 */
export const tolerances: Readonly<Record<string, number>> = {
  // Up to 200 products, and 130 hidden units carried over 5 steps.
  matmul: 4e-6,
  linear: 4e-6,
  rnn: 2e-5,
  lstm: 2e-5,
  gru: 2e-5,
  linearCrossEntropy: 1e-5,
  // Differences of nearly equal numbers.
  layerNorm: 1e-5,
};

/** A few roundings. */
export const otherwise = 2e-6;
