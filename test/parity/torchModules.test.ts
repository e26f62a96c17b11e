import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/index.js";
import { Graph } from "../../lib/graph/graph.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { loadWeights } from "../../lib/models/foreignWeights.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import * as nn from "../../lib/nn/index.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import { subjects } from "./executors.js";
import figures from "./figures/torchModules.json" with { type: "json" };

type Name = keyof typeof figures;
interface Module {
  readonly layer: nn.Layer;
  /** Shape of x. */
  readonly shape: readonly number[];
  readonly type?: "i32";
  y(x: Tensor, memory: Tensor, lengths: Tensor): Tensor;
  readonly memory?: readonly number[];
}

const [T, S, B] = [4, 5, 2];
const transformer = { size: 6, heads: 2, layers: 2, hiddenSize: 9 } as const;

function modules(): Record<Exclude<Name, "languageModel">, Module> {
  const shape = [T, B, 6];
  const lstm = new nn.LSTM("own", { inputSize: 6, hiddenSize: 5, layers: 2, bidirectional: true });
  const gru = new nn.GRU("own", { inputSize: 6, hiddenSize: 5, layers: 2 });
  const rnn = new nn.RNN("own", { inputSize: 6, hiddenSize: 5 });
  const linear = new nn.Linear("own", { inputSize: 6, outputSize: 3 });
  const layerNorm = new nn.LayerNorm("own", { size: 6 });
  const embedding = new nn.Embedding("own", { vocabularySize: 5, embeddingSize: 6 });
  const attention = new nn.MultiHeadAttention("own", { size: 6, heads: 2 });
  const wide = new nn.MultiHeadAttention("own", { size: 6, heads: 2, memorySize: 4 });
  const encoder = new nn.Transformer("own", { ...transformer, activation: "relu", normalization: "post" });
  const decoder = new nn.Transformer("own", { ...transformer, memorySize: 6, causal: true });
  const whole = { ...transformer, activation: "relu", normalization: "post", finalNorm: true } as const;
  const wholeEncoder = new nn.Transformer("own.encoder", whole);
  const wholeDecoder = new nn.Transformer("own.decoder", { ...whole, memorySize: 6, causal: true });
  const convolution = new nn.Convolution("own", { inputSize: 3, outputSize: 4 });
  return {
    lstm: { layer: lstm, shape, y: (x) => lstm.apply(x).y },
    gru: { layer: gru, shape, y: (x) => gru.apply(x).y },
    rnn: { layer: rnn, shape, y: (x) => rnn.apply(x).y },
    linear: { layer: linear, shape, y: (x) => linear.apply(x) },
    layerNorm: { layer: layerNorm, shape, y: (x) => layerNorm.apply(x) },
    embedding: { layer: embedding, shape: [T, B], type: "i32", y: (ids) => embedding.apply(ids) },
    attention: { layer: attention, shape, y: (x) => attention.apply(x) },
    attentionToMemory: { layer: wide, shape, memory: [S, B, 4], y: (x, memory) => wide.apply(x, { memory }) },
    encoder: { layer: encoder, shape: [S, B, 6], y: (x, _, lengths) => encoder.apply(x, { lengths }) },
    decoder: {
      layer: decoder,
      ...{ shape, memory: [S, B, 6] },
      y: (x, memory, memoryLengths) => decoder.apply(x, { memory, memoryLengths }),
    },
    transformer: {
      layer: { name: "own", parameters: [...wholeEncoder.parameters, ...wholeDecoder.parameters] },
      ...{ shape, memory: [S, B, 6] },
      y: (x, source, lengths) =>
        wholeDecoder.apply(x, { memory: wholeEncoder.apply(source, { lengths }), memoryLengths: lengths }),
    },
    convolution: { layer: convolution, shape: [2, 5, 5, 3], y: (x) => convolution.apply(x) },
  };
}

async function saved(name: Name): Promise<string> {
  const file = join(await temporaryFolder(), "weights.pt");
  await writeFile(file, Buffer.from(figures[name].file, "base64"));
  return file;
}

describe.each(subjects)(
  "on $name, modules of PyTorch compute what they did with the weights of their files:",
  (subject) => {
    test.each(Object.keys(modules()) as Exclude<Name, "languageModel">[])("%s", async (name) => {
      const { layer, shape, type = "f32", memory: memoryShape = [S, B, 6], y } = modules()[name];
      const executor = subject.executor();
      const store = executor.createStore();
      await loadWeights(store, layer.parameters, await saved(name), { rename: (parameter) => `own.${parameter}` });
      const graph = new Graph();
      const x = graph.feed("x", type, shape);
      const [memory, lengths] = [graph.feed("memory", "f32", memoryShape), graph.feed("lengths", "i32", [B])];
      graph.output("y", y(x, memory, lengths));
      const program = graph.program();
      const figure: { x: number[]; y: number[]; memory?: number[] } = figures[name];
      const all = {
        x: type === "i32" ? Int32Array.from(figure.x) : executor.floats.from(figure.x),
        memory: executor.floats.from(figure.memory ?? new Array(memoryShape.reduce((a, b) => a * b)).fill(0)),
        lengths: Int32Array.of(5, 3),
      };
      const { outputs } = await executor.compile(program, store).run(all);
      expect(outputs.y).toHaveLength(figure.y.length);
      // PyTorch computed in float32. Past the length of a sequence the encoder's rows are nobody's.
      const isRead = (i: number) => name !== "encoder" || i < 3 * B * 6 || Math.floor(i / 6) % B === 0;
      const errors = figure.y.map((value, i) => (isRead(i) ? Math.abs(value - (outputs.y?.[i] as number)) : 0));
      expect(Math.max(...errors)).toBeLessThan(1e-5);
    });
  },
);

test("a language model of PyTorch with a shared table says here what it said there", async () => {
  const { x, y } = figures.languageModel;
  const tokenizer = CharacterTokenizer.fromText("abcde");
  const model = await LanguageModel.create({ tokenizer, hiddenSize: 6, layers: 2, tied: true });
  const file = await saved("languageModel");
  await model.loadWeights(file, { rename: { encoder: "embedding", lstm: "rnn", decoder: "output" } });
  const text = [0, 2, 4, 6].map((i) => "abcde"[x[i] as number]).join("");
  const [only] = await model.nextTokens(text.slice(0, 4), { top: 5 }).then((read) => [read]);
  for (const { id, probability } of only?.tokens ?? []) {
    expect(Math.abs(Math.log(probability) - (y[(3 * B + 0) * 5 + id] as number))).toBeLessThan(1e-5);
  }
});
