import { expect, test } from "vitest";
import type { Executor, Store } from "../../../lib/executor/executor.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { Graph } from "../../../lib/graph/graph.js";
import * as ops from "../../../lib/graph/ops/index.js";
import type { Tensor } from "../../../lib/graph/tensor.js";
import { recordPairLoss } from "../../../lib/models/pairModel/pairNetwork.js";
import type { Seq2SeqConfig } from "../../../lib/models/seq2seq/config.js";
import { Seq2SeqNetwork } from "../../../lib/models/seq2seq/network.js";
import { randomSource } from "../../../lib/random/source.js";
import { adam } from "../../../lib/train/optimizers.js";
import { TrainingStep } from "../../../lib/train/step.js";
import { numbers } from "../../graph/case.js";
import { expectSlopes, storeOf } from "../slopes.js";

const sizes = { sourceVocabularySize: 7, targetVocabularySize: 6, hiddenSize: 4, embeddingSize: 3 };
const variants: Record<string, Partial<Seq2SeqConfig>> = {
  "Sutskever: the last state only": { attention: "none", bidirectional: false, encoderLayers: 2, decoderLayers: 2 },
  "Cho: the last state at every step": { attention: "none", context: "every", bidirectional: false, cell: "gru" },
  "the last state of both directions, at every step": { attention: "none", context: "every" },
  "Bahdanau: additive, before the step": { attend: "before", cell: "gru" },
  "Luong: dot": { attention: "dot", bidirectional: false },
  "Luong: general, input feeding": { attention: "general", inputFeeding: true, decoderLayers: 2 },
  "additive, after the step, input feeding, tied": { inputFeeding: true, tied: true },
  "a tied embedding as large as state and context together": { tied: true, embeddingSize: 12, attend: "after" },
  "one stack for encoder and decoder": { sharedStack: true, bidirectional: false, cell: "gru" },
  "scaled, one vocabulary, rnn": {
    attention: "scaled",
    bidirectional: false,
    cell: "rnn",
    sharedEmbedding: true,
    targetVocabularySize: 7,
  },
};

test.each(Object.keys(variants))("%s: step by step it writes what it was trained to", async (name) => {
  const [S, T, B] = [5, 4, 3];
  const network = new Seq2SeqNetwork({ ...sizes, ...variants[name] });
  const graph = new Graph();
  const inputs = graph.feed("inputs", "i32", [T, B]);
  const encoded = network.encode(graph.feed("source", "i32", [S, B]), graph.feed("sourceLengths", "i32", [B]));
  const { features, weights } = network.unroll(inputs, encoded);
  graph.output("logits", network.output.apply(features));
  if (weights) graph.output("weights", weights);
  const { outputs: stepped } = ops.scan({ inputs: { inputs }, state: encoded.state }, ({ inputs: tokens }, state) => {
    const { logits, state: after, weights } = network.step(tokens, state, encoded);
    return { state: after, outputs: { logits, ...(weights ? { weights } : {}) } as Record<string, Tensor> };
  });
  for (const [output, tensor] of Object.entries(stepped)) graph.output(`stepped ${output}`, tensor);

  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(executor, network, (i, size) => numbers(size, i + 1));
  const { outputs } = await executor.compile(graph.program(), store).run({
    inputs: Int32Array.from({ length: T * B }, (_, i) => (i * 5) % 6),
    source: Int32Array.from({ length: S * B }, (_, i) => (i * 3) % 7),
    sourceLengths: Int32Array.of(S, 2, 4),
  });
  expect("weights" in outputs).toBe(network.config.attention !== "none");
  for (const output of ["logits", ...(weights ? ["weights"] : [])]) {
    outputs[output]?.forEach((value, i) => {
      expect(outputs[`stepped ${output}`]?.[i], `${output}[${i}]`).toBeCloseTo(value, 10);
    });
  }
});

/** Two pairs: sources of 4 and 2 tokens, targets of 3 and 2. */
const twoPairs = {
  source: Int32Array.of(1, 2, 3, 4, 5, 0, 6, 0),
  sourceLengths: Int32Array.of(4, 2),
  inputs: Int32Array.of(0, 0, 2, 3, 4, 0),
  targets: Int32Array.of(2, 3, 4, 1, 1, -1),
};

test.each(Object.keys(variants))(
  "%s: the loss has a gradient for every parameter, as finite differences say",
  async (name) => {
    const network = new Seq2SeqNetwork({ ...sizes, ...variants[name] });
    const graph = new Graph();
    const { losses } = recordPairLoss(graph, network, { S: 4, T: 3, B: 2 });
    await expectSlopes(graph, ops.sum(losses), network, twoPairs);
  },
);

