import type {
  gruCellGradient as gruCellGradientOperation,
  gruCellOperation,
  lstmCellGradient as lstmCellGradientOperation,
  lstmCellOperation,
} from "../../graph/ops/cells.js";
import type { Shape } from "../../graph/program.js";
import { sigmoidOf } from "./elementwise.js";
import type { Call } from "./kernel.js";

/** Calls f with the index of a unit in [B,H] and that of its first gate in [B,G H]. */
function forUnits(state: Shape, gates: number, f: (unit: number, at: number, H: number) => void): void {
  const [B, H] = state as [number, number];
  for (let b = 0; b < B; b++) for (let j = 0; j < H; j++) f(b * H + j, b * gates * H + j, H);
}

export function lstmCell({ a, c, h, cNext, gates, shapes }: Call<typeof lstmCellOperation>): void {
  forUnits(shapes.c, 4, (unit, at, H) => {
    const pre = (k: number) => a[at + k * H] as number;
    const [i, f, g, o] = [sigmoidOf(pre(0)), sigmoidOf(pre(1)), Math.tanh(pre(2)), sigmoidOf(pre(3))];
    const cell = f * (c[unit] as number) + i * g;
    cNext[unit] = cell;
    h[unit] = o * Math.tanh(cell);
    for (const [k, gate] of [i, f, g, o].entries()) if (gates) gates[at + k * H] = gate;
  });
}

export function lstmCellGradient(call: Call<typeof lstmCellGradientOperation>): void {
  const { gates, c, cNext, dh, dcNext, da, dc } = call;
  forUnits(call.shapes.c, 4, (unit, at, H) => {
    const [i, f, g, o] = [0, 1, 2, 3].map((k) => gates[at + k * H] as number) as [number, number, number, number];
    const squashed = Math.tanh(cNext[unit] as number);
    const dHidden = dh?.[unit] ?? 0;
    const dCell = (dcNext?.[unit] ?? 0) + dHidden * o * (1 - squashed * squashed);
    da[at] = dCell * g * i * (1 - i);
    da[at + H] = dCell * (c[unit] as number) * f * (1 - f);
    da[at + 2 * H] = dCell * i * (1 - g * g);
    da[at + 3 * H] = dHidden * squashed * o * (1 - o);
    dc[unit] = dCell * f;
  });
}

export function gruCell({ a, p, h, hNext, gates, shapes }: Call<typeof gruCellOperation>): void {
  forUnits(shapes.h, 3, (unit, at, H) => {
    const [x, s] = [(k: number) => a[at + k * H] as number, (k: number) => p[at + k * H] as number];
    const [r, z] = [sigmoidOf(x(0) + s(0)), sigmoidOf(x(1) + s(1))];
    const n = Math.tanh(x(2) + r * s(2));
    hNext[unit] = (1 - z) * n + z * (h[unit] as number);
    for (const [k, gate] of [r, z, n].entries()) if (gates) gates[at + k * H] = gate;
  });
}

export function gruCellGradient(call: Call<typeof gruCellGradientOperation>): void {
  const { gates, p, h, dhNext, da, dp, dh } = call;
  forUnits(call.shapes.h, 3, (unit, at, H) => {
    const [r, z, n] = [0, 1, 2].map((k) => gates[at + k * H] as number) as [number, number, number];
    const d = dhNext[unit] as number;
    const dn = d * (1 - z) * (1 - n * n);
    const dz = d * ((h[unit] as number) - n) * z * (1 - z);
    const dr = dn * (p[at + 2 * H] as number) * r * (1 - r);
    da[at] = dp[at] = dr;
    da[at + H] = dp[at + H] = dz;
    da[at + 2 * H] = dn;
    dp[at + 2 * H] = dn * r;
    dh[unit] = d * z;
  });
}
