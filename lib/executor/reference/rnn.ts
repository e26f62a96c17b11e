import type { rnnGradient as rnnGradientOperation, rnnOperation } from "../../graph/ops/rnn.js";
import type { Call } from "./kernel.js";
import { multiplyTransposed, transposed } from "./matmul.js";
import { inputGradients, inputProducts, recurrentWeightGradient, sequenceOf, statesBefore } from "./recurrent.js";

export function rnn(call: Call<typeof rnnOperation>): void {
  const { h0, weight_hh, bias_hh, y, hLast: state } = call;
  const sequence = sequenceOf("rnn", call);
  const { B, H, order, valid } = sequence;
  const relu = call.activation === 1;
  const products = inputProducts(sequence, { ...call, rows: H });
  state.set(h0);
  for (const t of order) {
    const c0 = t * B * H;
    multiplyTransposed(state, weight_hh, products, { M: B, N: H, K: H, accumulate: true, c0 });
    for (let b = 0; b < B; b++) {
      for (let j = 0; j < H; j++) {
        const at = c0 + b * H + j;
        const a = (products[at] as number) + (bias_hh?.[j] ?? 0);
        const h = relu ? Math.max(a, 0) : Math.tanh(a);
        y[at] = valid(t, b) ? h : 0;
        if (valid(t, b)) state[b * H + j] = h;
      }
    }
  }
}

export function rnnGradient(call: Call<typeof rnnGradientOperation>): void {
  const { h0, weight_hh, y, dy, dhLast, dh0: dh, dbias } = call;
  const sequence = sequenceOf("rnn", call);
  const { B, T, H, order, valid } = sequence;
  const relu = call.activation === 1;
  const da = call.zeros(T * B * H);
  const turned = transposed(weight_hh, H, H, call.zeros(H * H));
  const back = call.zeros(B * H);
  dhLast ? dh.set(dhLast) : dh.fill(0);
  for (const t of [...order].reverse()) {
    for (let b = 0; b < B; b++) {
      if (!valid(t, b)) continue;
      for (let j = 0; j < H; j++) {
        const at = (t * B + b) * H + j;
        const h = y[at] as number;
        const d = (dh[b * H + j] as number) + (dy?.[at] ?? 0);
        da[at] = d * (relu ? (h > 0 ? 1 : 0) : 1 - h * h);
      }
    }
    multiplyTransposed(da, turned, back, { M: B, N: H, K: H, a0: t * B * H });
    for (let b = 0; b < B; b++) if (valid(t, b)) dh.set(back.subarray(b * H, (b + 1) * H), b * H);
  }
  const before = statesBefore(sequence, y, h0, call.zeros(T * B * H));
  recurrentWeightGradient(sequence, { ...call, da, before, rows: H });
  inputGradients(sequence, call, { da, rows: H, dbias });
}
