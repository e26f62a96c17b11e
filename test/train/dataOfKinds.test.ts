import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
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
  ImageCaptioner,
  LabelledData,
  Labels,
  LanguageModel,
  memoryStream,
  PairData,
  SentenceData,
  Seq2Seq,
  SequenceClassifier,
  SequenceTagger,
  SeriesData,
  TaggedData,
  TaggerVocabulary,
  TokenizerPair,
  Trainer,
  type TrainerOptions,
  TransformerLanguageModel,
  TransformerSeq2Seq,
  WindowData,
  Word2Vec,
  WordTokenizer,
} from "../../lib/index.js";
import * as kinds from "../../lib/models/kinds.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import { walks } from "../models/frameTagger/frames.js";
import { captioned, captioner, tokenizer as words } from "../models/imageCaptioner/captions.js";

const tokenizer = CharacterTokenizer.fromText("to be, or not to be\n");
const stream = memoryStream(tokenizer.encode("to be, or not to be\nto be, or not to be\n"), 0);
const pair = new TokenizerPair(tokenizer, tokenizer);
const labels = new ClassifierVocabulary(tokenizer, new Labels(["a", "b"]));
const sentences = [{ tokens: ["to", "be"], tags: ["P", "V"] }];
const tags = TaggerVocabulary.of(sentences);
const series = [{ name: "one", values: Float64Array.from({ length: 40 }, (_, t) => t) }];
const frames = walks(3);
const frameVocabulary = await FrameVocabulary.of(frames);
const spaced = WordTokenizer.fromText("to be");
const wordStream = memoryStream(spaced.encode("to be to be to"), 0, spaced);
const word2Vec = await Word2Vec.create({ tokenizer: await CountedWords.from(wordStream), size: 4 });
const small = { hiddenSize: 4, embeddingSize: 4 };

const forecaster = await Forecaster.create({ series, horizon: 4, lookback: 8, hiddenSize: 4 });
const models = [
  await LanguageModel.create({ tokenizer, hiddenSize: 4 }),
  await FeedForwardLanguageModel.create({ tokenizer, ...small }),
  await CharacterAwareLanguageModel.create({ tokenizer, hiddenSize: 4, filters: 2 }),
  await TransformerLanguageModel.create({ tokenizer, hiddenSize: 4, heads: 1 }),
  await Seq2Seq.create({ tokenizer: pair, ...small }),
  await TransformerSeq2Seq.create({ tokenizer: pair, hiddenSize: 4, heads: 1 }),
  await SequenceClassifier.create({ tokenizer: labels, hiddenSize: 4 }),
  await SequenceTagger.create({ tokenizer: tags, ...small }),
  forecaster,
  await FrameTagger.create({ tokenizer: frameVocabulary, hiddenSize: 4 }),
  await captioner("native"),
  word2Vec,
];
const role = "validate";
const data = [
  new WindowData(stream, { batchSize: 1, windowLength: 4, role }),
  await SentenceData.create(stream, { tokenizer, batchSize: 1, role }),
  await PairData.create([{ source: "to", target: "be" }], { tokenizer: pair, role }),
  await LabelledData.create([{ text: "to be", label: "a" }], { tokenizer: labels, role }),
  await TaggedData.create(sentences, { tokenizer: tags, role }),
  new SeriesData(series, { config: forecaster.network.config, role }),
  await FrameData.create(frames, { tokenizer: frameVocabulary, role }),
  await CaptionData.create(captioned(2), { tokenizer: words, role }),
  new ContextData(wordStream, { model: word2Vec, role }),
];
const own = new Map<unknown, readonly unknown[]>([
  [LanguageModel, [WindowData, SentenceData]],
  [FeedForwardLanguageModel, [WindowData, SentenceData]],
  [CharacterAwareLanguageModel, [WindowData, SentenceData]],
  [TransformerLanguageModel, [WindowData, SentenceData]],
  [Seq2Seq, [PairData]],
  [TransformerSeq2Seq, [PairData]],
  [SequenceClassifier, [LabelledData]],
  [SequenceTagger, [TaggedData]],
  [Forecaster, [SeriesData]],
  [FrameTagger, [FrameData]],
  [ImageCaptioner, [CaptionData]],
  [Word2Vec, [ContextData]],
]);

/** Kinds that no Trainer trains: what is counted, and what is made of trained models. */
const untrained = ["Mixture", "NgramModel"];

test("every kind of model that is trained is tried with its own data", () => {
  const all = Object.values(kinds).flatMap((exported) => ("kind" in exported ? [exported.kind.name] : []));
  expect([...models.map(({ kind }) => kind.name), ...untrained].sort()).toEqual(all.sort());
});

test.each(models)(
  "$kind.name refuses data of another kind by both names, before anything is written",
  async (model) => {
    const folder = join(await temporaryFolder(), "model");
    const run = (options: object) =>
      new Trainer(model as never, { folder, optimizer: "sgd", ...options } as TrainerOptions<never>).run();
    const fitting = data.find((each) => own.get(model.constructor)?.includes(each.constructor));
    for (const each of data) {
      if (own.get(model.constructor)?.includes(each.constructor)) continue;
      const name = each.constructor.name;
      const refusal = `${model.kind.name}: expected ${model.kind.reads?.data.join(" or ")}, got ${name}.`;
      await expect(run({ data: each }), name).rejects.toThrow(refusal);
      await expect(run({ data: fitting, validation: each }), name).rejects.toThrow(refusal);
    }
    expect(existsSync(folder)).toBe(false);
  },
);
