import type { gruGradient as gruGradientOperation, gruOperation } from "../../graph/ops/gru.js";
import { sigmoidOf } from "./elementwise.js";
import type { Call, Floats } from "./kernel.js";
import { multiplyTransposed, transposed } from "./matmul.js";
import { inputGradients, inputProducts, recurrentWeightGradient, sequenceOf, statesBefore } from "./recurrent.js";

// Saved values: row (t,b) of `gates` holds r, z, n and the recurrent part of n (W_hn h + b_hn, reset "after") or
// r h (reset "before"), of H units each.

export function gru(call: Call<typeof gruOperation>): void {
  const { h0, weight_hh: weight, bias_hh, y, hLast: h, gates } = call;
  const sequence = sequenceOf("gru", call);
  const { B, H, order, valid } = sequence;
  const after = call.resetAfter === 1;
  const rows = 3 * H;
  const inputs = inputProducts(sequence, { ...call, rows });
  const hidden = call.zeros(B * rows);
  const gated = call.zeros(B * H);
  h.set(h0);
  const step = call.zeros(B * 4 * H);
  for (const t of order) {
    // The recurrent products: all gates of h, and with reset "before" the candidate's of r h.
    multiplyTransposed(h, weight, hidden, { M: B, N: after ? rows : 2 * H, K: H, ldc: rows });
    const a = (b: number, gate: number, j: number) =>
      (inputs[(t * B + b) * rows + gate * H + j] as number) +
      (hidden[b * rows + gate * H + j] as number) +
      (bias_hh?.[gate * H + j] ?? 0);
    for (let b = 0; b < B; b++) {
      for (let j = 0; j < H; j++) {
        const r = sigmoidOf(a(b, 0, j));
        step[b * 4 * H + j] = r;
        step[b * 4 * H + H + j] = sigmoidOf(a(b, 1, j));
        gated[b * H + j] = r * (h[b * H + j] as number);
      }
    }
    if (!after) multiplyTransposed(gated, weight, hidden, { M: B, N: H, K: H, b0: 2 * H * H, c0: 2 * H, ldc: rows });
    for (let b = 0; b < B; b++) {
      const row = t * B + b;
      for (let j = 0; j < H; j++) {
        const [r, z] = [step[b * 4 * H + j] as number, step[b * 4 * H + H + j] as number];
        const recurrent = (hidden[b * rows + 2 * H + j] as number) + (bias_hh?.[2 * H + j] ?? 0);
        const n = Math.tanh((inputs[row * rows + 2 * H + j] as number) + (after ? r * recurrent : recurrent));
        const out = (1 - z) * n + z * (h[b * H + j] as number);
        step[b * 4 * H + 2 * H + j] = n;
        step[b * 4 * H + 3 * H + j] = after ? recurrent : (gated[b * H + j] as number);
        y[row * H + j] = valid(t, b) ? out : 0;
        if (valid(t, b)) h[b * H + j] = out;
      }
      gates?.set(step.subarray(b * 4 * H, (b + 1) * 4 * H), row * 4 * H);
    }
  }
}

export function gruGradient(call: Call<typeof gruGradientOperation>): void {
  const { h0, weight_hh, y, gates, dy, dhLast, dh0: dh, dweight_hh, dbias_ih, dbias_hh } = call;
  const sequence = sequenceOf("gru", call);
  const { T, B, H, order, valid } = sequence;
  const after = call.resetAfter === 1;
  const rows = 3 * H;
  // Gradients of the pre-activations as the input product sees them, and as the recurrent product does.
  const da = call.zeros(T * B * rows);
  const dr = call.zeros(T * B * rows);
  const turned = transposed(weight_hh, rows, H, call.zeros(rows * H));
  const back = call.zeros(B * H);
  const before = statesBefore(sequence, y, h0, call.zeros(T * B * H));
  dhLast ? dh.set(dhLast) : dh.fill(0);
  for (const t of [...order].reverse()) {
    const gate = (b: number, k: number, j: number) => gates[(t * B + b) * 4 * H + k * H + j] as number;
    for (let b = 0; b < B; b++) {
      if (!valid(t, b)) continue;
      for (let j = 0; j < H; j++) {
        const row = t * B + b;
        const [r, z, n, recurrent] = [gate(b, 0, j), gate(b, 1, j), gate(b, 2, j), gate(b, 3, j)];
        const previous = before[row * H + j] as number;
        const d = (dh[b * H + j] as number) + (dy?.[row * H + j] ?? 0);
        const at = row * rows + j;
        da[at + H] = d * (previous - n) * z * (1 - z);
        da[at + 2 * H] = d * (1 - z) * (1 - n * n);
        if (after) da[at] = (da[at + 2 * H] as number) * recurrent * r * (1 - r);
        dh[b * H + j] = d * z;
        dr[at + H] = da[at + H] as number;
        dr[at + 2 * H] = (da[at + 2 * H] as number) * (after ? r : 1);
        dr[at] = da[at] as number;
      }
    }
    if (!after) {
      // Through the candidate's product to r h, and from there to r and h.
      multiplyTransposed(dr, turned, back, {
        M: B,
        N: H,
        K: H,
        a0: t * B * rows + 2 * H,
        lda: rows,
        b0: 2 * H,
        ldb: rows,
      });
      for (let b = 0; b < B; b++) {
        if (!valid(t, b)) continue;
        for (let j = 0; j < H; j++) {
          const at = (t * B + b) * rows + j;
          const r = gate(b, 0, j);
          const d = back[b * H + j] as number;
          da[at] = d * (before[(t * B + b) * H + j] as number) * r * (1 - r);
          dr[at] = da[at] as number;
          dh[b * H + j] = (dh[b * H + j] as number) + d * r;
        }
      }
    }
    multiplyTransposed(dr, turned, back, {
      M: B,
      N: H,
      K: after ? rows : 2 * H,
      a0: t * B * rows,
      lda: rows,
      ldb: rows,
    });
    for (let b = 0; b < B; b++) {
      if (!valid(t, b)) continue;
      for (let j = 0; j < H; j++) dh[b * H + j] = (dh[b * H + j] as number) + (back[b * H + j] as number);
    }
  }
  recurrentWeightGradient(sequence, { ...call, da: dr, before, rows });
  if (!after) candidateWeightGradient(sequence, { dr, gates, dweight: dweight_hh });
  for (let k = 0; k < rows; k++) {
    let sum = 0;
    for (let row = 0; row < T * B; row++) sum += dr[row * rows + k] as number;
    dbias_hh[k] = sum;
  }
  inputGradients(sequence, call, { da, rows, dbias: dbias_ih });
}

/** Reset "before": the candidate's recurrent weights were multiplied by r h, not by h. */
function candidateWeightGradient(
  { T, B, H, valid }: ReturnType<typeof sequenceOf>,
  { dr, gates, dweight }: { dr: Floats; gates: Floats; dweight: Floats },
): void {
  for (let k = 0; k < H; k++) {
    for (let j = 0; j < H; j++) {
      let sum = 0;
      for (let row = 0; row < T * B; row++) {
        if (!valid(Math.floor(row / B), row % B)) continue;
        sum += (dr[row * 3 * H + 2 * H + k] as number) * (gates[row * 4 * H + 3 * H + j] as number);
      }
      dweight[(2 * H + k) * H + j] = sum;
    }
  }
}
