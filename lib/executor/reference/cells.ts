import { sigmoidOf } from "./elementwise.js";
import type { KernelCall } from "./kernel.js";
import { floatsOf, optionalFloats, optionalResultOf, resultOf, shapeOf } from "./kernel.js";

/** Calls f with the index of a unit in [B,H] and that of its first gate in [B,G H]. */
function forUnits(
  call: KernelCall,
  state: number,
  gates: number,
  f: (unit: number, at: number, H: number) => void,
): void {
  const [B, H] = shapeOf(call, state) as [number, number];
  for (let b = 0; b < B; b++) for (let j = 0; j < H; j++) f(b * H + j, b * gates * H + j, H);
}

export function lstmCell(call: KernelCall): void {
  const [a, c] = [floatsOf(call, 0), floatsOf(call, 1)];
  const [h, next, gates] = [resultOf(call, 0), resultOf(call, 1), optionalResultOf(call, 2)];
  forUnits(call, 1, 4, (unit, at, H) => {
    const pre = (k: number) => a[at + k * H] as number;
    const [i, f, g, o] = [sigmoidOf(pre(0)), sigmoidOf(pre(1)), Math.tanh(pre(2)), sigmoidOf(pre(3))];
    const cell = f * (c[unit] as number) + i * g;
    next[unit] = cell;
    h[unit] = o * Math.tanh(cell);
    for (const [k, gate] of [i, f, g, o].entries()) if (gates) gates[at + k * H] = gate;
  });
}

export function lstmCellGradient(call: KernelCall): void {
  const [gates, c, next] = [floatsOf(call, 0), floatsOf(call, 1), floatsOf(call, 2)];
  const [dh, dnext] = [optionalFloats(call, 3), optionalFloats(call, 4)];
  const [da, dc] = [resultOf(call, 0), resultOf(call, 1)];
  forUnits(call, 1, 4, (unit, at, H) => {
    const [i, f, g, o] = [0, 1, 2, 3].map((k) => gates[at + k * H] as number) as [number, number, number, number];
    const squashed = Math.tanh(next[unit] as number);
    const dHidden = dh?.[unit] ?? 0;
    const dCell = (dnext?.[unit] ?? 0) + dHidden * o * (1 - squashed * squashed);
    da[at] = dCell * g * i * (1 - i);
    da[at + H] = dCell * (c[unit] as number) * f * (1 - f);
    da[at + 2 * H] = dCell * i * (1 - g * g);
    da[at + 3 * H] = dHidden * squashed * o * (1 - o);
    dc[unit] = dCell * f;
  });
}

export function gruCell(call: KernelCall): void {
  const [a, p, h] = [floatsOf(call, 0), floatsOf(call, 1), floatsOf(call, 2)];
  const [next, gates] = [resultOf(call, 0), optionalResultOf(call, 1)];
  forUnits(call, 2, 3, (unit, at, H) => {
    const [x, s] = [(k: number) => a[at + k * H] as number, (k: number) => p[at + k * H] as number];
    const [r, z] = [sigmoidOf(x(0) + s(0)), sigmoidOf(x(1) + s(1))];
    const n = Math.tanh(x(2) + r * s(2));
    next[unit] = (1 - z) * n + z * (h[unit] as number);
    for (const [k, gate] of [r, z, n].entries()) if (gates) gates[at + k * H] = gate;
  });
}

export function gruCellGradient(call: KernelCall): void {
  const [gates, p, h, dnext] = [floatsOf(call, 0), floatsOf(call, 1), floatsOf(call, 2), floatsOf(call, 3)];
  const [da, dp, dh] = [resultOf(call, 0), resultOf(call, 1), resultOf(call, 2)];
  forUnits(call, 2, 3, (unit, at, H) => {
    const [r, z, n] = [0, 1, 2].map((k) => gates[at + k * H] as number) as [number, number, number];
    const d = dnext[unit] as number;
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
