import type { layerNormGradient as layerNormGradientOperation, layerNormOperation } from "../../graph/ops/layerNorm.js";
import type { Call } from "./kernel.js";
import { lastOf } from "./kernel.js";

export function layerNorm(call: Call<typeof layerNormOperation>): void {
  const { x, gain, bias, epsilon, y } = call;
  const F = lastOf(call.shapes.x);
  for (let row = 0; row < x.length / F; row++) {
    const values = x.subarray(row * F, (row + 1) * F);
    let mean = 0;
    for (const value of values) mean += value / F;
    let variance = 0;
    for (const value of values) variance += (value - mean) ** 2 / F;
    const inverse = 1 / Math.sqrt(variance + epsilon);
    for (let f = 0; f < F; f++) {
      y[row * F + f] = ((values[f] as number) - mean) * inverse * (gain[f] as number) + (bias[f] as number);
    }
    if (call.mean) call.mean[row] = mean;
    if (call.inverseDeviation) call.inverseDeviation[row] = inverse;
  }
}

/** With n the normalised input and g = gain dy: dx = (g - mean(g) - n mean(g n)) / deviation. */
export function layerNormGradient(call: Call<typeof layerNormGradientOperation>): void {
  const { x, gain, mean: means, inverseDeviation: inverses, dy, dx, dgain, dbias } = call;
  const F = lastOf(call.shapes.x);
  dgain.fill(0);
  dbias.fill(0);
  for (let row = 0; row < x.length / F; row++) {
    const inverse = inverses[row] as number;
    const normal = (f: number) => ((x[row * F + f] as number) - (means[row] as number)) * inverse;
    let meanG = 0;
    let meanGN = 0;
    for (let f = 0; f < F; f++) {
      const d = dy[row * F + f] as number;
      const g = (gain[f] as number) * d;
      meanG += g / F;
      meanGN += (g * normal(f)) / F;
      dgain[f] = (dgain[f] as number) + d * normal(f);
      dbias[f] = (dbias[f] as number) + d;
    }
    for (let f = 0; f < F; f++) {
      const g = (gain[f] as number) * (dy[row * F + f] as number);
      dx[row * F + f] = (g - meanG - normal(f) * meanGN) * inverse;
    }
  }
}