test.each(Object.keys(variants))(
  "%s: truth at every step is teacher forcing, truth at none is free running",
  async (name) => {
    const [S, T, B] = [4, 5, 3];
    const network = new Seq2SeqNetwork({ ...sizes, ...variants[name] });
    const executor = new ReferenceExecutor({ precision: "float64" });
    const store = await storeOf(executor, network, (i, size) => numbers(size, i + 1));
    const source = {
      source: Int32Array.from({ length: S * B }, (_, i) => (i * 3) % 7),
      sourceLengths: Int32Array.of(S, 2, 3),
    };
    const targets = Int32Array.from({ length: T * B }, (_, i) => (i * 7) % 6);
    const inputs = Int32Array.from({ length: T * B }, (_, i) => (i * 5) % 6);
    const losses = async (form: object, feeds: Record<string, Int32Array | Float32Array>) => {
      const graph = new Graph();
      graph.output("losses", recordPairLoss(graph, network, { S, T, B, ...form }).losses);
      const { outputs } = await executor.compile(graph.program(), store).run({ ...source, targets, ...feeds });
      return [...(outputs.losses as Float64Array)];
    };
    const forced = await losses({}, { inputs });
    const close = (found: number[], expected: number[]) => {
      for (const [i, loss] of expected.entries()) expect(found[i], `loss ${i}`).toBeCloseTo(loss, 10);
    };
    close(await losses({ free: true }, { inputs, truth: new Float32Array(T * B).fill(1) }), forced);

    // Free running by hand: each step fed with the likeliest token of the one before.
    const graph = new Graph();
    const encoded = network.encode(graph.feed("source", "i32", [S, B]), graph.feed("sourceLengths", "i32", [B]));
    const first = graph.feed("first", "i32", [B]);
    const { outputs } = ops.scan(
      { inputs: {}, steps: T, state: { token: first, ...encoded.state } },
      (_, { token, ...state }: Record<string, Tensor>) => {
        const { logits, state: after } = network.step(token as Tensor, state, encoded);
        return {
          state: { ...after, token: ops.argmax(logits, 1) } as Record<string, Tensor>,
          outputs: { token } as never,
        };
      },
    );
    graph.output("read", (outputs as Record<string, Tensor>).token as Tensor);
    const run = await executor.compile(graph.program(), store).run({ ...source, first: inputs.slice(0, B) });
    const read = run.outputs.read as Int32Array;
    expect([...read]).not.toEqual([...inputs]);
    const onlyFirst = Float32Array.from({ length: T * B }, (_, i) => Number(i < B));
    const free = await losses({ free: true }, { inputs, truth: onlyFirst });
    close(free, await losses({}, { inputs: read }));
    // Half of each: step by step, what is read depends on what was read before.
    const truth = Float32Array.from({ length: T * B }, (_, i) => Number(i < B || i % 2 === 0));
    const mixed = await losses({ free: true }, { inputs, truth });
    expect(mixed.slice(0, B)).toEqual(free.slice(0, B));
    expect(mixed).not.toEqual(free);
  },
);

test("truth at every step is teacher forcing in training too, with the same values dropped", async () => {
  const [S, T, B] = [4, 5, 3];
  const network = new Seq2SeqNetwork({ ...sizes, decoderLayers: 2, dropout: 0.5 });
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(executor, network, (i, size) => numbers(size, i + 1));
  const losses = async (training: boolean, free: boolean) => {
    const graph = new Graph({ training });
    graph.output("losses", recordPairLoss(graph, network, { S, T, B, ...(free ? { free } : {}) }).losses);
    const { outputs } = await executor.compile(graph.program(), store).run({
      ...graph.defaults,
      ...(training ? { random: Int32Array.of(1, 2) } : {}),
      source: Int32Array.from({ length: S * B }, (_, i) => (i * 3) % 7),
      sourceLengths: Int32Array.of(S, 2, 3),
      targets: Int32Array.from({ length: T * B }, (_, i) => (i * 7) % 6),
      inputs: Int32Array.from({ length: T * B }, (_, i) => (i * 5) % 6),
      ...(free ? { truth: new Float32Array(T * B).fill(1) } : {}),
    });
    return [...(outputs.losses as Float64Array)].map((loss) => loss.toFixed(9));
  };
  const forced = await losses(true, false);
  expect(forced).not.toEqual(await losses(false, false));
  expect(await losses(true, true)).toEqual(forced);
});

