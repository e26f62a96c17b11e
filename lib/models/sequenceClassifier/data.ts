import type { ClassifierVocabulary, LabelledText } from "../../data/index.js";
import { classifierVocabularyRule, longRules } from "../../data/index.js";
import { counted, InputError, OptionError } from "../../errors.js";
import type { Completed, OptionsOf } from "../../options.js";
import { abortSignal, completeOptions, flag, option, seed, table, whole, word } from "../../options.js";
import { randomSource } from "../../random/source.js";
import type { TrainingData } from "../../train/data.js";
import type { Batch } from "../../train/trainable.js";
import type { FittingExamples } from "../exampleBatches.js";
import { ExampleBatches, fittingExamples } from "../exampleBatches.js";
import { inTurns } from "../inTurns.js";
import { fingerprint } from "../tokenizerIdentity.js";
import type { Encoded } from "./examples.js";
import { encodeExample, expectExamples, placeOf, targetsOf } from "./examples.js";
import { inputBatch } from "./inputs.js";
import { droppedToken, dropWords, wordDropoutRule } from "./wordDropout.js";

/** Sizes and switches that the program of a batch depends on. */
export interface SequenceClassifierForm {
  T: number;
  B: number;
  /** Examples count as their label weighs. */
  weighted: boolean;
  /** Targets are a number for each label. */
  multiLabel: boolean;
  /** Fingerprint of the vocabulary and labels. */
  made?: string;
}

/** The options of labelled texts. */
export const labelledRules = table("LabelledData", {
  /** The tokenizer and the labels. */
  tokenizer: classifierVocabularyRule,
  /** Texts may have several labels, or none. Default false. */
  multiLabel: option(flag(), { flag: null }),
  /** B: texts that are read side by side. Default 64. */
  batchSize: option(whole({ minimum: 1, initial: 64 }), { aka: ["batch", "bsz"] }),
  /** Tokens that a text may have. Default 1000. */
  maximumLength: option(whole({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, initial: 1000 }), {
    aka: ["max_length", "truncate"],
  }),
  /** Rule for a longer text: "refuse" it with an error, "cut" it, or "skip" it. Default refuse. */
  long: option(word(longRules, "refuse"), { aka: ["truncation"] }),
  /** Let all labels weigh the same in training, however rare they are: see `labelWeights`. Default false. */
  balanced: option(flag(), { aka: ["class_weight", "balanced_weights"] }),
  /** Probability that a token is read as <unk> in training (Iyyer et al. 2015). Default 0. */
  wordDropout: wordDropoutRule,
  /** Seed for the order of the texts and for the tokens that are dropped. Default 1. */
  seed: seed(),
  /** Use of the data: "train", or "validate" for what is measured: in order, and unweighted. Default train. */
  role: option(word(["train", "validate"], "train"), { flag: null }),
  /** Signal that stops the reading. Default: none. */
  signal: abortSignal,
});

/** Options of LabelledData. @interface */
export type LabelledDataOptions = OptionsOf<typeof labelledRules>;

/** Texts with labels as batches for a SequenceClassifier. */
export class LabelledData implements TrainingData<SequenceClassifierForm> {
  readonly divisible = true;
  readonly length: number;
  readonly identity: string;
  readonly role: "train" | "validate";
  /** Texts in one epoch. */
  readonly examples: number;
  /** Texts that were too long, and cut. */
  readonly cut: number;
  /** Texts that were too long, and left out. */
  readonly skipped: number;
  /** Texts of each label, by its number. */
  readonly frequencies: readonly number[];
  readonly #batches: ExampleBatches<Encoded>;
  readonly #options: Completed<typeof labelledRules>;
  readonly #weights: readonly number[] | null;
  readonly #made: string;
  readonly #unknown: number;

  private constructor(fitting: FittingExamples<Encoded>, options: Completed<typeof labelledRules>) {
    if (!Array.isArray(fitting?.kept)) {
      throw new OptionError(
        "LabelledData: texts become tokens first: use await LabelledData.create(examples, options).",
      );
    }
    const { tokenizer, batchSize, seed, role, balanced, wordDropout } = options;
    this.#unknown = droppedToken("LabelledData", tokenizer, wordDropout);
    this.#batches = new ExampleBatches(fitting.kept, { noun: "text", lengthOf, batchSize, seed, role });
    this.#options = options;
    this.#made = classifierFingerprint(tokenizer);
    this.role = role;
    this.examples = fitting.kept.length;
    this.cut = fitting.cut;
    this.skipped = fitting.skipped;
    this.length = this.#batches.length;
    const frequencies = new Array<number>(tokenizer.labels.size).fill(0);
    for (const { labels } of fitting.kept) for (const id of labels) frequencies[id] = (frequencies[id] as number) + 1;
    this.frequencies = frequencies;
    this.#weights = balanced && role === "train" ? labelWeights(frequencies) : null;
    const weighting = this.#weights ? ", balanced" : "";
    const dropping = wordDropout > 0 ? `, word dropout ${wordDropout}` : "";
    this.identity = `${this.#batches.identity}${weighting}${dropping}`;
  }

