import type { Cases } from "../case.js";

const sizes = [
  { N: 1, C: 1, E: 1, F: 1, w: 1 },
  { N: 3, C: 5, E: 2, F: 4, w: 2 },
  // Filters that are wider than some sequences, and than all.
  { N: 4, C: 4, E: 3, F: 5, w: 3 },
  { N: 2, C: 3, E: 2, F: 3, w: 5 },
  // Several threads.
  { N: 40, C: 9, E: 15, F: 75, w: 3 },
];

export const cases: Cases = {
  filterMaxima: sizes.map(({ N, C, E, F, w }) => ({
    name: `N=${N} C=${C} E=${E} F=${F} w=${w}`,
    gradient: N < 40,
    args: (inputs) => {
      const lengths = Array.from({ length: N }, (_, n) => [C, 1, 0, Math.ceil(C / 2)][n % 4] as number);
      const x = inputs.floats("x", [N, C, E]);
      // The padding may hold anything: it reaches no result.
      for (const [n, length] of lengths.entries()) {
        (inputs.feeds.x as Float64Array).fill(Number.NaN, (n * C + length) * E, (n + 1) * C * E);
      }
      const weight = inputs.floats("weight", [F, w * E]);
      const bias = inputs.floats("bias", [F]);
      return [{ x, weight, bias, lengths: inputs.integers("lengths", [N], lengths) }];
    },
  })),
};
