import { describe, expect, test } from "vitest";
import {
  CharacterTokenizer,
  FrameFeatures,
  FrameVocabulary,
  TaggerVocabulary,
  TokenizerPair,
  WordTokenizer,
} from "../../lib/data/index.js";
import { Forecaster } from "../../lib/models/forecaster/index.js";
import { FrameTagger } from "../../lib/models/frameTagger/index.js";
import { ImageCaptioner } from "../../lib/models/imageCaptioner/index.js";
import { LanguageModel } from "../../lib/models/languageModel/index.js";
import type { SavedModel } from "../../lib/models/savedModel.js";
import { Seq2Seq } from "../../lib/models/seq2seq/index.js";
import { SequenceClassifier } from "../../lib/models/sequenceClassifier/index.js";
import { SequenceTagger } from "../../lib/models/sequenceTagger/index.js";
import { TransformerSeq2Seq } from "../../lib/models/transformerSeq2Seq/index.js";
import { Word2Vec } from "../../lib/models/word2vec/index.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import type { Numbers } from "./runtime.js";
import { expectSameOutputs } from "./runtime.js";

const words = WordTokenizer.fromText("to be or not to be that is");
const characters = CharacterTokenizer.fromText("to be or not to be\n");
const small = { hiddenSize: 6, embeddingSize: 4 };
const framed = [{ frames: { shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6) }, labels: ["x", "y", "x"] }];
const sizes = [
  { T: 1, B: 1, C: 3, W: 2, S: 4 },
  { T: 6, B: 3, C: 5, W: 4, S: 9 },
];
/** Lengths from 1 on, the first that of all steps. */
const lengths = ({ T = 1 }: Record<string, number>, i: number) => Math.max(1, T - 2 * i);

describe("onnxruntime classifies as we do:", () => {
  const labels = ["x", "y", "z"];
  const numbers: Numbers = { ids: words.size, lengths };
  test.each([
    [{}],
    [{ cell: "gru", pooling: "max", bidirectional: true, layers: 2 }],
    [{ cell: "rnn", pooling: "mean", multiLabel: true }],
    [{ cell: "minlstm", bidirectional: true }],
    [{ cell: "peephole-lstm", bidirectional: true, pooling: "attention" }],
    [{ cell: "layer-norm-lstm", connections: "residual" }],
    [{ cell: "indrnn", connections: "dense" }],
  ])("texts %o", async (options) => {
    const model = await SequenceClassifier.create({ ...small, tokenizer: words, labels, ...options } as never);
    expect((await expectSameOutputs(model, { sizes, numbers })).graphs).toEqual(["classifier.onnx"]);
  });

  test("sequences of vectors", async () => {
    const model = await SequenceClassifier.create({ ...small, tokenizer: await FrameFeatures.of(framed), labels });
    await expectSameOutputs(model, { sizes, numbers });
  });
});

describe("and tags as we do:", () => {
  const tokenizer = TaggerVocabulary.of([{ tokens: ["to", "be", "or"], tags: ["B-X", "I-X", "O"] }]);
  const numbers: Numbers = {
    ...{ ids: 3, characters: 4, ngrams: 100 },
    // A sentence of no words has a place in a batch, too.
    lengths: ({ T = 1 }, i) => Math.max(0, T - 4 * i),
    characterLengths: ({ C = 1 }, i) => 1 + (i % C),
    spellings: ({ W = 1 }, i) => i % W,
  };
  test.each([
    [{}],
    [{ output: "crf" }],
    [{ output: "crf", constraints: false, characters: "cnn" }],
    [{ characters: "rnn", output: "crf", cell: "gru" }],
    [{ characters: "none", ngramSize: 3 }],
  ])("sentences %o", async (options) => {
    const own = { ...small, tokenizer, characterEmbeddingSize: 3, characterSize: 4, seed: 4 };
    const model = await SequenceTagger.create({ ...own, ...options } as never);
    await stir(model);
    expect((await expectSameOutputs(model, { sizes, numbers })).graphs).toEqual(["tagger.onnx"]);
  });

  test("sentences that a language model reads too", async () => {
    const tokenizerOfCharacters = CharacterTokenizer.fromText("to be or not to be\n", { unknown: true });
    const forwardModel = await LanguageModel.create({ tokenizer: tokenizerOfCharacters, hiddenSize: 5, layers: 1 });
    const model = await SequenceTagger.create({ ...small, tokenizer, forwardModel, characterSize: 3 });
    const read = {
      ...{ "forward.characters": characters.size, "forward.lengths": ({ S = 1 }: Record<string, number>) => S },
      "forward.places": ({ B = 1 }: Record<string, number>, i: number) => i % B,
    };
    await expectSameOutputs(model, { sizes, numbers: { ...numbers, ...read } });
  });

  test("frames", async () => {
    const model = await FrameTagger.create({ hiddenSize: 5, layers: 2, tokenizer: await FrameVocabulary.of(framed) });
    await expectSameOutputs(model, { sizes, numbers });
  });
});

