import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import * as ostinato from "../../lib/index.js";

const {
  CharacterTokenizer,
  Graph,
  LanguageModel,
  Mixture,
  PairData,
  ReferenceExecutor,
  Seq2Seq,
  TokenizerPair,
  TransformerLanguageModel,
  TransformerSeq2Seq,
} = ostinato;

// Where a hostile name of a file or folder ends up.
const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "ostinato-surface-"));
process.chdir(folder);
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});
writeFileSync("lines.txt", "abab\nbaba\n");
writeFileSync("captions.tsv", "0\tab\n1\tb\n");
await ostinato.writeNpy("images.npy", { shape: [2, 2, 3], values: new Float32Array(12) });
writeFileSync(
  "photo.png",
  Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC", "base64"),
);
writeFileSync("series.csv", "month,a,b\n2020-01,1,2\n2020-02,3,4\n2020-03,2,\n");
writeFileSync("labels.tsv", "ab\tx\nba\ty\n");
await ostinato.writeNpy("array.npy", { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) });
writeFileSync("vectors.txt", "a 1 2\nb 3 4\n");
writeFileSync("pairs.txt", "a b 1\n");
writeFileSync("tags.conll", "ab\tX\nb\tY\n");
writeFileSync("frames.csv", "x,y,label\n1,2,a\n3,4,b\n");
writeFileSync("pairs.tsv", "ab\tba\nba\tab\n");

export const executor = new ReferenceExecutor();
export const native = ostinato.nativeExecutor();
export const tokenizer = CharacterTokenizer.fromText("ab\n", { unknown: true });
export const pair = new TokenizerPair(tokenizer, tokenizer);
export const stream = ostinato.memoryStream(
  Int32Array.from({ length: 64 }, (_, i) => i % 2),
  64,
);
export const pairs = [
  { source: "ab", target: "ba", place: "line 1" },
  { source: "b", target: "a", place: "line 2" },
];
export const labelled = [
  { text: "ab", label: "x", place: "line 1" },
  { text: "b", label: "y" },
];
export const config = { executor, hiddenSize: 4, layers: 1 };
export const model = await LanguageModel.create({ ...config, tokenizer });
export const counted = await ostinato.NgramModel.fromText("a b a\nb a\n", { order: 2 });
await counted.save("counted");
await counted.writeArpa("counted.arpa");
export const translator = await Seq2Seq.create({ executor, hiddenSize: 4, embeddingSize: 4, tokenizer: pair });
export const classifier = await ostinato.SequenceClassifier.create({
  ...config,
  tokenizer,
  labels: ["x", "y"],
  embeddingSize: 4,
  linearRows: 8,
});
/** Sentences of two labels, of which each half has both. */
export const probed = Array.from({ length: 4 }, () => ({ tokens: ["a", "b"], tags: ["x", "y"] }));
export const tagged = [
  { tokens: ["ab", "b"], tags: ["X", "Y"], file: "x.conll", lines: [1, 2] },
  { tokens: ["a"], tags: ["X"] },
];
export const tagger = await ostinato.SequenceTagger.create({
  ...config,
  tokenizer: ostinato.TaggerVocabulary.of(tagged),
  embeddingSize: 4,
  characterSize: 4,
  characterEmbeddingSize: 4,
});
export const wordStream = ostinato.memoryStream(
  Int32Array.of(1, 2, 0, 1, 2),
  0,
  ostinato.WordTokenizer.fromText("to be"),
);
export const words = await ostinato.CountedWords.from(wordStream);
export const word2Vec = await ostinato.Word2Vec.create({ executor, tokenizer: words, size: 4 });
await word2Vec.save("savedWords");
const numbers = { shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6) };
export const framed = [
  { frames: numbers, labels: ["x", null, "y"], features: ["a", "b"], name: "one", file: "x.csv", lines: [1, 2, 3] },
  { frames: numbers, labels: ["y", "y", "x"] },
];
export const frameTagger = await ostinato.FrameTagger.create({
  ...config,
  tokenizer: await ostinato.FrameVocabulary.of(framed),
});
const pixels = (fill: number) => ({ shape: [2, 2, 3], values: new Float32Array(12).fill(fill) });
export const captionedImages = [
  { image: pixels(1), captions: ["ab", "b"], name: "one", places: ["line 1", "line 2"] },
  { image: pixels(2), captions: ["a"] },
];
export const captioner = await ostinato.ImageCaptioner.create({
  ...config,
  tokenizer,
  rows: 2,
  columns: 2,
  channels: 3,
  embeddingSize: 4,
});
export const windows = () => new ostinato.WindowData(stream, { batchSize: 2, windowLength: 4 });
export const sentences = () => ostinato.SentenceData.create(stream, { tokenizer, batchSize: 2 } as never);
export const pairData = () => PairData.create(pairs, { tokenizer: pair, batchSize: 2 });
export const parameter = new ostinato.Parameter("weight", [3, 4], ostinato.initializers.xavierUniform);
await model.save("model");
const characterAware = { executor, tokenizer, filters: 2, filterWidth: 2, hiddenSize: 4 };
await (await ostinato.CharacterAwareLanguageModel.create(characterAware)).save("savedCharacterAware");
const feedForward = { executor, tokenizer, order: 3, embeddingSize: 2, hiddenSize: 4 };
await (await ostinato.FeedForwardLanguageModel.create(feedForward)).save("savedFeedForward");
await translator.save("savedPairs");
await classifier.save("savedLabels");
await tagger.save("savedTags");
await frameTagger.save("savedFrames");
const small = { hiddenSize: 4, heads: 2, layers: 1, contextLength: 5 };
await (await TransformerLanguageModel.create({ tokenizer, ...small })).save("savedTransformer");
await (await TransformerSeq2Seq.create({ tokenizer: pair, executor, hiddenSize: 4, heads: 2 })).save(
  "savedTransformerPairs",
);
export const mixture = await Mixture.of([model, model]);
await mixture.save("savedMixture");
await captioner.save("savedCaptions");
await new ostinato.Trainer(model, { data: windows(), epochs: 1, maximumSteps: 1, folder: "trained" }).run();

/** Tensors of one graph. */
export function tensors() {
  const graph = new Graph();
  const f = (name: string, ...shape: number[]) => graph.feed(name, "f32", shape);
  const i = (name: string, ...shape: number[]) => graph.feed(name, "i32", shape);
  return { graph, f, i, x: f("x", 3, 4), y: f("y", 3, 4), s: f("s"), ids: i("ids", 3), random: i("random", 2) };
}
export function program(of: typeof executor | typeof native) {
  const graph = new Graph();
  const [x, ids] = [graph.feed("x", "f32", [3, 4]), graph.feed("ids", "i32", [3])];
  graph.output("z", ostinato.ops.tanh(x));
  graph.output("next", ids);
  const store = of.createStore();
  store.declare({ name: "m", dtype: "f32", shape: [2, 2] });
  return { store, executable: of.compile(graph.program(), store) };
}
export const feeds = () => ({ x: new Float32Array(12), ids: new Int32Array(3) });

/** Two series with one gap. */
export const series = [
  { name: "a", values: [1, 2, 3, 2, 1, 2, 3, 2, 1, 2] },
  { name: "b", values: [5, Number.NaN, 7, 6, 5, 6, 7, 6] },
];
export const forecaster = await ostinato.Forecaster.create({ executor, horizon: 2, season: 4, hiddenSize: 4, series });
await forecaster.save("savedForecaster");
