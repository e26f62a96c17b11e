import * as ostinato from "../../lib/index.js";
import { tokenizerJsons } from "../data/subwords.js";
import type { Entry } from "./row.js";
import { entry, made, of } from "./row.js";
import * as things from "./things.js";

const surfaceMaker = () => things.tokenizer;

const { CharacterTokenizer, TokenizerPair } = ostinato;
const { pair, tagged, tokenizer } = things;

export const dataRows: Record<string, Entry> = {
  Labels: entry(made(ostinato.Labels), () => [["x", "y"]]),
  "Labels.id": entry(
    of(() => new ostinato.Labels(["x", "y"]), "id"),
    () => ["x"],
  ),
  readLabelledTable: entry(ostinato.readLabelledTable as never, () => ["labels.tsv", { text: 1, label: 2 }]),
  readCaptionTable: entry(ostinato.readCaptionTable as never, () => ["captions.tsv", { image: 1, caption: 2 }]),
  splitCaptions: entry(ostinato.splitCaptions as never, () => [
    Array.from({ length: 20 }, () => ({ image: "x", captions: ["ab"] })),
    { validation: 0.1 },
  ]),
  readImage: entry(ostinato.readImage as never, () => ["photo.png", { size: { rows: 2, columns: 2 } }]),
  resizePicture: entry(
    ostinato.resizePicture as never,
    () => [
      { shape: [1, 1, 3], values: new Uint8Array(3) },
      { rows: 2, columns: 2 },
    ],
    [0],
  ),
  readNpy: entry(ostinato.readNpy as never, () => ["array.npy"]),
  writeNpy: entry(
    ostinato.writeNpy as never,
    () => ["written.npy", { shape: [2], values: Float32Array.of(1, 2) }],
    [1],
  ),
  readTensors: entry(ostinato.readTensors as never, () => ["model/model.safetensors"]),
  readFrames: entry(ostinato.readFrames as never, () => ["frames.csv", { label: "label", features: ["x"] }]),
  FrameFeatures: entry(made(ostinato.FrameFeatures), () => [["a"], [0], [1]]),
  "FrameFeatures.of": entry(ostinato.FrameFeatures.of as never, () => [things.framed, { scaling: "none" }]),
  "FrameSet.open": entry(ostinato.FrameSet.open as never, () => ["frames.csv", { separator: "," }]),
  "FrameSet.sequence": entry(
    of(() => ostinato.FrameSet.open("frames.csv"), "sequence"),
    () => ["frames.csv", "line 1"],
  ),
  "FrameSet.labelled": entry(
    of(() => ostinato.FrameSet.open("frames.csv"), "labelled"),
    () => [[{ text: "frames.csv", label: "x", place: "line 1" }], {}],
  ),
  "FrameVocabulary.of": entry(ostinato.FrameVocabulary.of as never, () => [things.framed, { scaling: "none" }]),
  splitSequences: entry(ostinato.splitSequences as never, () => [
    Array.from({ length: 20 }, () => things.framed[0]),
    { validation: 0.1 },
  ]),
  readTaggedSentences: entry(ostinato.readTaggedSentences as never, () => ["tags.conll", { token: 1, tag: 2 }]),
  "TaggerVocabulary.withReading": entry(
    of(() => ostinato.TaggerVocabulary.of(tagged), "withReading"),
    () => [{ forward: tokenizer }],
  ),
  "TaggerVocabulary.of": entry(ostinato.TaggerVocabulary.of as never, () => [tagged, { lowercase: true, tags: ["a"] }]),
  readWordVectors: entry(ostinato.readWordVectors as never, () => ["vectors.txt", { first: 1, size: 2 }]),
  WordVectors: entry(made(ostinato.WordVectors), () => [["a"], new Float32Array(2), 2, 0]),
  "WordVectors.similarity": entry(
    of(() => new ostinato.WordVectors(["a"], new Float32Array(2), 2), "similarity"),
    () => ["a", "a"],
  ),
  "WordVectors.neighbours": entry(
    of(() => new ostinato.WordVectors(["a"], new Float32Array(2), 2), "neighbours"),
    () => ["a", { top: 2, among: 5 }],
  ),
  "WordVectors.analogy": entry(
    of(() => new ostinato.WordVectors(["a"], new Float32Array(2), 2), "analogy"),
    () => [["a", "a", "a"], { top: 2 }],
  ),
  readWordJudgements: entry(ostinato.readWordJudgements as never, () => ["pairs.txt"]),
  writeWordVectors: entry(ostinato.writeWordVectors as never, () => [
    "written.txt",
    new ostinato.WordVectors(["a"], new Float32Array(2), 2),
    { format: "text" },
  ]),
  CountedWords: entry(made(ostinato.CountedWords), () => [things.words.words, [1, 2, 3]]),
  "CountedWords.from": entry(ostinato.CountedWords.from as never, () => [things.wordStream, {}], [0]),
  "CountedWords.fromJSON": entry(ostinato.CountedWords.fromJSON as never, () => [things.words.toJSON()], [0]),
  "WordVectors.of": entry(
    of(() => new ostinato.WordVectors(["a"], new Float32Array(2), 2), "of"),
    () => ["a"],
  ),
  splitSentences: entry(ostinato.splitSentences as never, () => [
    Array.from({ length: 20 }, () => tagged[0]),
    { validation: 0.1 },
  ]),
  splitFolds: entry(ostinato.splitFolds as never, () => [
    [
      { text: "a", label: "x" },
      { text: "b", label: "y" },
    ],
    { folds: 2, seed: 3 },
  ]),
  readSeries: entry(ostinato.readSeries as never, () => ["series.csv", { time: 1, missingDates: "fill" }]),
  majorityOf: entry(ostinato.majorityOf as never, () => [[{ text: "ab", label: "x" }]]),
  splitTexts: entry(ostinato.splitTexts as never, () => [
    Array.from({ length: 20 }, () => ({ text: "ab", label: "x" })),
    { validation: 0.1 },
  ]),
  "CharacterTokenizer.fromText": entry(CharacterTokenizer.fromText as never, () => ["ab", { unknown: true }]),
  "CharacterTokenizer.fromCorpus": entry(CharacterTokenizer.fromCorpus.bind(CharacterTokenizer) as never, () => [
    ostinato.Corpus.fromText("ab"),
    { unknown: true },
  ]),
  "WordTokenizer.fromText": entry(ostinato.WordTokenizer.fromText as never, () => ["a b", { unknown: true }]),
  "WordTokenizer.fromCorpus": entry(ostinato.WordTokenizer.fromCorpus.bind(ostinato.WordTokenizer) as never, () => [
    ostinato.Corpus.fromText("ab"),
    { unknown: true },
  ]),
  "SubwordTokenizer.fromText": entry(ostinato.SubwordTokenizer.fromText as never, () => ["a b ab", { size: 260 }]),
  "SubwordTokenizer.fromCorpus": entry(
    ostinato.SubwordTokenizer.fromCorpus.bind(ostinato.SubwordTokenizer) as never,
    () => [ostinato.Corpus.fromText("ab"), { size: 260 }],
  ),
  ...Object.fromEntries(
    (["encode", "decode", "normalize", "token", "tokenBytes", "id"] as const).flatMap((method) =>
      (
        [
          ["CharacterTokenizer", tokenizer],
          ["WordTokenizer", ostinato.WordTokenizer.fromText("a b", { unknown: true })],
          ["ByteTokenizer", new ostinato.ByteTokenizer()],
        ] as const
      ).map(([kind, own]) => [
        `${kind}.${method}`,
        entry(
          of(() => own as typeof tokenizer, method),
          () => [{ encode: "ab", normalize: "ab", id: "a", decode: [0, 1], token: 0, tokenBytes: 0 }[method]],
        ),
      ]),
    ),
  ),
  tokenizerFromJSON: entry(ostinato.tokenizerFromJSON as never, () => [tokenizer.toJSON()], [0]),
  TokenizerPair: entry(made(TokenizerPair), () => [tokenizer, tokenizer, { reversed: true }]),
  "TokenizerPair.fromJSON": entry(TokenizerPair.fromJSON as never, () => [pair.toJSON()], [0]),
  "TokenizerPair.encodeSource": entry(
    of(() => pair, "encodeSource"),
    () => ["ab"],
  ),
  "TokenizerPair.encodeTarget": entry(
    of(() => pair, "encodeTarget"),
    () => ["ab"],
  ),
  registerTokenizer: entry(ostinato.registerTokenizer as never, () => ["surface", surfaceMaker]),
  Vocabulary: entry(((tokens: string[]) => new ostinato.Vocabulary(tokens)) as never, () => [["a", "b"]]),
  memoryStream: entry(ostinato.memoryStream as never, () => [new Int32Array(3), 3]),
  "Corpus.fromFile": entry(ostinato.Corpus.fromFile as never, () => ["lines.txt"]),
  "Corpus.fromFiles": entry(ostinato.Corpus.fromFiles as never, () => [["lines.txt"]]),
  "Corpus.fromText": entry(ostinato.Corpus.fromText as never, () => ["ab", "name"]),
  "Corpus.reversed": entry(
    of(() => ostinato.Corpus.fromText("ab"), "reversed"),
    () => [],
  ),
  "Corpus.pieces": entry(
    of(() => ostinato.Corpus.fromText("ab"), "pieces"),
    () => [],
  ),
  "Corpus.tokenize": entry(
    of(() => ostinato.Corpus.fromText("ab"), "tokenize"),
    () => [tokenizer, { memoryLimit: 10 }],
  ),
  PairBatches: entry(made(ostinato.PairBatches), () => [
    [{ source: Int32Array.of(1), target: Int32Array.of(1) }],
    { batchSize: 1, begin: 0, end: 0 },
  ]),
  splitPairs: entry(ostinato.splitPairs as never, () => [things.pairs, {}]),
  readPairTable: entry(ostinato.readPairTable as never, () => ["pairs.tsv", { source: 1, target: 2 }]),
  readParallelText: entry(ostinato.readParallelText as never, () => ["lines.txt", "lines.txt", { empty: "skip" }]),
  CharacterTokenizer: entry(made(CharacterTokenizer), () => [new ostinato.Vocabulary(["a", "b"]), { unit: "jamo" }]),
  SubwordTokenizer: entry(
    made(ostinato.SubwordTokenizer),
    () => [tokenizerJsons.WordPiece(), { endOfSentence: null }],
    [0],
  ),
  "Corpus.fromTable": entry(ostinato.Corpus.fromTable as never, () => ["pairs.tsv", { text: 1 }]),
  ...Object.fromEntries(
    (["split", "splitLines"] as const).map((method) => [
      `TokenizedCorpus.${method}`,
      entry(
        of(() => ostinato.Corpus.fromText("ab\n".repeat(20)).tokenize(tokenizer), method),
        () => [{ validation: 0.5 }],
      ),
    ]),
  ),
  loadTrainerHistory: entry(ostinato.loadTrainerHistory as never, () => ["trained"]),
  readTrainingRecord: entry(ostinato.readTrainingRecord as never, () => ["model"]),
};