  /**
   * @throws InputError for a text that has what the vocabulary lacks, has no tokens, or is too long, and for a label that is not
   *   known: it names the place.
   * @throws OptionError if classes are to be balanced where texts have several labels.
   */
  static async create(examples: readonly LabelledText[], options: LabelledDataOptions): Promise<LabelledData> {
    const complete = completeOptions("LabelledData", options, labelledRules);
    const { signal, maximumLength, long, multiLabel, balanced } = complete;
    if (balanced && multiLabel) {
      throw new OptionError("LabelledData: balanced is for texts with one label each.", ["balanced", "multiLabel"]);
    }
    expectExamples("LabelledData", examples);
    const encoded = await inTurns(
      examples,
      (example, index) => encodeExample(example, { index, count: examples.length }, complete),
      signal,
    );
    const fitting = fittingExamples(encoded, {
      maximumLength,
      long,
      noun: "text",
      lengthOf,
      cut: ({ values, labels, length: whole }, length) => ({
        length,
        values: values.slice(0, (values.length / whole) * length),
        labels,
      }),
      tooLong: ({ length }, i) =>
        new InputError(
          `${placeOf(examples[i] as LabelledText, i, examples.length)}: the text has ${counted(length, complete.tokenizer.features ? "frame" : "token")}, and at most ` +
            `${maximumLength} are allowed. Raise the maximum length, or have long texts cut or skipped (long: "cut"; --long cut).`,
        ),
    });
    return new LabelledData(fitting, complete);
  }

  digest(): Promise<string> {
    return this.#batches.digest((hash, { length, values, labels }) =>
      hash.update(Int32Array.of(length, labels.length)).update(values).update(labels),
    );
  }

  *batches(epoch: number, from = 0): Generator<Batch<SequenceClassifierForm>, void, undefined> {
    for (const { examples, index } of this.#batches.inEpoch(epoch, from)) {
      yield this.#batch(this.#withDropped(examples, `words of epoch ${epoch}, batch ${index}`));
    }
  }

  #withDropped(examples: readonly Encoded[], name: string): readonly Encoded[] {
    const { wordDropout: rate, role, seed } = this.#options;
    if (rate === 0 || role === "validate") return examples;
    const random = randomSource(seed, name);
    const unknown = this.#unknown;
    return examples.map(({ values, ...others }) => ({
      ...others,
      values: dropWords(values as Int32Array, { rate, unknown, random }),
    }));
  }

  #batch(examples: readonly Encoded[]): Batch<SequenceClassifierForm> {
    const { multiLabel, tokenizer } = this.#options;
    const B = examples.length;
    const weights = this.#weights;
    const weightOf = ({ labels: [label] }: Encoded) => weights?.[label as number] as number;
    const { T, feeds } = inputBatch(examples, tokenizer);
    const own = weights && Float32Array.from(examples, weightOf);
    return {
      form: { T, B, weighted: weights !== null, multiLabel, made: this.#made },
      feeds: {
        ...feeds,
        targets: targetsOf(examples, { classes: tokenizer.labels.size, multiLabel }),
        ...(own ? { weights: own } : {}),
      },
      ...(own ? { count: own.reduce((sum, weight) => sum + weight, 0) } : {}),
      tokens: B,
    };
  }
}

function lengthOf({ length }: Encoded): number {
  return length;
}

/** Tells tokenizers with labels apart. */
export function classifierFingerprint({ text, labels }: ClassifierVocabulary): string {
  return JSON.stringify([fingerprint(text), labels.names]);
}

/** The weight of each label with which all count the same, the mean over the texts being 1: N / (C · N_c). */
export function labelWeights(frequencies: readonly number[]): number[] {
  const [total, present] = [frequencies.reduce((sum, n) => sum + n, 0), frequencies.filter((n) => n > 0).length];
  return frequencies.map((n) => (n === 0 ? 0 : total / (present * n)));
}
