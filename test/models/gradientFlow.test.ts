import { describe, expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/index.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { followGradient } from "../../lib/models/gradientFlow.js";
import { GatedStep } from "../../lib/models/languageModel/gatedStep.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { linesBetween } from "../../lib/models/languageModel/textGradientFlow.js";
import { gradientFlow, unitRows } from "../../lib/models/stackGradientFlow.js";
import { knownCells } from "../../lib/nn/cellRegistry.js";
import { GRU, LSTM, RecurrentStack, RNN } from "../../lib/nn/index.js";
import type { Initializer } from "../../lib/nn/initializers.js";
import * as initializers from "../../lib/nn/initializers.js";
import { numbers } from "../graph/case.js";
import { storeOf } from "./slopes.js";

const float64 = () => new ReferenceExecutor({ precision: "float64" });

/** The norm of a gradient by central differences. @param lossOf the loss where element `at` of the state is moved. */
async function normByDifferences(size: number, lossOf: (at: number, shift: number) => Promise<number>) {
  const slopes = [];
  for (let at = 0; at < size; at++) slopes.push(((await lossOf(at, 1e-5)) - (await lossOf(at, -1e-5))) / 2e-5);
  return Math.hypot(...slopes);
}

/** x [T,B,2] with an output u · y_T, of a stack of `H` units; a moved state is the one after step `moved.t`. */
async function lossWhereMoved(
  stack: RecurrentStack,
  [T, B, H]: [number, number, number],
  moved: { t: number; entry: string; at: number; shift: number },
) {
  const graph = new Graph();
  let [state, y] = [stack.zeroState(graph, B), null as Tensor | null];
  for (let t = 0; t < T; t++) {
    ({ y, state } = stack.step(graph.feed(`x ${t}`, "f32", [B, 2]), state));
    if (t !== moved.t) continue;
    const by = graph.feed("by", "f32", state[moved.entry]?.shape as number[]);
    state = { ...state, [moved.entry]: ops.add(state[moved.entry] as Tensor, by) };
    if (t === T - 1 && moved.entry.startsWith("h")) y = state[moved.entry] as Tensor;
  }
  graph.output("loss", ops.sum(ops.multiply(y as Tensor, graph.feed("u", "f32", [B, H]))));
  const executor = float64();
  const executable = executor.compile(
    graph.program(),
    await storeOf(executor, stack, (i, size) => numbers(size, i + 1)),
  );
  const size = B * (stack.stateEntries.find(({ name }) => name === moved.entry)?.size as number);
  const { outputs } = await executable.run({
    ...inputsOf(T, B, H),
    by: Float64Array.from({ length: size }, (_, i) => (i === moved.at ? moved.shift : 0)),
  });
  return outputs.loss?.[0] as number;
}

function inputsOf(T: number, B: number, H: number) {
  const steps = Array.from({ length: T }, (_, t) => [`x ${t}`, numbers(B * 2, t + 50)] as const);
  return { ...Object.fromEntries(steps), u: numbers(B * H, 99) };
}

describe.each(knownCells())("$name", (cell) => {
  test("the norms of the gradient at each lag are those of finite differences", async () => {
    const [T, B, H] = [4, 2, 3] as const;
    const stack = new RecurrentStack("rnn", { cell, inputSize: 2, hiddenSize: H });
    const executor = float64();
    const store = await storeOf(executor, stack, (i, size) => numbers(size, i + 1));
    const form = { T, B, entries: stack.stateEntries };
    const { u, ...inputs } = inputsOf(T, B, H);
    const { layers, sequences } = await followGradient({ executor, store }, form, {
      network: {
        start: Object.fromEntries(stack.stateEntries.map(({ name, size }) => [name, new Float64Array(B * size)])),
        reach: [T, T],
        step: (graph, t, state) => stack.step(graph.feed(`x ${t}`, "f32", [B, 2]), state),
        inputs: () => inputs,
        loss: (y) => ops.sum(ops.multiply(y, y.graph.feed("u", "f32", [B, H]))),
        targets: { u },
      },
      signal: undefined,
    });
    expect([...sequences]).toEqual([2, 2, 2, 2]);
    for (const [e, { name, size }] of stack.stateEntries.entries()) {
      for (let lag = 0; lag < T; lag++) {
        let sum = 0;
        for (let b = 0; b < B; b++) {
          sum += await normByDifferences(size, (at, shift) =>
            lossWhereMoved(stack, [T, B, H], { t: T - 1 - lag, entry: name, at: b * size + at, shift }),
          );
        }
        expect(layers[e]?.norms[lag], `${name}, lag ${lag}`).toBeCloseTo(sum / B, 7);
      }
    }
  });

  test("in new layers the norm is 1 at the last output, and others further back", async () => {
    const stack = new RecurrentStack("rnn", { cell, inputSize: 3, hiddenSize: 8 });
    const { layers } = await gradientFlow(stack, { lags: 3, sequences: 4 });
    expect(layers[0]?.name).toBe("layer 1 hidden");
    expect(layers[0]?.norms[0]).toBeCloseTo(1, 6);
    expect(layers[0]?.norms[3]).toBeGreaterThan(0);
  });
});

test("what reaches the lower of two layers comes through both: the chain rule by hand", async () => {
  // One unit in each: a_t = tanh(w a_{t-1} + v x_t), b_t = tanh(r b_{t-1} + s a_t), the loss is ±b_2.
  const stack = new RNN("rnn", { inputSize: 1, hiddenSize: 1, layers: 2, bias: false });
  const { layers } = await gradientFlow(stack, { lags: 1, sequences: 1, seed: 3, executor: float64() });
  const executor = float64();
  const store = executor.createStore();
  const graph = new Graph();
  graph.output("y", stack.apply(graph.feed("x", "f32", [2, 1, 1])).y);
  executor.compile(graph.program(), store);
  const [lower, upper] = layers as [(typeof layers)[number], (typeof layers)[number]];
  // |db_2/da_2| = s (1 - b_2²) <= |s|, and through a_1 both ways: never above what the weights allow.
  expect(upper.norms[0]).toBeCloseTo(1, 9);
  expect(lower.norms[0]).toBeGreaterThan(0);
  const [v, w, s, r] = await Promise.all(
    ["rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.weight_ih_l1", "rnn.weight_hh_l1"].map(async (name) => {
      const { randomSource } = await import("../../lib/random/source.js");
      const parameter = stack.parameters.find((own) => own.name === name);
      return parameter?.initializer([1, 1], randomSource(3, name))[0] as number;
    }),
  );
  const { randomSource } = await import("../../lib/random/source.js");
  const random = randomSource(3, "gradientFlow x");
  const [x1, x2] = [Math.fround(random.normal()), Math.fround(random.normal())];
  const a1 = Math.tanh((v as number) * x1);
  const a2 = Math.tanh((w as number) * a1 + (v as number) * x2);
  const b1 = Math.tanh((s as number) * a1);
  const b2 = Math.tanh((r as number) * b1 + (s as number) * a2);
  const [db, da] = [1 - b2 * b2, 1 - a2 * a2];
  const [R, S, W] = [r as number, s as number, w as number];
  expect(lower.norms[0]).toBeCloseTo(Math.abs(db * S), 9);
  expect(upper.norms[1]).toBeCloseTo(Math.abs(db * R), 9);
  expect(lower.norms[1]).toBeCloseTo(Math.abs(db * (S * da * W + R * (1 - b1 * b1) * S)), 9);
});

test("with states of zero the gradient is the product of the recurrent weights alone: kept, vanishing, exploding", async () => {
  const norms = async (scale: number) => {
    const recurrentInitializer: Initializer = (shape, random) =>
      (initializers.orthogonal(shape, random) as Float32Array).map((value) => scale * value);
    const [inputSize, hiddenSize] = [4, 16];
    const stack = new RNN("rnn", {
      ...{ inputSize, hiddenSize, bias: false },
      ...{ initializer: initializers.constant(0), recurrentInitializer },
    });
    return (await gradientFlow(stack, { lags: 70 })).layers[0]?.norms as Float64Array;
  };
  for (const scale of [1, 0.5, 1.5]) {
    for (const [lag, norm] of (await norms(scale)).entries()) expect(norm / scale ** lag).toBeCloseTo(1, 4);
  }
});

test("an LSTM keeps more of the gradient over 50 steps than a tanh RNN, and its cell more than its hidden state", async () => {
  const sizes = { inputSize: 16, hiddenSize: 64 };
  const of = async (stack: RecurrentStack) =>
    (await gradientFlow(stack)).layers.map(({ norms }) => norms[50] as number);
  const [[rnn], [hidden, cell], [gru]] = await Promise.all([
    of(new RNN("rnn", sizes)),
    of(new LSTM("rnn", sizes)),
    of(new GRU("rnn", sizes)),
  ] as const);
  expect(hidden as number).toBeGreaterThan(1e6 * (rnn as number));
  expect(gru as number).toBeGreaterThan(100 * (rnn as number));
  expect(cell as number).toBeGreaterThan(hidden as number);
});

test("layers that read in both directions are refused", async () => {
  const stack = new GRU("rnn", { inputSize: 2, hiddenSize: 3, bidirectional: true });
  await expect(gradientFlow(stack)).rejects.toThrow("a bidirectional stack cannot go step by step");
});

describe.each([
  { sentences: false, text: "abcab cb", checked: [1, 2, 3], cells: ["lstm", "gru"] },
  { sentences: true, text: "abca\nb\n\nabcb\n", checked: [1, 2, 3], cells: ["lstm", "gru"] },
  // Further than a program goes.
  { sentences: false, text: "abcb a".repeat(7).slice(0, 39), checked: [31, 32, 36], cells: ["lstm"] },
  { sentences: true, text: `${"abcb a".repeat(6)}ab\ncabca\n`, checked: [3, 32, 36], cells: ["lstm"] },
])("a language model, of lines: $sentences, at lags $checked", ({ sentences, text, checked, cells }) => {
  test.each(cells)(
    "the gradient of the loss with respect to earlier states is that of finite differences: %s",
    async (cell) => {
      const model = await LanguageModel.create({
        ...{ tokenizer: CharacterTokenizer.fromText("abc \n"), cell, layers: 1, hiddenSize: 3, embeddingSize: 2 },
        ...{ layerNorm: true, sentences, executor: float64() },
      });
      const lags = Math.max(...checked);
      const { layers, sequences } = await model.gradientFlow(text, { lags, sequences: 100 });
      const ids = model.tokenizer.encode(text);
      const newline = model.tokenizer.id("\n") as number;
      const texts = sentences ? linesBetween(ids, { begin: newline, end: newline }) : [ids];
      const step = new GatedStep(model, { banned: [], marks: null, automaton: null });
      const sums = step.entries.map(() => new Float64Array(lags + 1));
      const counts = new Int32Array(lags + 1);
      for (const own of texts) {
        for (let at = 1; at < own.length; at++) {
          for (let lag = 0; lag <= Math.min(lags, at - 1); lag++) {
            counts[lag] = (counts[lag] as number) + 1;
            for (const [e, { name, size, kind }] of step.entries.entries()) {
              // The loss sees the state of its own step as h alone, which the model's output layer reads.
              if (!checked.includes(lag)) continue;
              const norm = await normByDifferences(size, async (element, shift) => {
                let state = step.start();
                let logProbabilities = new Float32Array();
                for (let t = 0; t < at; t++) {
                  ({ state, logProbabilities } = (await step.read(own[t] as number, state)) as never);
                  if (t !== at - 1 - lag) continue;
                  const moved = Float64Array.from(state[name] as Float32Array);
                  moved[element] = (moved[element] as number) + shift;
                  state = { ...state, [name]: moved as never };
                }
                return -(logProbabilities[own[at] as number] as number);
              });
              expect(kind).toMatch(/[hc]/);
              (sums[e] as Float64Array)[lag] = (sums[e]?.[lag] as number) + norm;
            }
          }
        }
      }
      expect([...sequences]).toEqual([...counts]);
      for (const [e, { norms }] of layers.entries()) {
        for (const lag of checked) {
          const mean = (sums[e]?.[lag] as number) / (counts[lag] as number);
          expect((norms[lag] as number) / mean).toBeCloseTo(1, 4);
        }
        expect(norms[0]).toBeGreaterThan(layers[e]?.kind === "cell" ? -1 : 0);
      }
    },
  );
});

test("places are spread over a text, and a text without a token to predict is refused", async () => {
  const model = await LanguageModel.create({
    tokenizer: CharacterTokenizer.fromText("abc "),
    hiddenSize: 4,
    layers: 2,
  });
  const text = "abc ".repeat(30);
  const { sequences, layers } = await model.gradientFlow(text, { lags: 10, sequences: 5 });
  expect([...sequences]).toEqual(Array.from({ length: 11 }, () => 5));
  expect(layers.map(({ name }) => name)).toEqual(["layer 1 hidden", "layer 1 cell", "layer 2 hidden", "layer 2 cell"]);
  await expect(model.gradientFlow("a")).rejects.toThrow("gradientFlow: the text has no token to predict.");
});

test("places have as many tokens before them as the gradient is followed, and lines that are just long enough share them evenly", async () => {
  const tokenizer = CharacterTokenizer.fromText("abc \n");
  const options = { tokenizer, hiddenSize: 4, layers: 1, layerNorm: true };
  const model = await LanguageModel.create({ ...options, executor: float64() });
  const { sequences } = await model.gradientFlow("abc ".repeat(30), { lags: 60, sequences: 5 });
  expect([...sequences]).toEqual(Array.from({ length: 61 }, () => 5));

  const lines = await LanguageModel.create({ ...options, sentences: true, executor: float64() });
  const flow = async (text: string, count: number) =>
    (await lines.gradientFlow(text, { lags: 3, sequences: count })).layers[0]?.norms as Float64Array;
  const [one, other] = [await flow("abc\n", 1), await flow("bb \n", 1)];
  const both = await flow("abc\n".repeat(4) + "bb \n".repeat(4), 2);
  for (const [lag, norm] of both.entries()) {
    expect(norm).toBeCloseTo(((one[lag] as number) + (other[lag] as number)) / 2, 9);
  }
  expect(one[0]).not.toBeCloseTo(other[0] as number, 4);
});

test("a far lag leaves the event loop free, and stops when its signal fires", async () => {
  const stack = new LSTM("rnn", { inputSize: 4, hiddenSize: 8, layers: 4 });
  let longest = 0;
  let last = performance.now();
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const { layers } = await gradientFlow(stack, { lags: 1000, sequences: 2 });
  clearInterval(beat);
  expect(layers[7]?.norms).toHaveLength(1001);
  expect(longest).toBeLessThan(5000);
  const stopping = new AbortController();
  const stopped = gradientFlow(stack, { lags: 1000, sequences: 2, signal: stopping.signal });
  setTimeout(() => stopping.abort(new Error("enough")), 1);
  await expect(stopped).rejects.toThrow("enough");
});

test("directions of some thousand features are brought to norm 1 in a moment", () => {
  const F = 8192;
  const start = performance.now();
  const rows = unitRows(
    Float32Array.from({ length: 4 * F }, (_, i) => (i % 7) - 3),
    F,
  );
  expect(performance.now() - start).toBeLessThan(500);
  for (let row = 0; row < 4; row++) expect(Math.hypot(...rows.subarray(row * F, (row + 1) * F))).toBeCloseTo(1, 5);
});

test("a line of 200,000 tokens stands between its marks", () => {
  const [line] = linesBetween(new Int32Array(200_000).fill(5), { begin: 1, end: 2 });
  expect([line?.length, line?.[0], line?.[1], line?.at(-1)]).toEqual([200_002, 1, 5, 2]);
});