describe("and reads and writes as we do:", () => {
  const pair = new TokenizerPair(words, characters);
  const numbers: Numbers = {
    ...{ source: words.size, tokens: characters.size },
    lengths: ({ S = 1 }, i) => Math.max(1, S - 2 * i),
    ...{ "state.times": () => 2, "state.position": 3 },
  };
  const read = [
    { S: 1, B: 1 },
    { S: 5, B: 3 },
  ];
  test.each([
    [{}],
    [{ cell: "gru", attention: "none", context: "every", decoderLayers: 2 }],
    [{ attention: "dot", inputFeeding: true, bidirectional: false, encoderLayers: 2, decoderLayers: 2 }],
    [{ cell: "rnn", attention: "general", attend: "before" }],
  ])("an encoder-decoder %o", async (options) => {
    const model = await Seq2Seq.create({ ...small, tokenizer: pair, ...options } as never);
    expect((await expectSameOutputs(model, { sizes: read, numbers })).graphs).toEqual(["encoder.onnx", "step.onnx"]);
  });

  test.each([[{}], [{ positions: "rotary", normalization: "post" }]])("a Transformer %o", async (options) => {
    const shared = { hiddenSize: 8, heads: 2, encoderLayers: 2, decoderLayers: 2, contextLength: 8 };
    const model = await TransformerSeq2Seq.create({ ...shared, tokenizer: pair, ...options } as never);
    const L = 8;
    const lineage = ({ B = 1 }: Record<string, number>, i: number) => Math.floor(i / L) % B;
    await expectSameOutputs(model, { sizes: read, numbers: { ...numbers, "state.lineage": lineage } });
  });

  test.each([
    [{ rows: 2, columns: 3, channels: 3 }],
    [{ rows: 8, columns: 8, channels: 1, convolutions: [4, 5], gridSize: 2, pooling: "mean", gate: true }],
    [{ rows: 7, columns: 6, channels: 2, convolutions: [3], gridSize: 3 }],
  ])("images %o", async (options) => {
    const model = await ImageCaptioner.create({ ...small, tokenizer: characters, ...options } as never);
    await expectSameOutputs(model, { sizes: [{ B: 1 }, { B: 2 }], numbers });
  });
});

describe("and forecasts as we do:", () => {
  const series = [{ name: "a", values: [1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3] }];
  test.each([[{}], [{ decoder: "autoregressive", output: "gaussian" }], [{ linear: true, seriesEmbedding: 2 }]])(
    "%o",
    async (options) => {
      const shared = { horizon: 3, season: 4, hiddenSize: 5, series };
      const model = await Forecaster.create({ ...shared, ...options } as never);
      await stir(model);
      await expectSameOutputs(model, { sizes: [{ B: 1 }, { B: 4 }] });
    },
  );
});

test("word vectors are a table, and no graph", async () => {
  const { CountedWords, Corpus } = await import("../../lib/data/index.js");
  const counted = await CountedWords.from(await Corpus.fromText("to be to be", "text").tokenize(words));
  const model = await Word2Vec.create({ tokenizer: counted, size: 3 });
  await expect(model.exportOnnx(await temporaryFolder())).rejects.toThrow("there are no graphs of ONNX for a Word2Vec");
});

/** Gives all parameters values that are not those that they begin with: some begin as zeros. */
async function stir(model: SavedModel): Promise<void> {
  let seed = 1;
  for (const { name, dtype } of model.parameters) {
    if (dtype === "i32") continue;
    const values = await model.store.read(name);
    await model.store.write(
      name,
      Float32Array.from(values, (value) => value + 0.5 * Math.sin(12.9898 * seed++)),
    );
  }
}
