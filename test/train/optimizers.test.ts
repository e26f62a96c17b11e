import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import { constant } from "../../lib/nn/initializers.js";
import { Parameter } from "../../lib/nn/parameter.js";
import type { Optimizer } from "../../lib/train/optimizers.js";
import { adagrad, adam, adamw, asgd, momentName, optimizer, rmsprop, sgd } from "../../lib/train/optimizers.js";

const [matrix, vector] = [new Parameter("w", [1, 2], constant(0)), new Parameter("b", [1], constant(0))];
const first = { w: [1, -2], b: [0.5] };
/** Gradients of three updates. */
const gradients = [
  { w: [0.3, -0.1], b: [0.5] },
  { w: [0.2, 0.4], b: [-0.2] },
  { w: [-0.1, 0], b: [0.1] },
];
const learningRate = 0.1;

/** The weights after each update. */
async function updated(rule: Optimizer) {
  const executor = new ReferenceExecutor({ precision: "float64" });
  const graph = new Graph();
  const scalars = {
    scale: graph.scalar("scale"),
    learningRate: graph.scalar("learningRate"),
    step: graph.scalar("step"),
  };
  for (const parameter of [matrix, vector]) {
    rule.record({ parameter, gradient: graph.feed(`d${parameter.name}`, "f32", parameter.shape), ...scalars });
  }
  const store = executor.createStore();
  const program = graph.program();
  const executable = executor.compile(program, store);
  for (const { name } of [matrix, vector]) await store.write(name, Float64Array.from(first[name as "w" | "b"]));
  const weights: number[][] = [];
  for (const [i, { w, b }] of gradients.entries()) {
    const offered: Record<string, Float64Array | number> = {
      ...{ dw: Float64Array.from(w), db: Float64Array.from(b) },
      ...{ scale: 1, learningRate, step: i + 1, averageShare: 1 / (i + 1) },
    };
    await executable.run(
      Object.fromEntries(program.feeds.map(({ name }) => [name, offered[name] as Float64Array | number])),
    );
    weights.push([...(await store.read("w")), ...(await store.read("b"))]);
  }
  return { weights, store };
}

interface Element {
  readonly w: number;
  readonly g: number;
  /** Number of the update, from 1. */
  readonly t: number;
  readonly isMatrix: boolean;
  /** Moments of the element, which begin at 0. */
  readonly s: { m: number; v: number };
}

/** Kingma & Ba (2015), algorithm 1, with decays of 0.8 and 0.9. */
function adamStep({ g, t, s }: Pick<Element, "g" | "t" | "s">): number {
  s.m = 0.8 * s.m + 0.2 * g;
  s.v = 0.9 * s.v + 0.1 * g * g;
  return s.m / (1 - 0.8 ** t) / (Math.sqrt(s.v / (1 - 0.9 ** t)) + 0.01);
}

const decays = { beta1: 0.8, beta2: 0.9, epsilon: 0.01, weightDecay: 0.2 };
const rules: [rule: Optimizer, moments: string[], rowwise: boolean, step: (element: Element) => number][] = [
  [sgd({ learningRate }), [], true, ({ g }) => g],
  [
    sgd({ momentum: 0.9, weightDecay: 0.2 }),
    ["velocity"],
    false,
    ({ w, g, s }) => {
      s.m = 0.9 * s.m + g + 0.2 * w;
      return s.m;
    },
  ],
  [
    sgd({ momentum: 0.9, nesterov: true }),
    ["velocity"],
    false,
    ({ g, s }) => {
      s.m = 0.9 * s.m + g;
      return g + 0.9 * s.m;
    },
  ],
  [asgd(), ["average"], true, ({ g }) => g],
  [asgd({ weightDecay: 0.2 }), ["average"], false, ({ w, g }) => g + 0.2 * w],
  [adam(decays), ["m", "v"], false, ({ w, g, t, s }) => adamStep({ g: g + 0.2 * w, t, s })],
  [adamw(decays), ["m", "v"], false, ({ w, g, t, s }) => 0.2 * w + adamStep({ g, t, s })],
  [
    adamw({ ...decays, matricesOnly: true }),
    ["m", "v"],
    false,
    ({ w, g, t, s, isMatrix }) => (isMatrix ? 0.2 * w : 0) + adamStep({ g, t, s }),
  ],
  [
    rmsprop({ alpha: 0.9, epsilon: 0.01, weightDecay: 0.2 }),
    ["square"],
    false,
    ({ w, g, s }) => {
      const d = g + 0.2 * w;
      s.v = 0.9 * s.v + 0.1 * d * d;
      return d / (Math.sqrt(s.v) + 0.01);
    },
  ],
  [
    rmsprop({ alpha: 0.9, epsilon: 0.01, momentum: 0.8 }),
    ["square", "velocity"],
    false,
    ({ g, s }) => {
      s.v = 0.9 * s.v + 0.1 * g * g;
      s.m = 0.8 * s.m + g / (Math.sqrt(s.v) + 0.01);
      return s.m;
    },
  ],
  [
    adagrad({ epsilon: 0.01, weightDecay: 0.2 }),
    ["square"],
    false,
    ({ w, g, s }) => {
      const d = g + 0.2 * w;
      s.v += d * d;
      return d / (Math.sqrt(s.v) + 0.01);
    },
  ],
];

test("three updates of each rule are those of its equation, with its moments", async () => {
  for (const [rule, moments, rowwise, step] of rules) {
    const who = `${rule.name} ${JSON.stringify(rule.options)}`;
    expect([rule.moments, rule.rowwise], who).toEqual([moments, rowwise]);
    const { weights } = await updated(rule);
    let expected = [...first.w, ...first.b];
    const states = expected.map(() => ({ m: 0, v: 0 }));
    for (const [i, { w, b }] of gradients.entries()) {
      const all = [...w, ...b];
      expected = expected.map((own, k) => {
        const element = { w: own, g: all[k] as number, t: i + 1, isMatrix: k < 2, s: states[k] as Element["s"] };
        return own - learningRate * step(element);
      });
      for (const [k, value] of expected.entries()) expect(weights[i]?.[k], `${who} ${i + 1}`).toBeCloseTo(value, 6);
    }
  }
});

test("the moment of asgd is the mean of the weights after each update", async () => {
  const rule = asgd({ nonMonotone: 2 });
  expect([rule.name, rule.learningRate, rule.averaging]).toEqual(["asgd", 1, { moment: "average", nonMonotone: 2 }]);
  const { weights, store } = await updated(rule);
  for (const k of [0, 1]) {
    const mean = weights.reduce((sum, own) => sum + (own[k] as number) / weights.length, 0);
    expect((await store.read(momentName(rule, "average", matrix)))[k]).toBeCloseTo(mean, 6);
  }
});

test("a rule by name has its own defaults where an option is left open", () => {
  expect(optimizer("adam", { learningRate: undefined, beta1: 0.5 }).options).toEqual({ ...adam().options, beta1: 0.5 });
  expect(optimizer("adamw", { matricesOnly: true })).toMatchObject({ name: "adamw", options: { matricesOnly: true } });
  const named = ["sgd", "rmsprop", "adagrad", "asgd"].map((name) => optimizer(name, { learningRate: 0.25 }));
  expect(named.map(({ name, learningRate: rate }) => [name, rate])).toEqual([
    ["sgd", 0.25],
    ["rmsprop", 0.25],
    ["adagrad", 0.25],
    ["asgd", 0.25],
  ]);
});