test("scheduled sampling has a gradient for every parameter, as finite differences say", async () => {
  const network = new Seq2SeqNetwork({ ...sizes, cell: "gru", attend: "before", tied: true });
  const graph = new Graph({ training: true });
  const { losses } = recordPairLoss(graph, network, { S: 4, T: 3, B: 2, free: true });
  const truth = Float32Array.of(1, 1, 0, 1, 0, 0);
  await expectSlopes(graph, ops.sum(losses), network, { ...twoPairs, truth });
});

const [begin, end] = [0, 1];

/** Words of 3 to 6 letters (2 to 11), and the same words backwards, as a batch. */
function reversals(seed: number, B: number) {
  const random = randomSource(seed, "words");
  const words = Array.from({ length: B }, () =>
    Array.from({ length: 3 + Math.floor(4 * random.uniform()) }, () => 2 + Math.floor(10 * random.uniform())),
  );
  const [S, T] = [6, 7];
  const batch = {
    source: new Int32Array(S * B),
    sourceLengths: Int32Array.from(words, ({ length }) => length),
    inputs: new Int32Array(T * B),
    targets: new Int32Array(T * B).fill(-1),
  };
  words.forEach((word, b) => {
    const answer = [...word].reverse();
    word.forEach((token, s) => {
      batch.source[s * B + b] = token;
    });
    [...answer, end].forEach((token, t) => {
      batch.targets[t * B + b] = token;
      batch.inputs[t * B + b] = t === 0 ? begin : (answer[t - 1] as number);
    });
  });
  return { form: { S, T, B }, words, batch };
}

/** The likeliest token at every step, fed back, and where attention looked. */
async function write(
  network: Seq2SeqNetwork,
  { executor, store }: { executor: Executor; store: Store },
  seed: number,
  B: number,
) {
  const { form, words, batch } = reversals(seed, B);
  const graph = new Graph();
  const encoded = network.encode(graph.feed("source", "i32", [form.S, B]), graph.feed("sourceLengths", "i32", [B]));
  const state = { token: graph.feed("begin", "i32", [B]), ...encoded.state };
  const { outputs } = ops.scan(
    { inputs: {}, steps: form.T, state },
    (_, { token, ...cells }: Record<string, Tensor>) => {
      const { logits, state: after, weights } = network.step(token as Tensor, cells, encoded);
      const next = ops.argmax(logits, 1);
      return {
        state: { ...after, token: next } as typeof state,
        outputs: { token: next, look: ops.argmax(weights as Tensor, 1) },
      };
    },
  );
  graph.output("tokens", outputs.token);
  graph.output("look", outputs.look);
  const { source, sourceLengths } = batch;
  const run = await executor.compile(graph.program(), store).run({ source, sourceLengths, begin: new Int32Array(B) });
  const column = (values: ArrayLike<number>, b: number) =>
    Array.from({ length: form.T }, (_, t) => values[t * B + b] as number);
  return words.map((word, b) => ({
    word,
    tokens: column(run.outputs.tokens as Int32Array, b),
    look: column(run.outputs.look as Int32Array, b),
  }));
}

test("it learns to write words backwards, and attention walks the other way", async () => {
  const executor = nativeExecutor();
  const vocabulary = { sourceVocabularySize: 12, targetVocabularySize: 12 };
  const network = new Seq2SeqNetwork({
    ...vocabulary,
    hiddenSize: 48,
    embeddingSize: 24,
    attend: "before",
    cell: "gru",
  });
  const store = await storeOf(executor, network);
  const { parameters } = network;
  const recordLoss = (graph: Graph, form: ReturnType<typeof reversals>["form"]) => ({
    ...recordPairLoss(graph, network, form),
    carried: [],
  });
  const model = { executor, store, parameters, recordLoss };
  const step = new TrainingStep(model, { optimizer: adam(), clipNorm: 5, clipValue: 0, reduction: "token" });
  for (let i = 1; i <= 500; i++) {
    const { form, batch } = reversals(i, 64);
    await step.run({ form, feeds: batch, tokens: 7 * 64 }, { learningRate: 0.005, step: i, seed: 1 });
  }
  const written = await write(network, { executor, store }, 1e6, 500);
  const right = written.filter(({ word, tokens }) => [...word].reverse().every((token, t) => tokens[t] === token));
  expect(right.length).toBeGreaterThanOrEqual(495);
  // Where a step looks, before it writes letter t of a word of n: at letter n - 1 - t.
  const looks = right.flatMap(({ word, look }) => word.map((_, t) => look[t] === word.length - 1 - t));
  expect(looks.filter(Boolean).length / looks.length).toBeGreaterThan(0.9);
}, 60_000);

