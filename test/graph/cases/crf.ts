import * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases, Inputs } from "../case.js";

const sizes = [
  { T: 1, B: 1, C: 1 },
  { T: 1, B: 3, C: 4 },
  { T: 5, B: 3, C: 3 },
  { T: 4, B: 2, C: 17 },
  { T: 30, B: 9, C: 33 },
];

/** Scores, some of the transitions forbidden; sequences of all lengths, one of them empty. */
function scores(inputs: Inputs, { T, B, C }: (typeof sizes)[number], forbidden: boolean) {
  const emissions = inputs.floats("emissions", [T, B, C], { scale: 3 });
  const transitions = inputs.floats("transitions", [C + 2, C], { scale: 2 });
  // Where the tag before is the next higher one, a tag cannot follow.
  const own = inputs.feeds.transitions as Float64Array;
  if (forbidden) for (let i = 1; i < C; i++) own[i * C + i - 1] = Math.fround(-1e30);
  const lengths = Array.from({ length: B }, (_, b) => [T, 0, Math.ceil(T / 2)][b % 3] as number);
  return { emissions, transitions, lengths: inputs.integers("lengths", [B], lengths) };
}

function tagsOf(inputs: Inputs, { T, B, C }: (typeof sizes)[number]) {
  // Never a tag after the next higher one.
  const tags = Array.from({ length: T * B }, (_, i) => (Math.floor(i / B) * 2 + (i % B)) % C);
  return inputs.integers("tags", [T, B], tags);
}

const each = <F extends (...args: never[]) => unknown>(
  make: (size: (typeof sizes)[number], forbidden: boolean) => Omit<Case<F>, "name">,
): Case<F>[] =>
  sizes.flatMap((size) =>
    [false, true].map((forbidden) => ({
      name: `T=${size.T} B=${size.B} C=${size.C}${forbidden ? " forbidden" : ""}`,
      ...make(size, forbidden),
    })),
  );

export const cases: Cases = {
  crf: each<typeof ops.crf>((size, forbidden) => ({
    gradient: size.T * size.B * size.C < 200 && !forbidden,
    args: (inputs) => [{ ...scores(inputs, size, forbidden), tags: tagsOf(inputs, size) }],
  })),
  crfMarginals: each<typeof ops.crfMarginals>((size, forbidden) => ({
    forwardOnly: true,
    args: (inputs) => [scores(inputs, size, forbidden)],
  })),
  crfPaths: [1, 2, 7].flatMap((K) =>
    each<typeof ops.crfPaths>((size, forbidden) => ({
      forwardOnly: true,
      args: (inputs) => [{ ...scores(inputs, size, forbidden), K }],
      // The tags are compared with all paths in test/graph/crf.test.ts. A score of no path is -infinity.
      results: ({ scores }, inputs) => [ops.clamp(scores, inputs.scalar("most", 1e4))],
    })).map((one) => ({ ...one, name: `${one.name} K=${K}` })),
  ),
};
