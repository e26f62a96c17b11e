import { describe, expect, test } from "vitest";
import { CharacterTokenizer, WordTokenizer } from "../../lib/data/index.js";
import { CharacterAwareLanguageModel } from "../../lib/models/characterAwareLanguageModel/index.js";
import { FeedForwardLanguageModel } from "../../lib/models/feedForwardLanguageModel/index.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import "../../lib/models/registry.js";
import { Mixture } from "../../lib/models/mixture/index.js";
import { NgramModel } from "../../lib/models/ngramModel/index.js";
import { TransformerLanguageModel } from "../../lib/models/transformerLanguageModel/index.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import type { Feeds } from "./runtime.js";
import { expectClose, expectSameOutputs, runtime, sessionOf } from "./runtime.js";

const tokenizer = CharacterTokenizer.fromText("to be or not to be\n");
const V = tokenizer.size;
const sizes = [{ B: 1 }, { B: 3 }];

describe("onnxruntime computes a step as we do:", () => {
  const small = { tokenizer, hiddenSize: 8, layers: 2 };
  test.each([
    ["lstm", {}],
    ["gru", {}],
    ["gru", { reset: "before" }],
    ["rnn", {}],
    ["rnn", { activation: "relu" }],
    ["mingru", {}],
    ["minlstm", {}],
    ["indrnn", {}],
    ["peephole-lstm", {}],
    ["layer-norm-lstm", {}],
    ["lstm", { tied: true, embeddingSize: 6, layerNorm: true, connections: "residual" }],
    ["gru", { connections: "dense", sentences: true }],
  ])("a language model of %s %o", async (cell, options) => {
    const model = await LanguageModel.create({ ...small, cell, ...options } as never);
    const { graphs, compared } = await expectSameOutputs(model, { sizes, numbers: { ids: V } });
    expect(graphs).toEqual(["step.onnx"]);
    if (runtime) expect(compared).toBeGreaterThan(4 * V);
  });

  test.each([
    [{}],
    [{ positions: "learned", activation: "relu", normalization: "post" }],
    [{ positions: "sinusoidal", activation: "swiglu" }],
    [{ positions: "rotary", sentences: true }],
  ])("a Transformer language model %o", async (options) => {
    const model = await TransformerLanguageModel.create({
      tokenizer,
      ...{ hiddenSize: 8, heads: 2, layers: 2, contextLength: 5, ...options },
    } as never);
    const numbers = { ids: V, lineage: ({ B = 1 }, i: number) => Math.floor(i / 5) % B, times: 4, positions: 3 };
    await expectSameOutputs(model, { sizes, numbers });
  });
});

describe("so do other models of text:", () => {
  const words = WordTokenizer.fromText("to be or not to be that is");
  const V = words.size;
  test("a neural n-gram model", async () => {
    for (const options of [{ order: 4 }, { order: 2, direct: true, sentences: true }]) {
      const model = await FeedForwardLanguageModel.create({
        tokenizer: words,
        embeddingSize: 3,
        hiddenSize: 5,
        ...options,
      });
      await expectSameOutputs(model, { sizes, numbers: { ids: V, recent: V + 1 } });
    }
  });

  test("a model that reads the characters of words", async () => {
    const model = await CharacterAwareLanguageModel.create({
      tokenizer: words,
      filters: 2,
      filterWidth: 3,
      hiddenSize: 6,
    });
    await expectSameOutputs(model, { sizes, numbers: { ids: V } });
  });

  test("a mixture", async () => {
    const parts = await Promise.all(
      [1, 2].map((seed) => LanguageModel.create({ tokenizer: words, hiddenSize: 4, seed })),
    );
    const model = await Mixture.of(parts, { weights: [0.25, 0.75] });
    await expectSameOutputs(model, { sizes, numbers: { ids: V } });
  });
});

test("counts have no counterpart in ONNX, and say so", async () => {
  const model = await NgramModel.fromText("a b a\nb a\n", { order: 2 });
  await expect(model.exportOnnx(await temporaryFolder())).rejects.toThrow("the op ngramStep");
});

test.skipIf(!runtime)("a text that onnxruntime reads step by step ends in the probabilities that we have", async () => {
  const words = WordTokenizer.fromText("to be or not to be");
  for (const model of [
    await LanguageModel.create({ tokenizer: words, hiddenSize: 8, layers: 2 }),
    await TransformerLanguageModel.create({ tokenizer: words, hiddenSize: 8, heads: 2, layers: 2, contextLength: 4 }),
  ]) {
    const [step] = await model.exportOnnx(await temporaryFolder());
    const run = await sessionOf(step?.file as string);
    let state: Feeds = Object.fromEntries(
      model.network.stateEntries.map(({ name, size, ...entry }) => {
        const whole = "dtype" in entry && entry.dtype === "i32";
        return [name, { values: whole ? new Int32Array(size) : new Float32Array(size), shape: [1, size] }];
      }),
    );
    let logits: Float32Array = new Float32Array(0);
    const ids = words.encode("to be or not to be to be");
    for (const id of ids) {
      const outputs = await run({ ids: { values: Int32Array.of(id), shape: [1] }, ...state });
      logits = outputs.logits as Float32Array;
      state = Object.fromEntries(
        Object.entries(state).map(([name, { shape }]) => [name, { values: outputs[`next.${name}`] as never, shape }]),
      );
    }
    const own = (
      model as unknown as {
        step: {
          readAll(ids: number[]): Promise<object>;
          read(id: number, state: object): Promise<{ logProbabilities: Float32Array }>;
        };
      }
    ).step;
    const before = await own.readAll([...ids].slice(0, -1));
    const { logProbabilities } = await own.read(ids.at(-1) as number, before);
    const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
    expectClose(
      "log-probabilities",
      logits.map((logit) => logit - sum),
      logProbabilities,
    );
  }
});
