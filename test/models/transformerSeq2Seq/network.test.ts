import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { Graph } from "../../../lib/graph/graph.js";
import * as ops from "../../../lib/graph/ops/index.js";
import { recordPairLoss } from "../../../lib/models/pairModel/pairNetwork.js";
import type { TransformerSeq2SeqConfig } from "../../../lib/models/transformerSeq2Seq/config.js";
import { TransformerSeq2SeqNetwork } from "../../../lib/models/transformerSeq2Seq/network.js";
import { numbers } from "../../graph/case.js";
import { expectSlopes, storeOf } from "../slopes.js";

const sizes = {
  ...{ sourceVocabularySize: 7, targetVocabularySize: 6, hiddenSize: 8, heads: 2, feedForwardSize: 5 },
  ...{ encoderLayers: 2, decoderLayers: 1, contextLength: 12, dropout: 0 },
};
const variants: Record<string, Partial<TransformerSeq2SeqConfig>> = {
  "rotary, pre-norm, gelu": {},
  "Vaswani: sinusoidal, post-norm, relu": { positions: "sinusoidal", normalization: "post", activation: "relu" },
  "nn.Transformer: post-norm, and once more after the last blocks": { normalization: "post", finalNorm: true },
  "learned, swiglu, an output layer of its own": { positions: "learned", activation: "swiglu", tied: false },
  "one vocabulary, more blocks that write than that read": {
    ...{ sharedEmbedding: true, targetVocabularySize: 7, encoderLayers: 1, decoderLayers: 2 },
  },
};
const names = Object.keys(variants);
const networkOf = (name: string, config: object = {}) =>
  new TransformerSeq2SeqNetwork({ ...sizes, ...variants[name], ...config });
const reference = new ReferenceExecutor({ precision: "float64" });

/** Losses [T,B] of a batch, with weights that say something. */
async function lossesOf(network: TransformerSeq2SeqNetwork, form: { S: number; T: number; B: number }, feeds: object) {
  const graph = new Graph();
  graph.output("losses", recordPairLoss(graph, network, form).losses);
  const store = await storeOf(reference, network, (i, size) => numbers(size, i + 1));
  const { outputs } = await reference.compile(graph.program(), store).run(feeds as never);
  return outputs.losses as Float64Array;
}

test.each(names)("%s: step by step it writes what it was trained to, for several rows of one source", async (name) => {
  const [S, T, B, beams] = [5, 4, 3, 2];
  const network = networkOf(name);
  const source = Int32Array.from({ length: S * B }, (_, i) => (i * 3) % 7);
  const sourceLengths = Int32Array.of(S, 2, 4);
  const N = B * beams;
  // Two texts for each source, which stand after each other.
  const texts = Array.from({ length: N }, (_, n) => Array.from({ length: T }, (_, t) => (n * 5 + t * 2 + 1) % 6));

  const graph = new Graph();
  const encoded = network.encode(graph.feed("source", "i32", [S, B]), graph.feed("sourceLengths", "i32", [B]));
  const entries = network.caches(T);
  const state = Object.fromEntries(
    entries.map(({ name, size, dtype = "f32" }) => [name, graph.feed(name, dtype, [N, size])]),
  );
  const next = network.step(graph.feed("tokens", "i32", [N]), state, encoded);
  graph.output("logProbabilities", ops.logSoftmax(next.logits));
  graph.output("weights", next.weights as NonNullable<typeof next.weights>);
  for (const [entry, tensor] of Object.entries(next.state)) graph.output(`next ${entry}`, tensor);
  const store = await storeOf(reference, network, (i, size) => numbers(size, i + 1));
  const step = reference.compile(graph.program(), store);
  let carried: object = Object.fromEntries(
    entries.map(({ name, size, dtype }) => [name, new (dtype === "i32" ? Int32Array : Float64Array)(N * size)]),
  );
  const found: number[][] = texts.map(() => []);
  for (let t = 0; t < T; t++) {
    const tokens = Int32Array.from(texts, (text) => (t === 0 ? 0 : (text[t - 1] as number)));
    const { outputs } = await step.run({ source, sourceLengths, tokens, ...carried });
    const V = network.config.targetVocabularySize;
    for (const [n, text] of texts.entries()) {
      found[n]?.push(-(outputs.logProbabilities?.[n * V + (text[t] as number)] as number));
      const weights = outputs.weights?.subarray(n * S, (n + 1) * S) as Float64Array;
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10);
      const length = sourceLengths[Math.floor(n / beams)] as number;
      expect(weights.subarray(length).every((weight) => weight === 0)).toBe(true);
    }
    carried = Object.fromEntries(entries.map(({ name }) => [name, outputs[`next ${name}`]]));
  }
  for (let beam = 0; beam < beams; beam++) {
    const own = (t: number, b: number) => texts[b * beams + beam]?.[t] as number;
    const losses = await lossesOf(
      network,
      { S, T, B },
      {
        ...{ source, sourceLengths },
        inputs: Int32Array.from({ length: T * B }, (_, i) => (i < B ? 0 : own(Math.floor(i / B) - 1, i % B))),
        targets: Int32Array.from({ length: T * B }, (_, i) => own(Math.floor(i / B), i % B)),
      },
    );
    for (let i = 0; i < T * B; i++) {
      expect(found[(i % B) * beams + beam]?.[Math.floor(i / B)]).toBeCloseTo(losses[i] as number, 10);
    }
  }
});

