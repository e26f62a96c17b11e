import { characterUnits } from "../data/characterTokenizer.js";
import { tokenizerKinds } from "../data/tokenizer.js";
import type { Rule } from "../options.js";
import {
  double,
  either,
  flag,
  list,
  misfitOf,
  nullable,
  object,
  optional,
  record,
  text,
  value,
  variants,
  whole,
  word,
} from "../options.js";

/** Any JSON: for files that are only compared, or that another program's library reads. */
export const anyJson: Rule<unknown> = value("JSON", () => true);

/** An object with entries of any kind. */
export const anyObject = record(anyJson);

/** JSON has no NaN and no infinity; null stands for them. */
const measured = nullable(double());

const count = whole({ maximum: Number.MAX_SAFE_INTEGER });
const anyText = text({ empty: true });

const steps = list(
  object({
    step: count,
    epoch: double({ minimum: 0 }),
    tokens: count,
    loss: measured,
    gradientNorm: measured,
    learningRate: measured,
    tokensPerSecond: measured,
    seconds: double({ minimum: 0 }),
  }),
);

const validations = list(
  object({
    step: count,
    epoch: double({ minimum: 0 }),
    loss: measured,
    perplexity: measured,
    bitsPerCharacter: optional(measured),
    accuracy: optional(measured),
    best: optional(flag()),
  }),
);

const samples = list(object({ step: count, epoch: double({ minimum: 0 }), loss: measured, text: anyText }));

const paths = list(text());

/** A Hugging Face tokenizer.json. What its parts mean is checked where they are used. */
const tokenizerFile = value<Record<string, unknown>>(
  'a tokenizer of Hugging Face: an object with a "model"',
  (json) => anyObject.fits(json) && anyObject.fits((json as { model?: unknown }).model),
);

const tokens = list(text());

const ownVocabulary = variants("kind", {
  byte: {},
  word: { tokens },
  character: { unit: word(characterUnits), tokens },
});

/** A vocabulary whose kind the program registered, or did not: then the tokenizer's own message says how. */
const foreignVocabulary = record(anyJson);

/** One vocabulary: our own, which has a `kind`, or that of a tokenizer.json. */
export const vocabularyShape = choice((json) => {
  const kind = (json as { kind?: unknown } | null)?.kind;
  if (kind === undefined) return tokenizerFile;
  const isForeign = typeof kind === "string" && ![...tokenizerKinds, "pair"].includes(kind);
  return isForeign ? foreignVocabulary : ownVocabulary;
});

/** Rules of the content of each JSON file, and of each JSON inside of another file. Options in config.json have tables of their own. */
export const shapes = {
  /** config.json */
  config: object({
    format: word(["ostinato"]),
    formatVersion: whole({ minimum: 1 }),
    model: text(),
    config: anyObject,
    tokenizer: optional(word(["vocabulary.json", "tokenizer.json"])),
  }),
  /** A tokenizer.json of somebody else. */
  tokenizer: tokenizerFile,
  /** `state` in the metadata of trainer.safetensors */
  trainerState: object({
    // Steps are counted in int32 where random numbers are drawn.
    position: object({ step: whole(), epoch: whole(), batch: whole(), tokens: count }),
    misses: whole(),
    bestLoss: measured,
    schedule: record(double()),
    seconds: double({ minimum: 0 }),
    curve: object({ every: whole({ minimum: 1 }), points: steps }),
    validations,
    samples,
    fingerprint: record(either(anyText, double())),
    carried: optional(list(text())),
  }),
  /** training.json */
  training: object({
    format: word(["ostinato-training"]),
    formatVersion: whole({ minimum: 1 }),
    command: text(),
    files: object({ train: paths, validation: optional(paths), test: optional(paths) }),
    options: record(either(either(anyText, double()), either(flag(), list(either(anyText, double()))))),
  }),
  /** trainer.json */
  trainerHistory: object({ steps, validations, samples, seconds: double({ minimum: 0 }) }),
};

export type TrainerStateJson = Shaped<typeof shapes.trainerState>;
export type TrainerHistoryJson = Shaped<typeof shapes.trainerHistory>;

type Shaped<R> = R extends Rule<infer T> ? T : never;

/** The rule depends on the value. */
function choice<T>(ruleOf: (value: unknown) => Rule<T>): Rule<T> {
  return {
    expected: "an object",
    fits: (json) => misfitOf(json, ruleOf(json)) === null,
    misfit: (json) => misfitOf(json, ruleOf(json)),
  };
}
