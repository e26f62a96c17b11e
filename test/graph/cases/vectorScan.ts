import type { VectorScanOperands } from "../../../lib/graph/ops/vectorScan.js";
import type { Cases, Inputs } from "../case.js";

const sizes = [
  { T: 1, B: 1, H: 1 },
  { T: 4, B: 3, H: 5 },
  { T: 3, B: 4, H: 17 },
  /** Several threads, and vectors that no thread's columns fill. */
  { T: 9, B: 7, H: 1031 },
];

const forms = {
  plain: {},
  reverse: { reverse: true },
  lengths: { cut: true },
  "reverse, lengths": { reverse: true, cut: true },
};

function operandsOf(
  inputs: Inputs,
  { T, B, H }: { T: number; B: number; H: number },
  { cut = false, reverse = false }: { cut?: boolean; reverse?: boolean },
): VectorScanOperands {
  const lengths = Array.from({ length: B }, (_, b) => [T, 0, Math.ceil(T / 2)][b % 3] as number);
  const [a, b] = [inputs.floats("a", [T, B, H]), inputs.floats("b", [T, B, H])];
  // The padding may hold anything: it reaches no result.
  for (let row = 0; cut && row < T * B; row++) {
    if (row / B < (lengths[row % B] as number)) continue;
    for (const name of ["a", "b"]) {
      (inputs.feeds[name] as Float64Array).fill(Number.NaN, row * H, (row + 1) * H);
    }
  }
  return {
    a,
    b,
    h0: inputs.floats("h0", [B, H]),
    lengths: cut ? inputs.integers("lengths", [B], lengths) : null,
    reverse,
  };
}

export const cases: Cases = {
  vectorScan: sizes.flatMap((size) =>
    Object.entries(forms).map(([form, options]) => ({
      name: `${form} T=${size.T} B=${size.B} H=${size.H}`,
      gradient: size.H < 100,
      args: (inputs) => [operandsOf(inputs, size, options)],
    })),
  ),
};
