import type * as ops from "../../../lib/graph/ops/index.js";
import type { Tensor } from "../../../lib/graph/tensor.js";
import type { Cases, Inputs } from "../case.js";

const shape = [3, 17];
const common = (i: Inputs) => ({
  weight: i.variable("weight", shape),
  gradient: i.floats("gradient", shape),
  scale: i.scalar("scale", 0.5),
  learningRate: i.scalar("learningRate", 0.1),
});
/** Updates are compared by the weight and the moments that they leave. */
const update = {
  forwardOnly: true,
  results: (_: unknown, __: Inputs, [{ weight, ...own }]: [{ weight: Tensor } & Moments]) =>
    [weight, own.velocity, own.square, own.m, own.v].flatMap((tensor) => tensor ?? []),
};

type Moments = { readonly [name in "velocity" | "square" | "m" | "v"]?: Tensor | null };

export const cases: Cases = {
  globalNorm: [{ name: "two", forwardOnly: true, args: (i) => [[i.floats("a", [3, 4]), i.floats("b", [7])]] }],
  clipScale: [
    { name: "above", forwardOnly: true, args: (i) => [i.scalar("norm", 2), i.scalar("maxNorm", 0.5)] },
    { name: "below", forwardOnly: true, args: (i) => [i.scalar("norm", 2), i.scalar("maxNorm", 5)] },
    { name: "no limit", forwardOnly: true, args: (i) => [i.scalar("norm", 2), i.scalar("maxNorm", 0)] },
  ],
  sgd: [
    ...[true, false].map((nesterov) => ({
      ...update,
      name: nesterov ? "Nesterov's momentum" : "momentum",
      args: (i: Inputs): Parameters<typeof ops.sgd> => [
        { ...common(i), velocity: i.variable("velocity", shape), momentum: 0.9, nesterov, weightDecay: 0.1 },
      ],
    })),
    {
      ...update,
      name: "no momentum",
      args: (i) => [{ ...common(i), momentum: 0, nesterov: false, weightDecay: 0.1 }],
    },
    {
      ...update,
      name: "rows",
      args: (i) => [
        {
          ...common(i),
          gradient: i.floats("rows", [2, 17]),
          ids: i.integers("ids", [2], [2, -1]),
          momentum: 0,
          nesterov: false,
          weightDecay: 0,
        },
      ],
    },
  ],
  adam: [true, false].map((decoupled) => ({
    ...update,
    name: decoupled ? "decoupled" : "joined",
    args: (i) => [
      {
        ...common(i),
        m: i.variable("m", shape),
        v: i.variable("v", shape),
        step: i.scalar("step", 3),
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        weightDecay: 0.1,
        decoupled,
      },
    ],
  })),
  rmsprop: [0.5, 0].map((momentum) => ({
    ...update,
    name: `momentum ${momentum}`,
    args: (i) => [
      {
        ...common(i),
        square: i.variable("square", shape),
        velocity: momentum > 0 ? i.variable("velocity", shape) : null,
        alpha: 0.9,
        epsilon: 1e-8,
        momentum,
        weightDecay: 0.1,
      },
    ],
  })),
  approach: [0, 0.25, 1, Number.NaN].map((share) => ({
    name: Number.isNaN(share) ? "a scale of NaN" : `share ${share}`,
    forwardOnly: true,
    args: (i) => [
      {
        variable: i.variable("variable", shape),
        target: i.floats("target", shape),
        share: i.scalar("share", Number.isNaN(share) ? 0.5 : share),
        scale: i.scalar("scale", Number.isNaN(share) ? share : 1),
      },
    ],
    results: (_, __, [{ variable }]) => [variable],
  })),
  adagrad: [
    {
      ...update,
      name: "weight decay",
      args: (i) => [{ ...common(i), square: i.variable("square", shape), epsilon: 1e-8, weightDecay: 0.1 }],
    },
  ],
};
