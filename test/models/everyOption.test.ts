// An option that a network forgets to pass on changes nothing, and no other test need notice.
import { expect, test } from "vitest";
import type { RecordedLoss, SavedModel, TrainingData } from "../../lib/index.js";
import {
  CaptionData,
  CharacterAwareLanguageModel,
  CharacterTokenizer,
  ClassifierVocabulary,
  ContextData,
  CountedWords,
  FeedForwardLanguageModel,
  Forecaster,
  FrameData,
  FrameTagger,
  FrameVocabulary,
  Graph,
  ImageCaptioner,
  LabelledData,
  Labels,
  LanguageModel,
  memoryStream,
  PairData,
  ReferenceExecutor,
  Seq2Seq,
  SequenceClassifier,
  SequenceTagger,
  SeriesData,
  TaggedData,
  TaggerVocabulary,
  TokenizerPair,
  TransformerLanguageModel,
  TransformerSeq2Seq,
  WindowData,
  Word2Vec,
  WordTokenizer,
} from "../../lib/index.js";
import { kindNames } from "../../lib/models/kindTable.js";
import type { Rule } from "../../lib/options.js";
import { EvaluationStep } from "../../lib/train/evaluation.js";
import { targetsOf } from "../../lib/train/reduction.js";
import { walks } from "./frameTagger/frames.js";
import { captioned, tokenizer as captionWords } from "./imageCaptioner/captions.js";

const tokenizer = CharacterTokenizer.fromText("to be, or not to be\n");
const stream = memoryStream(tokenizer.encode("to be, or not to be\nto be, or not to be\n"), 0, tokenizer);
const words = WordTokenizer.fromText("to be or not\n");
const wordStream = memoryStream(words.encode("to be or not to be or not\n"), 0, words);
const pair = new TokenizerPair(tokenizer, tokenizer);
const labels = new ClassifierVocabulary(tokenizer, new Labels(["a", "b"]));
const sentences = [{ tokens: ["to", "be"], tags: ["P", "V"] }];
const tags = TaggerVocabulary.of(sentences);
const series = ["one", "two"].map((name, n) => ({
  name,
  values: Float64Array.from({ length: 60 }, (_, t) => 1 + ((t * (n + 2)) % 7)),
  times: { start: Date.UTC(2020, 0, 1), step: { months: 1 } },
  covariates: {
    past: Float64Array.from({ length: 60 }, Math.sin),
    future: Float64Array.from({ length: 70 }, Math.cos),
  },
  static: { size: n },
}));
const frames = walks(3);
const images = captioned(2);

/** A kind of model whose every option is tried. */
interface Tried {
  readonly kind: { readonly name: string; readonly options: Readonly<Record<string, Rule<unknown>>> };
  create(options: object): Promise<SavedModel>;
  /** Data to learn from. */
  data(model: SavedModel): Promise<TrainingData> | TrainingData;
  /** Options of the small model that is changed. */
  readonly base: object;
  /** Options that another one needs to have an effect, or another value of it than the usual. */
  readonly where?: Readonly<Record<string, { readonly with?: object; readonly value?: unknown }>>;
  /** Layers that dropout follows, of two layers each. Default: it has none. */
  readonly dropped?: readonly string[];
  /** Options that change no loss, and what they change. */
  readonly others?: Readonly<Record<string, string>>;
}

const ofText = { sentences: "how texts are read" };
const pairs = () => PairData.create([{ source: "to be", target: "be" }], { tokenizer: pair, batchSize: 1 });
const windows = () => new WindowData(stream, { batchSize: 2, windowLength: 4 });
const attending = { attention: "dot", attend: "after" };
const variational = { with: { dropout: 0.2 } };
const connections = { with: { layers: 2 } };
const transformer = {
  heads: { value: 2 },
  hiddenSize: { value: 8 },
  finalNorm: { value: false },
  contextLength: { with: { positions: "learned" } },
};

// biome-ignore lint/suspicious/noExplicitAny: each kind has options and data of its own
type Any = any;

