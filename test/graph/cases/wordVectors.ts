import type * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases, Inputs } from "../case.js";

const [V, E, T] = [9, 21, 40];

/** A text of several sentences, with words that are never read. */
const tokens = Array.from({ length: T }, (_, t) => (t % 11 === 7 ? -1 : (t * t + 3 * t) % V));

/** Ways in a tree that is no good code, but a tree: node n asks whether it is word n. */
const ways = Array.from({ length: V }, (_, word) =>
  Array.from({ length: Math.min(word + 1, V - 1) }, (_, node) => 2 * node + (node === word ? 0 : 1)),
);

const starts = [0];
for (const way of ways) starts.push((starts.at(-1) as number) + way.length);

const shared = (i: Inputs, nodes: number) => ({
  input: i.variable("input", [V, E]),
  output: i.variable("output", [nodes, E]),
  tokens: i.integers("tokens", [T], tokens),
  keep: keep(i),
  random: i.integers("random", [2], [7, 3]),
});

function keep(i: Inputs) {
  const tensor = i.floats("keep", [V]);
  i.feeds.keep = Float64Array.from({ length: V }, (_, word) => (word === 4 ? 0 : word === 5 ? 0.5 : 1));
  return tensor;
}

function noise(i: Inputs) {
  const tensor = i.floats("noise", [V]);
  i.feeds.noise = Float64Array.from({ length: V }, (_, word) => (word % 2 === 0 ? 1 : 0.25));
  return tensor;
}

const drawn = (i: Inputs) => ({
  ...shared(i, V),
  noise: noise(i),
  alias: i.integers(
    "alias",
    [V],
    Array.from({ length: V }, (_, word) => (word + 3) % V),
  ),
  negatives: 6,
});

const tree = (i: Inputs) => ({
  ...shared(i, V - 1),
  paths: i.integers("paths", [ways.flat().length], ways.flat()),
  starts: i.integers("starts", [V + 1], starts),
  longest: V - 1,
});

const forms = [
  { name: "skip-gram with noise", mean: false, dynamic: true, operands: drawn },
  { name: "CBOW with noise", mean: true, dynamic: false, operands: drawn },
  { name: "skip-gram with a tree", mean: false, dynamic: false, operands: tree },
  { name: "CBOW with a tree", mean: true, dynamic: true, operands: tree },
];

export const cases: Cases = {
  wordVectorLoss: forms.map(
    ({ name, operands, ...form }): Case<typeof ops.wordVectorLoss> => ({
      name,
      forwardOnly: true,
      args: (i) => [{ ...operands(i), ...form, window: 4 }],
    }),
  ),
  // An update is compared by the tables that it leaves.
  wordVectorStep: forms.flatMap(({ name, operands, ...form }) =>
    [1, 5].map(
      (block): Case<typeof ops.wordVectorStep> => ({
        name: `${name}, ${block} words at once`,
        forwardOnly: true,
        args: (i) => [{ ...operands(i), ...form, window: 4, learningRate: i.scalar("learningRate", 0.1), block }],
        results: ({ losses, count }, _, [{ input, output }]) => [losses, count, input, output],
      }),
    ),
  ),
};