test("a new model is unsure: its loss begins near ln V, tied or not", async () => {
  const executor = nativeExecutor();
  for (const tied of [false, true]) {
    const network = new Seq2SeqNetwork({
      sourceVocabularySize: 500,
      targetVocabularySize: 500,
      hiddenSize: 64,
      embeddingSize: 64,
      tied,
    });
    const graph = new Graph();
    const form = { S: 5, T: 6, B: 20 };
    graph.output("losses", recordPairLoss(graph, network, form).losses);
    const ids = (length: number) => Int32Array.from({ length }, (_, i) => (i * 37) % 500);
    const { outputs } = await executor.compile(graph.program(), await storeOf(executor, network)).run({
      source: ids(100),
      sourceLengths: new Int32Array(20).fill(5),
      inputs: ids(120),
      targets: ids(120).reverse(),
    });
    const losses = outputs.losses as Float32Array;
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(Math.abs(mean - Math.log(500))).toBeLessThan(0.3);
  }
});

test.each(Object.keys(variants))("%s: the variables of its program are its parameters, each once", (name) => {
  const network = new Seq2SeqNetwork({ ...sizes, ...variants[name] });
  const graph = new Graph();
  graph.output("losses", recordPairLoss(graph, network, { S: 3, T: 2, B: 2 }).losses);
  const named = ({ name, shape }: { name: string; shape: readonly number[] }) => `${name} ${shape}`;
  const recorded = graph.program().variables.filter(({ name }) => !name.startsWith("zeros["));
  expect(network.parameters.map(named).sort()).toEqual(recorded.map(named).sort());
});

test("one vocabulary has one table, and a tied output layer reads that of the target", () => {
  const matrices = (config: Partial<Seq2SeqConfig>) =>
    new Seq2SeqNetwork({ ...sizes, targetVocabularySize: 7, ...config }).parameters
      .map(({ name }) => name)
      .filter((name) => /^(embedding|source|target|output)\.weight$/.test(name));
  expect(matrices({})).toEqual(["source.weight", "target.weight", "output.weight"]);
  expect(matrices({ tied: true })).toEqual(["source.weight", "target.weight"]);
  expect(matrices({ sharedEmbedding: true })).toEqual(["embedding.weight", "output.weight"]);
  expect(matrices({ sharedEmbedding: true, tied: true })).toEqual(["embedding.weight"]);
});

test.each(Object.keys(variants))("%s: a completed configuration is one, and means the same", (name) => {
  const { config } = new Seq2SeqNetwork({ ...sizes, ...variants[name] });
  expect(new Seq2SeqNetwork(config).config).toEqual(config);
});

test("contradictions in a configuration are named", () => {
  const refused = (config: Partial<Seq2SeqConfig>) => () => new Seq2SeqNetwork({ ...sizes, ...config });
  expect(refused({ attention: "none", inputFeeding: true })).toThrow(
    /inputFeeding needs attention additive or .*, got none/,
  );
  expect(refused({ attention: "none", attend: "before" })).toThrow(/attend needs attention additive or .*, got none/);
  expect(refused({ context: "every" })).toThrow(/context needs attention none, got additive/);
  expect(refused({ attend: "before", inputFeeding: true })).toThrow(/inputFeeding needs attend after, got before/);
  expect(refused({ sharedEmbedding: true })).toThrow(/sharedEmbedding needs one vocabulary, got sizes 7 and 6/);
  expect(refused({ attention: "dot" })).toThrow(/"dot" compares a query with a memory of the same size, got 4 and 8/);
  expect(refused({ sharedStack: true })).toThrow(/sharedStack needs bidirectional false, got true/);
  const one = { sharedStack: true, bidirectional: false };
  expect(refused({ ...one, inputFeeding: true })).toThrow(/sharedStack needs inputFeeding false, got true/);
  expect(refused({ ...one, decoderLayers: 2 })).toThrow(/an encoder as large as the decoder, got 1 x 4 and 2 x 4/);
  expect(refused({ ...one, attend: "before" })).toThrow(/a decoder that reads embeddings only/);
  expect(refused({ cell: "lstn" as "lstm" })).toThrow(/cell/);
  expect(refused({ hidenSize: 3 } as never)).toThrow(/hidenSize/);
});
