import * as ops from "../../../lib/graph/ops/index.js";
import type { Tensor } from "../../../lib/graph/tensor.js";
import type { Case, Inputs, OpCases } from "../case.js";

interface Sizes {
  T: number;
  B: number;
  I: number;
  H: number;
}

const small: readonly Sizes[] = [
  { T: 1, B: 1, I: 1, H: 1 },
  { T: 3, B: 2, I: 3, H: 5 },
  { T: 2, B: 3, I: 4, H: 17 },
];
/** Large enough for several threads, several blocks of hidden units and the matrix products' own blocking. */
const large: Sizes = { T: 5, B: 20, I: 65, H: 130 };

type Cell = (operands: Parameters<typeof ops.rnn>[0] & { c0: Tensor }) => Tensor[];

function recurrent(gates: number, cell: Cell, variants: Record<string, object>): Case[] {
  const cases: Case[] = [];
  for (const [variant, extra] of Object.entries(variants)) {
    for (const sizes of [...small, large]) {
      for (const [form, options] of Object.entries(forms)) {
        if (sizes === large && !["plain", "reverse, lengths", "ids"].includes(form)) continue;
        cases.push({
          name: `${variant} ${form} T=${sizes.T} B=${sizes.B} I=${sizes.I} H=${sizes.H}`,
          gradient: sizes !== large,
          record: (inputs) => cell({ ...recurrentOperands(inputs, sizes, { gates, ...options }), ...extra }),
        });
      }
    }
  }
  return cases;
}

const forms = {
  plain: {},
  reverse: { reverse: true },
  "without bias": { bias: false },
  lengths: { lengths: true },
  "reverse, lengths": { reverse: true, lengths: true },
  ids: { ids: true },
  "ids, reverse, lengths": { ids: true, reverse: true, lengths: true },
};

function recurrentOperands(
  inputs: Inputs,
  { T, B, I, H }: Sizes,
  form: { gates: number; reverse?: boolean; bias?: boolean; lengths?: boolean; ids?: boolean },
) {
  const rows = form.gates * H;
  const scale = 1 / Math.sqrt(H);
  // 0, T, and what lies between.
  const lengths = Array.from({ length: B }, (_, b) => [T, 0, Math.ceil(T / 2)][b % 3] as number);
  const ids = Array.from({ length: T * B }, (_, n) => (n * 7) % I);
  return {
    x: form.ids ? inputs.integers("ids", [T, B], ids) : inputs.floats("x", [T, B, I]),
    h0: inputs.floats("h0", [B, H]),
    c0: inputs.floats("c0", [B, H]),
    weight_ih: inputs.floats("weight_ih", form.ids ? [I, rows] : [rows, I], { scale }),
    weight_hh: inputs.floats("weight_hh", [rows, H], { scale }),
    bias_ih: form.bias === false ? null : inputs.floats("bias_ih", [rows], { scale }),
    bias_hh: form.bias === false ? null : inputs.floats("bias_hh", [rows], { scale }),
    lengths: form.lengths ? inputs.integers("lengths", [B], lengths) : null,
    reverse: form.reverse ?? false,
  };
}

export const cases: OpCases["cases"] = {
  rnn: recurrent(1, ({ c0: _, ...o }) => Object.values(ops.rnn(o)), { tanh: {}, relu: { activation: "relu" } }),
  lstm: recurrent(4, (o) => Object.values(ops.lstm(o)), { lstm: {} }),
  gru: recurrent(3, ({ c0: _, ...o }) => Object.values(ops.gru(o)), { after: {}, before: { reset: "before" } }),
};

export const tolerances = {
  // 130 hidden units carried over 5 steps.
  rnn: 2e-5,
  lstm: 2e-5,
  gru: 2e-5,
};
