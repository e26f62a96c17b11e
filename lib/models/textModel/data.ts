import type { SentenceBatch, Tokenizer, TokenStream } from "../../data/index.js";
import {
  beyondContext,
  expectWindows,
  longRules,
  SentenceBatches,
  StreamBatches,
  sentenceMarks,
  streamDigest,
  tokenizerRule,
  tokensOf,
} from "../../data/index.js";
import { OptionError } from "../../errors.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, flag, option, optional, real, seed, table, whole, word } from "../../options.js";
import type { RowShare, TrainingData } from "../../train/data.js";
import { rowsOfShare } from "../../train/data.js";
import type { Batch } from "../../train/trainable.js";
import { expectTokenizer, fingerprint } from "../tokenizerIdentity.js";

/** Properties of a batch that its program depends on. */
export interface LanguageModelForm {
  T: number;
  B: number;
  /** Owner of the carried state: training, validation and evaluation each have their own. */
  role: (typeof roles)[number];
  /** Whole sentences with lengths, instead of windows over a running text. */
  lengths: boolean;
  /** Sentences that come in several windows, whose state is carried as that of a running text is. Default false. */
  carried?: boolean;
  /** Fingerprint of the tokenizer that made the tokens, where that is known. */
  tokenizer?: string;
}

const roles = ["train", "validate", "evaluate"] as const;
type Role = LanguageModelForm["role"];

/** The options of windows over a running text. */
export const windowRules = table("WindowData", {
  /** B: parts of the text that are read side by side. Default 32. */
  batchSize: option(whole({ minimum: 1, initial: 32 }), { aka: ["batch", "bsz"] }),
  /** T: time steps through which gradients flow. Default 64. */
  windowLength: option(whole({ minimum: 1, initial: 64 }), {
    aka: ["bptt", "seq_length", "sequence_length", "num_steps", "window_size", "window"],
  }),
  /**
   * Standard deviation of the windows' lengths in training, which are drawn around `windowLength`, one in twenty around half of it; the
   * learning rate of each update is multiplied with its length over `windowLength` (Merity et al. 2018). With 0 all are as long. Default 0.
   */
  windowSpread: real({ minimum: 0, initial: 0 }),
  /**
   * Most tokens that the model reads at a time, the `windowLength` of its network: longer windows are refused, and none is drawn longer.
   * Default: any number.
   */
  longest: option(optional(whole({ minimum: 1 })), { flag: null }),
  /** Seed for the lengths of windows. Default 1. */
  seed: option(seed(), { flag: null, needs: { windowSpread: true } }),
  /** Use of the data: "train", or "validate" for what a Trainer measures on. Default train. */
  role: option(word(roles, "train"), { flag: null }),
});

/** Options of WindowData. @interface */
export type WindowDataOptions = OptionsOf<typeof windowRules>;

/** Windows over a stream of tokens, for truncated back-propagation through time. */
export class WindowData implements TrainingData<LanguageModelForm> {
  readonly divisible = true;
  readonly length: number;
  readonly characters: number;
  readonly identity: string;
  readonly role: Role;
  /** Tokens of the longest window. */
  readonly longest: number;
  readonly #windows: StreamBatches;
  /** Factor of the learning rate of a window of T steps; null where they all have as many. */
  readonly #rateOf: ((T: number) => number) | null;
  readonly #made: Pick<LanguageModelForm, "tokenizer">;
  readonly #stream: TokenStream;