const kinds: Tried[] = [
  {
    ...of(LanguageModel),
    dropped: ["embedding", "rnn", "output"],
    base: { tokenizer, hiddenSize: 4, layers: 2 },
    data: windows,
    where: { lastHiddenSize: { value: 6 }, variational },
    others: ofText,
  },
  {
    ...of(FeedForwardLanguageModel),
    dropped: ["embedding", "hidden"],
    base: { tokenizer, hiddenSize: 4, embeddingSize: 4 },
    data: windows,
    others: ofText,
  },
  {
    ...of(CharacterAwareLanguageModel),
    dropped: ["rnn", "output"],
    base: { tokenizer: words, hiddenSize: 4, filters: 2, filterWidth: 2 },
    data: () => new WindowData(wordStream, { batchSize: 1, windowLength: 4 }),
    where: { wordLength: { value: 2 } },
    others: ofText,
  },
  {
    ...of(TransformerLanguageModel),
    dropped: ["embedding", "blocks.0.attention", "blocks.0.feedForward", "blocks.1.attention", "blocks.1.feedForward"],
    base: { tokenizer, hiddenSize: 4, heads: 1, layers: 1 },
    data: windows,
    where: transformer,
    others: ofText,
  },
  {
    ...of(Seq2Seq),
    dropped: ["embedding", "encoder", "decoder", "output"],
    base: { tokenizer: pair, hiddenSize: 4, encoderSize: 2 },
    data: pairs,
    where: {
      inputFeeding: { with: attending },
      attend: { with: { attention: "dot" } },
      context: { with: { attention: "none" } },
      sharedStack: { with: { bidirectional: false, encoderSize: 4 } },
    },
  },
  {
    ...of(TransformerSeq2Seq),
    dropped: [
      "embedding",
      "encoder.0.attention",
      "encoder.0.feedForward",
      "encoder.1.attention",
      "encoder.1.feedForward",
      "decoder.0.attention",
      "decoder.0.memoryAttention",
      "decoder.0.feedForward",
      "decoder.1.attention",
      "decoder.1.memoryAttention",
      "decoder.1.feedForward",
    ],
    base: { tokenizer: pair, hiddenSize: 4, heads: 1, encoderLayers: 1, decoderLayers: 1 },
    data: pairs,
    where: transformer,
  },
  {
    ...of(SequenceClassifier),
    dropped: ["embedding", "rnn", "output"],
    base: { tokenizer: labels, hiddenSize: 4 },
    data: (model: Any) =>
      LabelledData.create([{ text: "to be", label: model.network.config.multiLabel ? ["a"] : "a" } as never], {
        tokenizer: labels,
        batchSize: 1,
        multiLabel: model.network.config.multiLabel,
      } as never),
    where: { connections, variational },
  },
  {
    ...of(SequenceTagger),
    dropped: ["words", "rnn", "output"],
    base: { tokenizer: tags, hiddenSize: 4, embeddingSize: 4, characterSize: 4, characterEmbeddingSize: 4 },
    data: () => TaggedData.create(sentences, { tokenizer: tags, batchSize: 1 }),
    where: { connections, constraints: { with: { output: "crf" } } },
  },
  {
    ...of(Forecaster),
    dropped: ["rnn", "output"],
    base: { series, horizon: 4, lookback: 8, hiddenSize: 4 },
    data: (model: Any) => new SeriesData(series, { config: model.network.config, batchSize: 2 } as never),
    where: {
      longSeason: { with: { scaling: "difference" }, value: 7 },
      segment: { value: 2 },
      output: { with: { level: "none" } },
      quantiles: { value: [0.5] },
      pointLoss: { with: { output: "point" } },
      pastCovariates: { value: ["past"] },
      futureCovariates: { value: ["future"] },
      staticCovariates: { value: ["size"] },
      calendar: { value: ["month"] },
    },
  },
  {
    ...of(FrameTagger),
    dropped: ["rnn", "output"],
    base: { tokenizer: await FrameVocabulary.of(frames), hiddenSize: 4 },
    data: async (model: Any) => FrameData.create(frames, { tokenizer: model.tokenizer, batchSize: 1 }),
    where: { connections, variational, bidirectional: { value: false } },
  },
  {
    ...of(ImageCaptioner),
    dropped: ["embedding", "decoder", "output"],
    base: { tokenizer: captionWords, rows: 2, columns: 3, channels: 4, hiddenSize: 4, embeddingSize: 4 },
    data: () => CaptionData.create(images, { tokenizer: captionWords, batchSize: 1 }),
    where: {
      convolutions: { value: [2] },
      gridSize: { with: { convolutions: [2] }, value: 1 },
      pooling: { with: { convolutions: [2], gridSize: 1 } },
    },
  },
  {
    ...of(Word2Vec),
    base: { tokenizer: await CountedWords.from(wordStream), size: 4 },
    data: (model: Any) => new ContextData(wordStream, { model, batchSize: 4 } as never),
  },
];

function of(model: Any): Pick<Tried, "kind" | "create"> {
  return { kind: model.kind, create: (options) => model.create(options) };
}

