import type { lstmGradient as lstmGradientOperation, lstmOperation } from "../../graph/ops/lstm.js";
import { sigmoidOf } from "./elementwise.js";
import type { Call, Floats } from "./kernel.js";
import { multiplyTransposed, transposed } from "./matmul.js";
import { inputGradients, inputProducts, recurrentWeightGradient, sequenceOf, statesBefore } from "./recurrent.js";

// Saved values: row (t,b) of `gates` holds i, f, g, o of H units each; row (t,b) of `cells` holds c.

export function lstm(call: Call<typeof lstmOperation>): void {
  const { h0, c0, weight_hh, bias_hh, y, hLast: h, cLast: c, gates, cells } = call;
  const sequence = sequenceOf("lstm", call);
  const { B, H, order, valid } = sequence;
  const rows = 4 * H;
  const products = inputProducts(sequence, { ...call, rows });
  h.set(h0);
  c.set(c0);
  for (const t of order) {
    multiplyTransposed(h, weight_hh, products, { M: B, N: rows, K: H, accumulate: true, c0: t * B * rows });
    for (let b = 0; b < B; b++) {
      const row = t * B + b;
      for (let j = 0; j < H; j++) {
        const a = (gate: number) => (products[row * rows + gate * H + j] as number) + (bias_hh?.[gate * H + j] ?? 0);
        const [i, f, g, o] = [sigmoidOf(a(0)), sigmoidOf(a(1)), Math.tanh(a(2)), sigmoidOf(a(3))];
        const before = c[b * H + j] as number;
        const cell = valid(t, b) ? f * before + i * g : before;
        const out = o * Math.tanh(cell);
        y[row * H + j] = valid(t, b) ? out : 0;
        if (valid(t, b)) {
          h[b * H + j] = out;
          c[b * H + j] = cell;
        }
        for (const [gate, value] of [i, f, g, o].entries()) if (gates) gates[row * 4 * H + gate * H + j] = value;
        if (cells) cells[row * H + j] = cell;
      }
    }
  }
}

export function lstmGradient(call: Call<typeof lstmGradientOperation>): void {
  const { h0, c0, weight_hh, y, gates, cells, dy, dhLast, dcLast, dh0: dh, dc0: dc, dbias } = call;
  const sequence = sequenceOf("lstm", call);
  const { T, B, H, order, valid } = sequence;
  const rows = 4 * H;
  const da = call.zeros(T * B * rows);
  const turned = transposed(weight_hh, rows, H, call.zeros(rows * H));
  const back = call.zeros(B * H);
  const before = cellsBefore(sequence, cells, c0, call.zeros(T * B * H));
  dhLast ? dh.set(dhLast) : dh.fill(0);
  dcLast ? dc.set(dcLast) : dc.fill(0);
  for (const t of [...order].reverse()) {
    for (let b = 0; b < B; b++) {
      if (!valid(t, b)) continue;
      const row = t * B + b;
      for (let j = 0; j < H; j++) {
        const gate = (k: number) => gates[row * 4 * H + k * H + j] as number;
        const [i, f, g, o] = [gate(0), gate(1), gate(2), gate(3)];
        const squashed = Math.tanh(cells[row * H + j] as number);
        const dOut = (dh[b * H + j] as number) + (dy?.[row * H + j] ?? 0);
        const dCell = (dc[b * H + j] as number) + dOut * o * (1 - squashed * squashed);
        const at = row * rows + j;
        da[at] = dCell * g * i * (1 - i);
        da[at + H] = dCell * (before[row * H + j] as number) * f * (1 - f);
        da[at + 2 * H] = dCell * i * (1 - g * g);
        da[at + 3 * H] = dOut * squashed * o * (1 - o);
        dc[b * H + j] = dCell * f;
      }
    }
    multiplyTransposed(da, turned, back, { M: B, N: H, K: rows, a0: t * B * rows });
    for (let b = 0; b < B; b++) if (valid(t, b)) dh.set(back.subarray(b * H, (b + 1) * H), b * H);
  }
  const states = statesBefore(sequence, y, h0, call.zeros(T * B * H));
  recurrentWeightGradient(sequence, { ...call, da, before: states, rows });
  inputGradients(sequence, call, { da, rows, dbias });
}

/** c before each step: [T,B,H]. */
function cellsBefore(
  { T, B, H, order, valid }: ReturnType<typeof sequenceOf>,
  cells: Floats,
  c0: Floats,
  into: Floats,
): Floats {
  const state = c0.slice();
  for (let i = 0; i < T; i++) {
    const t = order[i] as number;
    into.set(state, t * B * H);
    for (let b = 0; b < B; b++) {
      if (valid(t, b)) state.set(cells.subarray((t * B + b) * H, (t * B + b + 1) * H), b * H);
    }
  }
  return into;
}