  /**
   * @throws OptionError for an option outside its range.
   * @throws InputError if the stream is shorter than one window.
   */
  constructor(stream: TokenStream, options: WindowDataOptions = {}) {
    const { role, windowSpread, seed, longest, ...sizes } = completeOptions("WindowData", options, windowRules);
    expectWindows("WindowData", sizes.windowLength, longest);
    // Every token counts in a measurement; in training a ragged end would only cost another program.
    const every = role !== "train";
    expectSpread(windowSpread, { windowLength: sizes.windowLength, role });
    const rest = { last: every ? "keep" : "drop", short: every } as const;
    const spread = every ? 0 : windowSpread;
    const drawn = spread > 0 ? { spread, seed, ...(longest === undefined ? {} : { longest }) } : {};
    this.#windows = new StreamBatches(stream, { ...sizes, ...drawn, ...rest }, "WindowData");
    this.#rateOf = spread > 0 ? (T) => T / sizes.windowLength : null;
    this.#made = madeBy(stream);
    this.#stream = stream;
    this.role = role;
    this.longest = this.#windows.longest;
    this.length = this.#windows.length;
    this.characters = this.#windows.characters;
    const most = longest === undefined ? "" : ` at most ${longest},`;
    const lengths = this.#rateOf
      ? `${sizes.windowLength} ± ${windowSpread},${most} seed ${seed},`
      : `${sizes.windowLength}`;
    this.identity = `${this.#windows.batchSize} x ${lengths} of ${stream.length} tokens`;
  }

