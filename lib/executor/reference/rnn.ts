import type { KernelCall } from "./kernel.js";
import { floatsOf, optionalFloats, optionalResultOf, resultOf } from "./kernel.js";
import { multiplyTransposed, transposed } from "./matmul.js";
import { inputGradients, inputProducts, recurrentWeightGradient, sequenceOf, statesBefore } from "./recurrent.js";

export function rnn(call: KernelCall): void {
  const sequence = sequenceOf("rnn", call, { x: 0, h0: 1, weight: 2, lengths: 6, reverse: 1 });
  const { B, T, H, order, valid } = sequence;
  const relu = call.attributes[0] === 1;
  const [weight, biasHidden] = [floatsOf(call, 3), optionalFloats(call, 5)];
  const [y, state] = [resultOf(call, 0), resultOf(call, 1)];
  const products = inputProducts(sequence, {
    x: floatsOf(call, 0),
    weight: floatsOf(call, 2),
    bias: optionalFloats(call, 4),
    rows: H,
    into: call.zeros(T * B * H),
  });
  state.set(floatsOf(call, 1));
  for (const t of order) {
    const c0 = t * B * H;
    multiplyTransposed(state, weight, products, { M: B, N: H, K: H, accumulate: true, c0 });
    for (let b = 0; b < B; b++) {
      for (let j = 0; j < H; j++) {
        const at = c0 + b * H + j;
        const a = (products[at] as number) + (biasHidden?.[j] ?? 0);
        const h = relu ? Math.max(a, 0) : Math.tanh(a);
        y[at] = valid(t, b) ? h : 0;
        if (valid(t, b)) state[b * H + j] = h;
      }
    }
  }
}

export function rnnGradient(call: KernelCall): void {
  const sequence = sequenceOf("rnn", call, { x: 0, h0: 1, weight: 2, lengths: 4, reverse: 1 });
  const { B, T, H, order, valid } = sequence;
  const relu = call.attributes[0] === 1;
  const [x, h0, weightInput, weight, y] = [0, 1, 2, 3, 5].map((i) => floatsOf(call, i)) as [
    never,
    never,
    never,
    never,
    never,
  ];
  const [dy, dhLast] = [optionalFloats(call, 6), optionalFloats(call, 7)];
  const dx = optionalResultOf(call, 0);
  const [dh, dweightInput, dweight, dbias] = [1, 2, 3, 4].map((i) => resultOf(call, i)) as [
    Float64Array,
    never,
    never,
    never,
  ];
  const da = call.zeros(T * B * H);
  const turned = transposed(weight, H, H, call.zeros(H * H));
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
  recurrentWeightGradient(call, sequence, { da, before, rows: H, dweight });
  inputGradients(call, sequence, { x, weight: weightInput, da, rows: H, dx, dweight: dweightInput, dbias });
}
