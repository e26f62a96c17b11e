import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import "../../lib/index.js";
import type { Rule } from "../../lib/options.js";
import { tables } from "../../lib/options.js";

/** The rows of docs/options.md by table: what the page says of each option, and what it means. */
const page = new Map(
  readFileSync(new URL("../../docs/options.md", import.meta.url), "utf8")
    .split("\n### ")
    .slice(1)
    .map((section) => {
      const rows = section.split("\n").filter((line) => line.startsWith("| `"));
      const cells = rows.map((row) => row.replace(/^\| | \|$/g, "").split(/(?<!\\) \| /));
      return [section.split("\n")[0] as string, cells.map((own) => own.map((cell) => cell.replaceAll("\\|", "|")))];
    }),
);

const shown = (value: unknown) => (Array.isArray(value) && value.length === 0 ? "none" : String(value));

/** The end of a row, after the sentences of a person: where the option is written otherwise, and what it goes with. */
function factsOf({ flag, needs, excludes, onResume, aka }: Rule<unknown>): string {
  const wanted = Object.entries(needs ?? {}).map(
    ([other, values]) => `\`${other}\`${values === true ? "" : ` ${values.map(shown).join(" or ")}`}`,
  );
  const quoted = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");
  return [
    flag ? `On the command line \`${flag}\`.` : "",
    wanted.length > 0 ? `Needs ${wanted.join(" and ")}.` : "",
    excludes ? `Not with ${quoted(excludes)}.` : "",
    onResume === "changes" ? "May change when a training is resumed." : "",
    aka ? `Elsewhere: ${quoted(aka)}.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}

test("docs/options.md has the tables of the library, and their options in order", () => {
  expect([...tables.keys()].filter((title) => !page.has(title)).sort()).toEqual([]);
  for (const [title, rows] of page) {
    expect(rows.map(([name]) => name)).toEqual(Object.keys(tables.get(title) ?? {}).map((name) => `\`${name}\``));
  }
});

test("values, defaults, flags, company and names elsewhere are those that docs/options.md promises", () => {
  for (const [title, rows] of page) {
    for (const [i, [name, rule]] of Object.entries(tables.get(title) ?? {}).entries()) {
      const [, value = "", usual = "", text = ""] = rows[i] ?? [];
      const place = `${title}: ${name}`;
      expect(
        rule.expected.replace(/ and at most (2147483647|4294967295|9007199254740991)| \(as float32\)/g, ""),
        place,
      ).toBe(value);
      if (rule.initial === undefined) expect(usual === "required", place).toBe(!rule.mayBeMissing);
      else if (rule.initial !== null && /^[\w.-]+$/.test(usual)) expect(shown(rule.initial), place).toBe(usual);
      const facts = factsOf(rule);
      expect(text.endsWith(facts), `${place}: "${facts}" ends "${text}"`).toBe(true);
      expect(text.slice(0, text.length - facts.length), place).not.toMatch(
        /Elsewhere: |May change when a training|On the command line `--\S+`\.|Not with `/,
      );
    }
  }
});

/** Options for which something holds, and the tables where it does. */
function withFact(holds: (rule: Rule<unknown>) => boolean): Record<string, string> {
  const found = new Map<string, string[]>();
  for (const [title, rules] of tables) {
    for (const [name, rule] of Object.entries(rules)) {
      if (holds(rule)) found.set(name, [...(found.get(name) ?? []), title]);
    }
  }
  return Object.fromEntries([...found].sort().map(([name, titles]) => [name, titles.sort().join(", ")]));
}

test("options that a saved tokenizer has settled, or that belong to one run, are these", () => {
  expect(withFact(({ onResume }) => onResume === "settled")).toEqual({
    lowercase: "TaggerVocabulary, TaggerVocabulary.of",
    minimumCount: "TaggerVocabulary, TaggerVocabulary.of",
    next: "FrameVocabulary.of",
    scaling: "FrameFeatures.of, FrameVocabulary.of",
    tokenSeparator: "TaggerVocabulary, TaggerVocabulary.of",
    unit: "TaggerVocabulary, TaggerVocabulary.of",
  });
  expect(withFact(({ onResume }) => onResume === "once")).toEqual({
    folder: "Trainer",
    overwrite: "Trainer",
    resume: "Trainer",
  });
});

test("the options of an optimizer stand in its value", () => {
  const { holds = {} } = tables.get("Trainer")?.optimizer ?? {};
  expect(Object.fromEntries(Object.entries(holds).map(([name, table]) => [name, table === tables.get(name)]))).toEqual(
    Object.fromEntries(["sgd", "adam", "adamw", "rmsprop", "adagrad", "asgd"].map((name) => [name, true])),
  );
});

test("options without a flag of their own are those that a command makes itself or has no use for", () => {
  expect(withFact(({ flag }) => flag === null)).toEqual({
    backwardModel: "SequenceTagger",
    channels: "ImageCaptioner",
    characterCount: "CharacterAwareLanguageModel, SequenceTagger",
    classes: "FrameTagger, SequenceClassifier, SequenceTagger",
    columns: "ImageCaptioner",
    communicator: "Trainer",
    config: "SeriesData",
    constraints: "TaggedData",
    counts: "NgramModel",
    covariates: "Forecaster",
    earlyStopping:
      "ImageCaptioner.score, LanguageModel.beamSearch, Seq2Seq.score, beamSearch, caption, searchStep, translate, writing",
    executor: "NgramModel.train",
    firstNumber: "ImageCaptioner.score, Seq2Seq.score, caption, translate, writing",
    forwardModel: "SequenceTagger",
    heldOut: "NgramModel.train",
    imageSize: "ImageSet.open",
    inOrder: "SentenceData",
    input: "SequenceClassifier",
    inputSize: "FrameTagger",
    labels: "FrameVocabulary.of",
    lastSteps: "SeriesData",
    linearRows: "SequenceClassifier",
    longest: "PairData, SentenceData, WindowData",
    majority: "SequenceClassifier",
    marginals: "tag",
    multiLabel: "LabelledData",
    parts: "Mixture",
    prompt: "NgramModel.slotSearch",
    prompts: "generateAll",
    pruneEntropy: "NgramModel.pruned",
    role: "CaptionData, ContextData, FrameData, LabelledData, PairData, SentenceData, SeriesData, TaggedData, WindowData",
    rows: "ImageCaptioner",
    seed: "WindowData",
    sentences: "Mixture",
    series: "Forecaster",
    slots: "NgramModel.slotSearch",
    sourceVocabularySize: "Seq2Seq, TransformerSeq2Seq",
    steps: "NgramModel.slotSearch",
    targetVocabularySize: "Seq2Seq, TransformerSeq2Seq",
    tokenizer: "NgramModel.train",
    tree: "ImageCaptioner.score, LanguageModel.beamSearch, Seq2Seq.score, beamSearch, caption, searchStep, translate, writing",
    unreadable: "Seq2Seq.score, translate",
    vocabularySize:
      "CharacterAwareLanguageModel, FeedForwardLanguageModel, ImageCaptioner, LanguageModel, Mixture, NgramModel, SequenceClassifier, SequenceTagger, TransformerLanguageModel, Word2Vec",
    weights: "NgramModel.train, smoothing",
  });
  expect(withFact(({ written }) => written?.again === true)).toEqual({ stop: "generate, generateAll" });
});
