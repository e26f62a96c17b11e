import type * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases } from "../case.js";

const sizes = [
  { T: 1, B: 1, W: 2, heads: 1 },
  { T: 3, B: 2, W: 9, heads: 2, size: 8 },
  { T: 40, B: 3, W: 70, heads: 5, size: 30 },
];

export const cases: Cases = {
  rotary: sizes.flatMap(({ T, B, W, ...attributes }) =>
    [false, true].map(
      (later): Case<typeof ops.rotary> => ({
        name: `T=${T} B=${B} W=${W} ${attributes.heads} heads${later ? " from later positions" : ""}`,
        gradient: T < 10,
        args: (inputs) => [
          {
            x: inputs.floats("x", [T, B, W]),
            positions: later
              ? inputs.integers(
                  "positions",
                  [B],
                  Array.from({ length: B }, (_, b) => 100 * b + 7),
                )
              : null,
            ...attributes,
            ...(T === 3 ? { base: 50 } : {}),
          },
        ],
      }),
    ),
  ),
};