/** Two pairs: sources of 4 and 2 tokens, targets of 3 and 2. */
const twoPairs = {
  source: Int32Array.of(1, 2, 3, 4, 5, 0, 6, 0),
  sourceLengths: Int32Array.of(4, 2),
  inputs: Int32Array.of(0, 0, 2, 3, 4, 0),
  targets: Int32Array.of(2, 3, 4, 1, 1, -1),
};
const targetLengths = Int32Array.of(3, 2);

test.each(names)("%s: the loss has a gradient for every parameter, as finite differences say", async (name) => {
  const network = networkOf(name);
  const graph = new Graph();
  const { losses } = recordPairLoss(graph, network, { S: 4, T: 3, B: 2 });
  await expectSlopes(graph, ops.sum(losses), network, twoPairs);
});

test("label smoothing has a gradient for every parameter, and asks for nothing past a target's end", async () => {
  const network = networkOf("rotary, pre-norm, gelu", { labelSmoothing: 0.2 });
  const graph = new Graph({ training: true });
  const { losses } = recordPairLoss(graph, network, { S: 4, T: 3, B: 2 });
  graph.output("losses", losses);
  await expectSlopes(graph, ops.sum(losses), network, { ...twoPairs, targetLengths });
  const store = await storeOf(reference, network, (i, size) => numbers(size, i + 1));
  const { outputs } = await reference.compile(graph.program(), store).run({ ...twoPairs, targetLengths });
  const smooth = outputs.losses as Float64Array;
  expect(smooth[5]).toBe(0);
  const plain = await lossesOf(network, { S: 4, T: 3, B: 2 }, twoPairs);
  // The mean of the losses with every token as target takes the place of a fifth of the loss.
  const each = await Promise.all(
    Array.from({ length: 6 }, (_, token) =>
      lossesOf(network, { S: 4, T: 3, B: 2 }, { ...twoPairs, targets: new Int32Array(6).fill(token) }),
    ),
  );
  for (let i = 0; i < 5; i++) {
    const uniform = each.reduce((sum, losses) => sum + (losses[i] as number), 0) / 6;
    expect(smooth[i]).toBeCloseTo(0.8 * (plain[i] as number) + 0.2 * uniform, 10);
  }
});

test.each(names)("%s: neither padding nor a neighbour changes a pair's losses", async (name) => {
  const network = networkOf(name);
  const together = await lossesOf(network, { S: 4, T: 3, B: 2 }, twoPairs);
  const alone = await lossesOf(
    network,
    { S: 2, T: 2, B: 1 },
    {
      source: Int32Array.of(2, 4),
      sourceLengths: Int32Array.of(2),
      inputs: Int32Array.of(0, 3),
      targets: Int32Array.of(3, 1),
    },
  );
  expect(alone[0]).toBeCloseTo(together[1] as number, 12);
  expect(alone[1]).toBeCloseTo(together[3] as number, 12);
});

test.each(names)("%s: the variables of its program are its parameters, each once", (name) => {
  const network = networkOf(name);
  const graph = new Graph();
  graph.output("losses", recordPairLoss(graph, network, { S: 3, T: 2, B: 2 }).losses);
  const named = ({ name, shape }: { name: string; shape: readonly number[] }) => `${name} ${shape}`;
  const recorded = graph.program().variables.filter(({ name }) => !name.startsWith("zeros["));
  expect(network.parameters.map(named).sort()).toEqual(recorded.map(named).sort());
});

test.each(names)("%s: a completed configuration is one, and means the same", (name) => {
  const { config } = networkOf(name);
  expect(new TransformerSeq2SeqNetwork(config).config).toEqual(config);
});

test("with an output layer of its own a new model is unsure: its loss begins near ln V", async () => {
  const network = new TransformerSeq2SeqNetwork({
    ...{ ...sizes, sourceVocabularySize: 200, targetVocabularySize: 200, hiddenSize: 64, tied: false },
  });
  const graph = new Graph();
  const form = { S: 5, T: 6, B: 20 };
  graph.output("losses", recordPairLoss(graph, network, form).losses);
  const ids = (length: number) => Int32Array.from({ length }, (_, i) => (i * 37) % 200);
  const { outputs } = await reference.compile(graph.program(), await storeOf(reference, network)).run({
    ...{ source: ids(100), sourceLengths: new Int32Array(20).fill(5) },
    ...{ inputs: ids(120), targets: ids(120).reverse() },
  });
  const losses = outputs.losses as Float64Array;
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  expect(Math.abs(mean - Math.log(200))).toBeLessThan(0.7);
});

test("contradictions and what is too long are named, with the knob", () => {
  expect(() => networkOf(names[0] as string, { heads: 3 })).toThrow(/3 heads cannot share 8 features/);
  expect(() => networkOf(names[0] as string, { sharedEmbedding: true })).toThrow(
    /sharedEmbedding needs one vocabulary, got sizes 7 and 6/,
  );
  const network = networkOf(names[0] as string);
  expect(() => recordPairLoss(new Graph(), network, { S: 13, T: 3, B: 2 })).toThrow(
    /at most 12 tokens .*contextLength.* got 13/,
  );
  expect(() => recordPairLoss(new Graph(), network, { S: 3, T: 3, B: 2, free: true })).toThrow(
    /leave teacherForcing out/,
  );
});