/** Other values that an option may have. */
function valuesOf({ expected, initial }: Any): unknown[] {
  const [, choices] = /^one of ([a-z0-9, -]+?)(?:, or .*)?$/i.exec(expected) ?? [];
  if (choices) return choices.split(", ").filter((choice) => choice !== initial);
  if (expected === "true or false") return [!initial];
  if (expected.startsWith("a whole number")) return [(initial ?? 2) + 1];
  if (expected.startsWith("a number")) return [initial === 0.3 ? 0.4 : 0.3];
  return ["normal:0.02"];
}

/** A training's program, and all that it begins with. */
async function beginning({ create, data, base }: Tried, options: object) {
  const model = (await create({ ...base, executor: new ReferenceExecutor(), seed: 1, ...options })) as Any;
  for await (const { form, feeds } of (await data(model)).batches(0)) {
    const graph = new Graph({ training: true });
    const { losses, penalty, carried }: RecordedLoss = model.recordLoss(graph, form);
    graph.output("losses", losses);
    if (penalty) graph.output("penalty", penalty);
    for (const [i, { value }] of carried.entries()) graph.output(`carried ${i}`, value);
    const weights = model.parameters.map(async ({ name, frozen }: Any) => [
      name,
      frozen,
      [...(await model.store.read(name))],
    ]);
    const program = graph.program();
    return {
      program,
      scalars: graph.defaults,
      all: JSON.stringify([program, graph.defaults, await Promise.all(weights), Object.entries(feeds)]),
    };
  }
  throw new Error(`${model.kind.name}: the data has no batch.`);
}

/** Kinds that no Trainer trains: what is counted, and what is made of trained models. */
const untrained = ["Mixture", "NgramModel"];

test("every kind of model that is trained is tried", () => {
  expect([...kinds.map(({ kind }) => kind.name), ...untrained].sort()).toEqual(kindNames().sort());
});

test.each(kinds)("$kind.name: each option changes what is learnt", async (tried) => {
  const { kind, where = {}, others = {} } = tried;
  const without: string[] = [];
  for (const [name, rule] of Object.entries(kind.options)) {
    if (name in others || (rule as Any).flag === null) continue;
    const { with: context = {}, value } = where[name] ?? {};
    const before = await beginning(tried, context);
    for (const other of value === undefined ? valuesOf(rule) : [value]) {
      const after = await beginning(tried, { ...context, [name]: other });
      if (after.all === before.all) without.push(`${name}: ${JSON.stringify(other)}`);
    }
  }
  expect(without).toEqual([]);
});

/** Options of two layers each, with dropout between them. */
function withDropout({ kind }: Tried): object {
  const layers = Object.keys(kind.options).filter((name) => /^(encoderL|decoderL|l)ayers$/.test(name));
  return { dropout: 0.2, ...Object.fromEntries(layers.map((name) => [name, 2])) };
}

test.each(kinds.filter(({ dropped }) => dropped))("$kind.name: dropout is in every place", async (tried) => {
  const { scalars } = await beginning(tried, withDropout(tried));
  expect(scalars).toEqual(
    Object.fromEntries((tried.dropped ?? []).map((place) => [`${place}.dropout`, expect.closeTo(0.2, 7)])),
  );
});

test.each(kinds.filter(({ kind }) => "variational" in kind.options))(
  "$kind.name: variational dropout has one mask for all steps in every place that has steps",
  async (tried) => {
    for (const variational of [false, true]) {
      const { program } = await beginning(tried, { ...withDropout(tried), variational });
      const masks = program.ops.filter(({ name }) => name === "dropout");
      const overTime = masks.filter(({ attributes: [, isOverTime] }) => isOverTime === 1).map(({ path }) => path);
      const ofPooled = tried.kind.name === "SequenceClassifier" ? ["output.dropout"] : [];
      const places = masks.map(({ path }) => path).filter((path) => !ofPooled.includes(path as string));
      expect(overTime).toEqual(variational ? places : []);
      expect(places.length).toBeGreaterThan(1);
    }
  },
);

// Words of word vectors are left out at random: there it is the tokens that are read.
test.each(kinds.filter(({ kind }) => kind.name !== "Word2Vec"))(
  "$kind.name: batches count their targets",
  async (tried) => {
    const model = (await tried.create({ ...tried.base, executor: new ReferenceExecutor(), seed: 1 })) as Any;
    const step = new EvaluationStep(model);
    for await (const batch of (await tried.data(model)).batches(0)) {
      expect(targetsOf(batch)).toBeCloseTo((await step.run(batch as Any)).tokens, 4);
    }
  },
);