  digest(): Promise<string> {
    return streamDigest(this.#stream);
  }

  /** @throws OptionError for windows of more tokens than a model reads at a time. @internal */
  expectWithin(longest: number): void {
    expectWindows("WindowData", this.longest, longest);
  }

  batches(epoch: number, from = 0): AsyncGenerator<Batch<LanguageModelForm>, void, undefined> {
    return this.#columns(epoch, from);
  }

  /** @throws OptionError for fewer columns than processes: each carries the state of its own. */
  batchesOfRows(
    epoch: number,
    from: number,
    share: RowShare,
  ): AsyncGenerator<Batch<LanguageModelForm>, void, undefined> {
    const { batchSize } = this.#windows;
    if (batchSize < share.size) {
      throw new OptionError(
        `WindowData: ${share.size} processes cannot share batches of ${batchSize}: give a larger batchSize, or start fewer.`,
        ["batchSize"],
      );
    }
    return this.#columns(epoch, from, share);
  }

  async *#columns(
    epoch: number,
    from: number,
    share?: RowShare,
  ): AsyncGenerator<Batch<LanguageModelForm>, void, undefined> {
    const of = this.#windows.batchSize;
    const columns = share ? rowsOfShare(of, share) : { first: 0, end: of };
    const rows = share ? { rows: { first: columns.first, of } } : {};
    for await (const { T, B, inputs, targets, tokens, start } of this.#windows.batches(from, epoch, columns)) {
      const feeds = { inputs, targets, carry: start ? 0 : 1 };
      const unknown = unknownIn(targets, this.#stream);
      const rate = this.#rateOf ? { rate: this.#rateOf(T) } : {};
      yield {
        form: { T, B, role: this.role, lengths: false, ...this.#made },
        feeds,
        tokens,
        unknown,
        ...rate,
        ...rows,
      };
    }
  }
}

function expectSpread(windowSpread: number, { windowLength, role }: { windowLength: number; role: Role }): void {
  if (windowSpread > 0 && role !== "train") {
    throw new OptionError("WindowData: windowSpread is for training; leave it out (0) where a text is measured.", [
      "windowSpread",
      "role",
    ]);
  }
  if (windowSpread > windowLength) {
    throw new OptionError(
      `WindowData: expected a windowSpread of at most windowLength (${windowLength}), got ${windowSpread}.`,
      ["windowSpread", "windowLength"],
    );
  }
}

/** The options of sentences, each a text of its own. */
export const sentenceRules = table("SentenceData", {
  /** The tokenizer that made the stream. */
  tokenizer: tokenizerRule,
  /** B: sentences that are read side by side. Default 32. */
  batchSize: windowRules.batchSize,
  /**
   * Tokens that a sentence may have, its line end left out. Training keeps all steps of a batch in memory; a measurement reads
   * sentences of any length, some steps at a time. Default: 1000 for training, or as many as `longest` lets it have.
   */
  maximumLength: option(optional(whole({ minimum: 1 })), { aka: ["max_length", "block_size"] }),
  /**
   * Most tokens of a sentence, its end included, for a model that reads it at once: the `windowLength` of its network. Default: any
   * number.
   */
  longest: option(optional(whole({ minimum: 1 })), { flag: null }),
  /** Rule for a longer sentence: "refuse" it with an error, "cut" it, or "skip" it. Default refuse. */
  long: option(word(longRules, "refuse"), { aka: ["truncation"] }),
  /** Seed for the order of the sentences. Default 1. */
  seed: seed(),
  /** Take the sentences in the order of the text, in every epoch, instead of those of one length together. Default false. */
  inOrder: option(flag(), { flag: null, excludes: ["seed"] }),
  /** Use of the data: "train", or "validate" for what a Trainer measures on. Default train. */
  role: option(word(roles, "train"), { flag: null }),
});

/** Options of SentenceData. @interface */
export type SentenceDataOptions = OptionsOf<typeof sentenceRules>;

/** Tokens that a sentence of training data may have unless the options say otherwise. */
const longestInTraining = 1000;

/** Steps of a measurement that are in memory at once. */
const stepsAtOnce = 1024;

/** A batch of sentences, or of some steps of them. */
export interface SentenceDataBatch extends Batch<LanguageModelForm> {
  /** [B] where in the stream the first target of each row stands. */
  readonly starts: Float64Array;
  /** [B] targets of each row. */
  readonly lengths: Int32Array;
}

/** Whole sentences, each from its beginning: full back-propagation through time. */
export class SentenceData implements TrainingData<LanguageModelForm> {
  readonly divisible = true;
  readonly length: number;
  readonly characters: number;
  readonly identity: string;
  readonly role: Role;
  /** Sentences that were too long, and cut. */
  readonly cut: number;
  /** Sentences that were too long, and left out. */
  readonly skipped: number;
  /** Tokens that a model reads of the longest sentence. */
  readonly longest: number;
  readonly #sentences: SentenceBatches;
  readonly #made: Pick<LanguageModelForm, "tokenizer">;
  readonly #stream: TokenStream;
  /** Steps of a batch that are in memory at once. */
  readonly #stepsAtOnce: number;

  private constructor(
    stream: TokenStream,
    sentences: SentenceBatches,
    from: { role: Role; seed: number; atOnce: boolean; made: Pick<LanguageModelForm, "tokenizer"> },
  ) {
    if (!(sentences instanceof SentenceBatches)) {
      throw new OptionError("SentenceData: the stream is read first: use await SentenceData.create(stream, options).");
    }
    const { role, seed, atOnce, made } = from;
    this.#stepsAtOnce = atOnce || role === "train" ? Number.POSITIVE_INFINITY : stepsAtOnce;
    this.#stream = stream;
    this.#sentences = sentences;
    this.#made = made;
    this.role = role;
    this.cut = sentences.cut;
    this.skipped = sentences.skipped;
    this.longest = tokensOf(sentences.longest);
    const count = `${sentences.sentences} sentences of ${sentences.tokens} tokens`;
    this.identity = `${count} in ${sentences.length} batches, seed ${seed}`;
    this.length = sentences.length;
    this.characters = sentences.characters;
  }

  /**
   * Sentences are the lines of the text.
   * @throws OptionError if the vocabulary has no token that ends them, or the stream is another tokenizer's.
   * @throws InputError for a line that is too long: it is named.
   */
  static async create(stream: TokenStream, options: SentenceDataOptions): Promise<SentenceData> {
    const who = "SentenceData";
    const { tokenizer, role, seed, maximumLength, longest, ...rest } = completeOptions(who, options, sentenceRules);
    const atOnce = longest !== undefined;
    const limit = maximumLength ?? (role === "train" && !atOnce ? longestInTraining : undefined);
    const sentences = await SentenceBatches.from(
      stream,
      {
        ...rest,
        ...sentenceMarks(tokenizer),
        ...(limit === undefined ? {} : { maximumLength: limit }),
        ...(atOnce ? { longest } : {}),
        seed: role === "train" ? seed : null,
      },
      who,
      role === "evaluate" ? undefined : "Have long lines cut or skipped (long; --long cut, --long skip)",
    );
    const made = madeBy(stream);
    expectTokenizer(who, made.tokenizer, tokenizer);
    return new SentenceData(stream, sentences, { role, seed, atOnce, made });
  }

  digest(): Promise<string> {
    return streamDigest(this.#stream);
  }

  /** @throws InputError for a line of more tokens than a model reads at once: it is named. @internal */
  expectWithin(longest: number): void {
    if (this.longest <= longest) return;
    throw beyondContext(
      this.#sentences.longest,
      longest,
      `Make SentenceData with longest: ${longest}, and have long lines cut or skipped (long)`,
    );
  }

  async *batches(epoch: number, from = 0): AsyncGenerator<SentenceDataBatch, void, undefined> {
    for await (const batch of this.#sentences.batches(epoch, from)) {
      if (batch.T <= this.#stepsAtOnce) yield this.#whole(batch);
      else yield* this.#inWindows(batch);
    }
  }

  #whole({ T, B, inputs, targets, lengths, starts, tokens }: SentenceBatch): SentenceDataBatch {
    const form = { T, B, role: this.role, lengths: true, ...this.#made };
    const unknown = unknownIn(targets, this.#stream);
    return { form, feeds: { inputs, targets, lengths }, tokens, unknown, starts, lengths };
  }

  /** Some steps at a time, with the state carried: nothing but memory makes it differ from the whole. */
  *#inWindows({ T, B, inputs, targets, lengths, starts }: SentenceBatch): Generator<SentenceDataBatch> {
    for (let at = 0; at < T; at += this.#stepsAtOnce) {
      const steps = Math.min(this.#stepsAtOnce, T - at);
      const own = lengths.map((length) => Math.max(0, Math.min(length - at, steps)));
      const range = [at * B, (at + steps) * B] as const;
      yield {
        form: { T: steps, B, role: this.role, lengths: true, carried: true, ...this.#made },
        feeds: {
          inputs: inputs.subarray(...range),
          targets: targets.subarray(...range),
          lengths: own,
          carry: at === 0 ? 0 : 1,
        },
        tokens: own.reduce((sum, n) => sum + n, 0),
        unknown: unknownIn(targets.subarray(...range), this.#stream),
        starts: starts.map((start) => start + at),
        lengths: own,
      };
    }
  }
}

function madeBy({ tokenizer }: TokenStream): Pick<LanguageModelForm, "tokenizer"> {
  return tokenizer ? { tokenizer: fingerprint(tokenizer) } : {};
}

/** @throws OptionError for data of another kind than the model, or of another tokenizer than the model's. */
export function expectOwnData(
  form: LanguageModelForm,
  model: { name: string; sentences: boolean; tokenizer: Tokenizer },
): void {
  if (form.lengths && !model.sentences) {
    throw new OptionError(
      `${model.name}: SentenceData is for models that read each line on its own. Create the model with sentences: true ` +
        "(--sentences), or train it on WindowData.",
    );
  }
  if (!form.lengths && model.sentences) {
    throw new OptionError(
      `${model.name}: this model reads each line on its own (sentences: true), and WindowData is a running text. Train it ` +
        "on SentenceData, or create it without sentences.",
    );
  }
  expectTokenizer(model.name, form.tokenizer, model.tokenizer);
}

/** Targets that stand for what the vocabulary lacks. */
function unknownIn(targets: Int32Array, { tokenizer }: TokenStream): number {
  const unknown = tokenizer?.special.unknown;
  return unknown === undefined ? 0 : targets.reduce((count, id) => count + Number(id === unknown), 0);
}
