import type { RecurrentOperands } from "../../../lib/graph/recurrentOperands.js";
import type { Case, Cases, Inputs } from "../case.js";

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

/** Cases of a cell, with the operands that it has besides those of all. */
function recurrent<Own extends object>(
  gates: number,
  variant: string,
  own: (inputs: Inputs, state: number[]) => Own,
): Case<(operands: RecurrentOperands & Own) => object>[] {
  return [...small, large].flatMap((sizes) =>
    Object.entries(forms)
      .filter(([form]) => sizes !== large || ["plain", "reverse, lengths", "ids"].includes(form))
      .map(([form, options]) => ({
        name: `${variant} ${form} T=${sizes.T} B=${sizes.B} I=${sizes.I} H=${sizes.H}`,
        gradient: sizes !== large,
        args: (inputs) => [
          { ...recurrentOperands(inputs, sizes, { gates, ...options }), ...own(inputs, [sizes.B, sizes.H]) },
        ],
      })),
  );
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
): RecurrentOperands {
  const rows = form.gates * H;
  const scale = 1 / Math.sqrt(H);
  // 0, T, and what lies between.
  const lengths = Array.from({ length: B }, (_, b) => [T, 0, Math.ceil(T / 2)][b % 3] as number);
  const ids = Array.from({ length: T * B }, (_, n) => (n * 7) % I);
  const x = form.ids ? inputs.integers("ids", [T, B], ids) : inputs.floats("x", [T, B, I]);
  if (form.lengths && !form.ids) {
    // The padding may hold anything: it reaches no result.
    const values = inputs.feeds.x as Float64Array;
    for (let n = 0; n < T * B; n++) {
      if (n / B >= (lengths[n % B] as number)) values.fill(Number.NaN, n * I, (n + 1) * I);
    }
  }
  return {
    x,
    h0: inputs.floats("h0", [B, H]),
    weight_ih: inputs.floats("weight_ih", form.ids ? [I, rows] : [rows, I], { scale }),
    weight_hh: inputs.floats("weight_hh", [rows, H], { scale }),
    bias_ih: form.bias === false ? null : inputs.floats("bias_ih", [rows], { scale }),
    bias_hh: form.bias === false ? null : inputs.floats("bias_hh", [rows], { scale }),
    lengths: form.lengths ? inputs.integers("lengths", [B], lengths) : null,
    reverse: form.reverse ?? false,
  };
}

export const cases: Cases = {
  rnn: [
    ...recurrent(1, "tanh", () => ({ activation: "tanh" as const })),
    ...recurrent(1, "relu", () => ({ activation: "relu" as const })),
  ],
  lstm: recurrent(4, "lstm", (inputs, state) => ({ c0: inputs.floats("c0", state) })),
  gru: [
    ...recurrent(3, "after", () => ({ reset: "after" as const })),
    ...recurrent(3, "before", () => ({ reset: "before" as const })),
  ],
};

export const tolerances = {
  // 130 hidden units carried over 5 steps.
  rnn: 2e-5,
  lstm: 2e-5,
  gru: 2e-5,
};
