import type {
  filterMaximaGradient as filterMaximaGradientOperation,
  filterMaximaOperation,
} from "../../graph/ops/filterMaxima.js";
import type { Call } from "./kernel.js";
import { expectLengths } from "./lengths.js";

/** Numbers that a filter reads at a place: those of w vectors, or of as many as the sequence still has. */
function reach(length: number, place: number, { E, K }: { E: number; K: number }): number {
  return Math.min(K, (length - place) * E);
}

export function filterMaxima(call: Call<typeof filterMaximaOperation>): void {
  const { x, weight, bias, lengths, y, places, shapes } = call;
  const [N, C, E] = shapes.x as [number, number, number];
  const [F, K] = shapes.weight as [number, number];
  expectLengths(lengths, C, "the places of x");
  for (let n = 0; n < N; n++) {
    const length = lengths[n] as number;
    for (let f = 0; f < F; f++) {
      let [best, at] = [length > 0 ? Number.NEGATIVE_INFINITY : 0, -1];
      for (let c = 0; c < length; c++) {
        let sum = bias[f] as number;
        const from = (n * C + c) * E;
        for (let k = 0; k < reach(length, c, { E, K }); k++) {
          sum += (weight[f * K + k] as number) * (x[from + k] as number);
        }
        if (at < 0 || sum > best || Number.isNaN(sum)) [best, at] = [sum, c];
      }
      y[n * F + f] = best;
      if (places) places[n * F + f] = at;
    }
  }
}

export function filterMaximaGradient(call: Call<typeof filterMaximaGradientOperation>): void {
  const { x, weight, lengths, places, dy, dx, dweight, dbias, shapes } = call;
  const [N, C, E] = shapes.x as [number, number, number];
  const [F, K] = shapes.weight as [number, number];
  for (const result of [dx, dweight, dbias]) result?.fill(0);
  for (let n = 0; n < N; n++) {
    for (let f = 0; f < F; f++) {
      const place = places[n * F + f] as number;
      if (place < 0) continue;
      const [d, from] = [dy[n * F + f] as number, (n * C + place) * E];
      dbias[f] = (dbias[f] as number) + d;
      for (let k = 0; k < reach(lengths[n] as number, place, { E, K }); k++) {
        dweight[f * K + k] = (dweight[f * K + k] as number) + d * (x[from + k] as number);
        if (dx) dx[from + k] = (dx[from + k] as number) + d * (weight[f * K + k] as number);
      }
    }
  }
}
