import { expect, test } from "vitest";
import * as library from "../../lib/index.js";
import { tables } from "../../lib/options.js";

/** Options of the library that may be whole numbers of more than 31 bits, with the largest that each takes. */
function wide(largest: number): string[] {
  return [...tables]
    .flatMap(([title, table]) =>
      Object.entries(table)
        .filter(
          ([, rule]) => rule.expected.startsWith("a whole number") && rule.fits(largest) && !rule.fits(largest + 1),
        )
        .map(([name]) => `${title} ${name}`),
    )
    .sort();
}

test("a seed has 32 bits, and so have the numbers of texts that draw by it", () => {
  const data = ["CaptionData", "ContextData", "FrameData", "LabelledData", "PairData", "SentenceData", "SeriesData"];
  const batches = ["PairBatches", "SentenceBatches", "StreamBatches", "TaggedData", "WindowData"];
  const splits = "splitLines, splitPairs, splitTexts, splitSentences, splitSequences, splitCaptions";
  const others = ["Trainer", "backtest", "forecast", "generate", "generateAll", "gradientFlow", "probe", "sampling"];
  const seeded = [...data, ...batches, ...others, "splitFolds", splits];
  expect(wide(2 ** 32 - 1)).toEqual(seeded.map((title) => `${title} seed`).sort());
});

test("lengths and steps may be as large as a number counts", () => {
  const data = ["CaptionData", "FrameData", "LabelledData", "PairData", "TaggedData"];
  const scores = ["ImageCaptioner.score", "Seq2Seq.score"];
  const searches = [
    ...scores,
    "LanguageModel.beamSearch",
    "beamSearch",
    "searchStep",
    "caption",
    "translate",
    "writing",
  ];
  const named = [
    ...data.map((title) => `${title} maximumLength`),
    ...searches.map((title) => `${title} blockNgramRepeat`),
    ...["generate", "generateAll", "sampling"].map((title) => `${title} topK`),
    "Corpus.tokenize memoryLimit",
    "Trainer maximumSteps",
  ];
  expect(wide(Number.MAX_SAFE_INTEGER)).toEqual(named.sort());
});

test.each([
  ["SentenceData", "the stream is read first: use await SentenceData.create(stream, options)."],
  ["LabelledData", "texts become tokens first: use await LabelledData.create(examples, options)."],
  ["TaggedData", "words become numbers first: use await TaggedData.create(sentences, options)."],
  ["FrameData", "frames are scaled first: use await FrameData.create(sequences, options)."],
  ["FrameSet", "use await FrameSet.open(path)."],
  ["ImageSet", "use await ImageSet.open(path)."],
])("new %s names the call that makes one", (name, advice) => {
  const made = (library as unknown as Record<string, new (...given: unknown[]) => unknown>)[name] as new (
    ...given: unknown[]
  ) => unknown;
  for (const given of [[], [{}, {}]])
    expect(() => new made(...given)).toThrow(new library.OptionError(`${name}: ${advice}`));
});
