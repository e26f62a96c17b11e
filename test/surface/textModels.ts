import * as ostinato from "../../lib/index.js";
import type { Entry } from "./row.js";
import { entry, made, of } from "./row.js";
import * as things from "./things.js";

const { LanguageModel, Mixture, NgramModel } = ostinato;
const { config, counted, executor, mixture, model, probed, sentences, stream, tokenizer, windows } = things;

const sameName = (name: string) => name;

export const textModelRows: Record<string, Entry> = {
  "LanguageModel.create": entry(LanguageModel.create as never, () => [
    { ...config, tokenizer, seed: 2, tied: true, dropout: 0.1 },
  ]),
  "LanguageModel.load": entry(LanguageModel.load as never, () => ["model", { executor }]),
  "Mixture.of": entry(Mixture.of as never, () => [[model, model], { weights: [0.5, 0.5] }]),
  "Mixture.load": entry(Mixture.load as never, () => ["savedMixture", { executor }]),
  "Mixture.fit": entry(
    of(() => mixture, "fit"),
    () => ["abab", { batchSize: 1 }],
  ),
  "TextModel.tokenLosses": entry(
    of(() => model, "tokenLosses"),
    () => ["abab", { batchSize: 1 }],
  ),
  "CharacterAwareLanguageModel.create": entry(ostinato.CharacterAwareLanguageModel.create as never, () => [
    { executor, tokenizer, filters: 2, filterWidth: 2, hiddenSize: 4, dropout: 0, seed: 2 },
  ]),
  "CharacterAwareLanguageModel.load": entry(ostinato.CharacterAwareLanguageModel.load as never, () => [
    "savedCharacterAware",
    { executor },
  ]),
  "FeedForwardLanguageModel.create": entry(ostinato.FeedForwardLanguageModel.create as never, () => [
    { executor, tokenizer, order: 3, embeddingSize: 2, hiddenSize: 4, direct: true, seed: 2 },
  ]),
  "FeedForwardLanguageModel.load": entry(ostinato.FeedForwardLanguageModel.load as never, () => [
    "savedFeedForward",
    { executor },
  ]),
  "TextModel.evaluate": entry(
    of(() => model, "evaluate"),
    () => ["abab", { cacheSize: 3, cacheWeight: 0.2, dynamicRate: 0.1, windowLength: 2 }],
  ),
  "TextModel.logProbability": entry(
    of(() => model, "logProbability"),
    () => ["abab"],
  ),
  "TextModel.generate": entry(
    of(() => model, "generate"),
    () => [{ prompt: "a", maximumLength: 2, temperature: 1, topK: 2 }],
  ),
  "TextModel.generateAll": entry(
    of(() => model, "generateAll"),
    () => [{ prompts: ["a"], maximumLength: 2, seed: 4 }],
  ),
  "TextModel.beamSearch": entry(
    of(() => model, "beamSearch"),
    () => [{ prompt: "a", maximumLength: 2, beams: 2 }],
  ),
  "LanguageModel.activations": entry(
    of(() => model, "activations"),
    () => ["abab", {}],
  ),
  "LanguageModel.gradientFlow": entry(
    of(() => model, "gradientFlow"),
    () => ["abab", { lags: 2, sequences: 3 }],
  ),
  "LanguageModel.save": entry(
    of(() => model, "save"),
    () => ["saved", { overwrite: true }],
  ),
  "LanguageModel.restore": entry(
    of(() => model, "restore"),
    () => ["model"],
  ),
  "TextModel.nextTokens": entry(
    of(() => model, "nextTokens"),
    () => ["a", { top: 2 }],
  ),
  "TransformerLanguageModel.create": entry(ostinato.TransformerLanguageModel.create as never, () => [
    { tokenizer, executor, hiddenSize: 4, heads: 2, layers: 1, contextLength: 5, seed: 2 },
  ]),
  "TransformerLanguageModel.load": entry(ostinato.TransformerLanguageModel.load as never, () => [
    "savedTransformer",
    { executor },
  ]),
  "LanguageModel.loadWeights": entry(
    of(() => LanguageModel.create({ ...config, tokenizer }), "loadWeights"),
    () => ["model/model.safetensors", { rename: sameName, prefix: "", missing: "refuse" }],
  ),
  "LanguageModel.exportOnnx": entry(
    of(() => model, "exportOnnx"),
    () => ["onnx"],
  ),
  "LanguageModel.quantize": entry(
    of(() => LanguageModel.create({ ...config, tokenizer }), "quantize"),
    () => ["int8"],
  ),
  "NgramModel.train": entry(NgramModel.train as never, () => [
    ostinato.Corpus.fromText("a b a\nb a\n"),
    { order: 2, smoothing: "kneserNey", discount: 0.5 },
  ]),
  "NgramModel.fromText": entry(NgramModel.fromText as never, () => ["a b a\nb a\n", { order: 2 }]),
  "NgramModel.fromArpa": entry(NgramModel.fromArpa as never, () => ["counted.arpa", { executor }]),
  "NgramModel.load": entry(NgramModel.load as never, () => ["counted", { executor }]),
  "NgramModel.evaluate": entry(
    of(() => counted, "evaluate"),
    () => ["a b\n", {}],
  ),
  "NgramModel.logProbability": entry(
    of(() => counted, "logProbability"),
    () => ["a b\n"],
  ),
  "NgramModel.slotSearch": entry(
    of(() => counted, "slotSearch"),
    () => [{ prompt: "a", slots: 2, steps: 2 }],
  ),
  "NgramModel.pruned": entry(
    of(() => counted, "pruned"),
    () => [{ pruneEntropy: 1e-3 }],
  ),
  "NgramModel.writeArpa": entry(
    of(() => counted, "writeArpa"),
    () => ["written.arpa", {}],
  ),
  "LanguageModel.probe": entry(
    of(() => model, "probe"),
    () => [probed, { heldOut: 0.5, seed: 2 }],
  ),
  WindowData: entry(made(ostinato.WindowData), () => [stream, { batchSize: 2, windowLength: 4, role: "train" }], [0]),
  "WindowData.batches": entry(of(windows, "batches"), () => [0]),
  "SentenceData.create": entry(ostinato.SentenceData.create as never, () => [stream, { tokenizer, batchSize: 2 }], [0]),
  "SentenceData.batches": entry(of(sentences, "batches"), () => [0]),
};
