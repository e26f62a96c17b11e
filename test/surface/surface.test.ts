import { expect, test } from "vitest";
import * as ostinato from "../../lib/index.js";
import { entries } from "./entries.js";
import type { Entry } from "./row.js";
import { hostile, isPlain, settled } from "./row.js";

const { OptionError, OstinatoError } = ostinato;

/** Public names without a row, with the reason. */
const without: Readonly<Record<string, string>> = {
  Tensor: "made by a Graph",
  LanguageModel: "made by create() and load()",
  Mixture: "made by of() and load()",
  NgramModel: "made by train() and load()",
  CharacterAwareLanguageModel: "made by create() and load()",
  FeedForwardLanguageModel: "made by create() and load()",
  Seq2Seq: "made by create() and load()",
  TransformerLanguageModel: "made by create() and load()",
  TransformerSeq2Seq: "made by create() and load()",
  Forecaster: "made by create() and load()",
  SequenceClassifier: "made by create() and load()",
  LabelledData: "made by create()",
  FrameData: "made by create()",
  FrameSet: "made by open()",
  FrameTagger: "made by create() and load()",
  FrameVocabulary: "made by of()",
  SequenceTagger: "made by create() and load()",
  TaggedData: "made by create()",
  TaggerVocabulary: "made by of()",
  ImageCaptioner: "made by create() and load()",
  Word2Vec: "made by create() and load()",
  CaptionData: "made by create()",
  ImageSet: "made by open()",
  ClassifierVocabulary: "made by SequenceClassifier.create()",
  SavedModel: "abstract; its methods have rows",
  PairModel: "abstract; its methods have rows",
  TextModel: "abstract; its methods have rows",
  registerKind: "takes code: the record of a kind, see test/models/registry.test.ts",
  oneVocabulary: "a part of the record of a kind",
  bundledVocabularies: "a part of the record of a kind",
  noVocabulary: "a part of the record of a kind",
  scoreRows: "takes what scoreTexts gives",
  Profile: "made by runs",
  SentenceData: "made by create()",
  PairData: "made by create()",
  Corpus: "made by fromText() and fromFile()",
  WordTokenizer: "made by fromText() and tokenizerFromJSON()",
  ByteTokenizer: "takes nothing",
  nativeInfo: "takes nothing",
  mpi: "takes nothing",
  searchStep: "its options are those of beamSearch, its step a recorded program",
};

test("every public function has a row here, or a reason", () => {
  const isError = (value: unknown) =>
    typeof value === "function" && (value === Error || value.prototype instanceof Error);
  const names = Object.entries(ostinato).flatMap(([name, value]) => {
    if (isError(value)) return [];
    if (typeof value === "function") return [name];
    if (typeof value !== "object" || Array.isArray(value)) return [];
    return Object.entries(value).flatMap(([own, part]) => (typeof part === "function" ? [`${name}.${own}`] : []));
  });
  const drawn = (name: string) => /^initializers\.(xavier|he|fanIn|orthogonal)/.test(name);
  expect(names.filter((name) => !(name in entries) && !(name in without) && !drawn(name))).toEqual([]);
});

/** An error other than an OstinatoError, as text; null for none. */
async function complaint({ call }: Entry, args: readonly unknown[], said: string): Promise<string | null> {
  try {
    await settled((call as (...args: unknown[]) => unknown)(...args));
    return null;
  } catch (error) {
    if (error instanceof OstinatoError) return null;
    return `${said}: ${(error as Error)?.stack?.split("\n").slice(0, 3).join(" | ") ?? String(error)}`;
  }
}

const shown = (value: unknown) =>
  typeof value === "object" && value !== null
    ? `${Object.prototype.toString.call(value)}${JSON.stringify(value)}`
    : String(value);

test.each(Object.entries(entries))("%s answers hostile arguments with an OstinatoError", async (name, entry) => {
  const complaints: (string | null)[] = [];
  // The row itself fits.
  complaints.push(
    await Promise.resolve()
      .then(() => settled((entry.call as (...args: unknown[]) => unknown)(...entry.args())))
      .then(
        () => null,
        (error) => `${name} of arguments that fit: ${error}`,
      ),
  );
  complaints.push(await complaint(entry, [], `${name}()`));
  for (const position of entry.args().keys()) {
    for (const value of hostile) {
      complaints.push(
        await complaint(entry, entry.args().with(position, value), `${name}, ${position}: ${shown(value)}`),
      );
    }
    const options = entry.args()[position];
    if (!isPlain(options)) continue;
    for (const key of Object.keys(options)) {
      for (const value of hostile) {
        const args = entry.args();
        args[position] = { ...(args[position] as object), [key]: value };
        complaints.push(await complaint(entry, args, `${name}, ${position}.${key}: ${shown(value)}`));
      }
    }
    if (entry.open?.includes(position)) continue;
    const misspelt = entry.args().with(position, { ...options, nonsenseOption: 1 });
    const outcome = await Promise.resolve()
      .then(() => settled((entry.call as (...args: unknown[]) => unknown)(...misspelt)))
      .then(
        () => "accepted",
        (error) => (error instanceof OptionError ? null : String(error)),
      );
    complaints.push(outcome && `${name}, ${position} with an option that does not exist: ${outcome}`);
  }
  expect(complaints.filter((said) => said !== null)).toEqual([]);
});
