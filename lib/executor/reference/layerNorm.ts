import type { KernelCall } from "./kernel.js";
import { floatsOf, lastOf, resultOf, shapeOf } from "./kernel.js";

export function layerNorm(call: KernelCall): void {
  const [x, gain, bias, y] = [floatsOf(call, 0), floatsOf(call, 1), floatsOf(call, 2), resultOf(call, 0)];
  const F = lastOf(shapeOf(call, 0));
  for (let row = 0; row < x.length / F; row++) {
    const values = x.subarray(row * F, (row + 1) * F);
    let mean = 0;
    for (const value of values) mean += value / F;
    let variance = 0;
    for (const value of values) variance += (value - mean) ** 2 / F;
    const inverse = 1 / Math.sqrt(variance + (call.attributes[0] as number));
    for (let f = 0; f < F; f++) {
      y[row * F + f] = ((values[f] as number) - mean) * inverse * (gain[f] as number) + (bias[f] as number);
    }
    if (call.results[1]) call.results[1].data[row] = mean;
    if (call.results[2]) call.results[2].data[row] = inverse;
  }
}

/** With n the normalised input and g = gain dy: dx = (g - mean(g) - n mean(g n)) / deviation. */
export function layerNormGradient(call: KernelCall): void {
  const [x, gain, means, inverses] = [floatsOf(call, 0), floatsOf(call, 1), floatsOf(call, 2), floatsOf(call, 3)];
  const [dy, dx, dgain, dbias] = [floatsOf(call, 4), resultOf(call, 0), resultOf(call, 1), resultOf(call, 2)];
  const F = lastOf(shapeOf(call, 0));
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
