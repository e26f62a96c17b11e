import type { Tokenizer, TokenStream } from "../../data/index.js";
import { memoryStream } from "../../data/index.js";
import { counted, InputError } from "../../errors.js";
import type { Completed, OptionsOf } from "../../options.js";
import { abortSignal, callback, optional, table, whole } from "../../options.js";
import type { Measured, Measures, MeasuringStep } from "../../train/evaluation.js";
import { EvaluationStep, expectFiniteLoss, Tally } from "../../train/evaluation.js";
import type { Batch, Trainable } from "../../train/trainable.js";
import { adaptationRules, adaptingStep, adapts } from "./adaptation.js";
import type { LanguageModelForm, SentenceDataBatch } from "./data.js";
import { SentenceData, WindowData } from "./data.js";

/** How well a model predicts a text. */
export interface Evaluation extends Measures {
  /** Tokens predicted. */
  tokens: number;
  /** Tokens among those predicted that the vocabulary lacks, so that <unk> was predicted for them. */
  unknown: number;
}

/** The log-probability of a text. */
export interface TextProbability {
  /** Log-probability of all tokens together, in nats. */
  total: number;
  /** Each token that is predicted, with its log-probability in nats. */
  tokens: { token: string; logProbability: number }[];
  /** Tokens of the text that the vocabulary lacks, and that the model read as <unk>. */
  unknown: number;
}

/** Options of `LanguageModel.evaluate`. @interface */
export type EvaluateOptions = OptionsOf<typeof evaluateRules>;

/** Options of whatever reads a text to measure it. */
export const readingRules = table("reading", {
  /** Parts of the text that are read side by side; in a model of sentences, lines. Default 1. */
  batchSize: whole({ minimum: 1, initial: 1 }),
  /** Tokens of a running text that are read in one call of the executor. Default: 64, or the most that the model reads at once. */
  windowLength: optional(whole({ minimum: 1 })),
  /** Signal that stops the reading. Default: none. */
  signal: abortSignal,
});

export const evaluateRules = table("LanguageModel.evaluate", {
  ...readingRules,
  /**
   * Tokens of a running text that are read in one call of the executor, and learnt from in one step of dynamic evaluation (in a model of
   * sentences a step learns from a line). Default: the most that the model reads at once, or 64, and 5 with
   * `dynamicRate`.
   */
  windowLength: readingRules.windowLength,
  ...adaptationRules,
  /** Called after each batch with the share of the text that is measured. Default: none. */
  onProgress: callback<(share: number) => void>(),
});

/** Tokens that are read in one call where neither the caller nor the model says how many. */
const tokensAtOnce = 64;

/** Tokens that a step of dynamic evaluation learns from where nobody says how many (Krause et al. 2018). */
const tokensOfStep = 5;

/** Lines that are read side by side where nobody asks for a number. */
const linesAtOnce = 32;

/** Reads all batches, and hands on what was measured of each. */
type Reader = <B extends Batch<LanguageModelForm>>(
  data: { batches(epoch: number): AsyncIterable<B> },
  each: (batch: B, result: Measured) => void,
) => Promise<void>;

/** Measures how likely a language model holds texts. */
export class TextMeasure {
  readonly #tokenizer: Tokenizer;
  readonly #sentences: boolean;
  readonly #windowLength: number;
  /** Most tokens that the model reads at once; undefined for any number. */
  readonly #longest: number | undefined;
  readonly #model: Trainable<LanguageModelForm>;
  readonly #step: EvaluationStep<LanguageModelForm>;
  /** Measurements take turns: they share the variables that carry the state. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param options.sentences whether each line is a text of its own.
   * @param options.longest most tokens of a window, and of a line with its end, for a model that reads them at once and begins afresh
   *   after each. Default: any number.
   */
  constructor(
    model: Trainable<LanguageModelForm>,
    { tokenizer, sentences, longest }: { tokenizer: Tokenizer; sentences: boolean; longest?: number },
  ) {
    this.#windowLength = longest ?? tokensAtOnce;
    this.#longest = longest;
    this.#tokenizer = tokenizer;
    this.#sentences = sentences;
    this.#model = model;
    this.#step = new EvaluationStep(model);
  }

  /** @throws InputError if no token is predicted, or the loss is not finite. */
  async evaluate(stream: TokenStream, options: Completed<typeof evaluateRules>): Promise<Evaluation> {
    const who = "evaluate";
    const { signal, onProgress, dynamicRate } = options;
    const inOrder = adapts(options);
    // A model that begins afresh in each window would know little of the text in short ones.
    const usual = dynamicRate > 0 ? (this.#longest ?? tokensOfStep) : this.#windowLength;
    const { windowLength = usual } = options;
    const data = await this.#data(who, stream, { ...options, windowLength, inOrder });
    const tally = new Tally();
    signal?.throwIfAborted();
    const step = inOrder ? await adaptingStep(this.#model, options, stream.length) : this.#step;
    const each = (batch: Batch<LanguageModelForm>, result: Measured) => {
      signal?.throwIfAborted();
      // A stream need not say which tokenizer made it, and then its batches count nothing.
      tally.add(result, this.countUnknown(batch.feeds.targets as Int32Array));
      onProgress?.(Math.min(1, tally.tokens / stream.length));
    };
    await this.#measure(who, data, each, step);
    onProgress?.(1);
    return { tokens: tally.tokens, ...tally.measures(data.characters), unknown: tally.unknown };
  }

  /**
   * The loss of each token that is predicted, in nats, in the order in which they are read: infinite for one that the model holds
   * impossible.
   * @throws InputError if no token is predicted.
   */
  async losses(who: string, stream: TokenStream, options: Completed<typeof readingRules>): Promise<Float64Array> {
    const parts: number[] = [];
    const data = await this.#data(who, stream, options);
    await this.#read(data, ({ form: { T, B }, feeds: { targets } }, { losses }) => {
      options.signal?.throwIfAborted();
      for (let i = 0; i < T * B; i++) if (((targets as Int32Array)[i] as number) >= 0) parts.push(losses[i] as number);
    });
    return Float64Array.from(parts);
  }

  /**
   * @param options.impossible whether tokens may be impossible, with a log-probability of -Infinity. Default false.
   * @throws InputError if no token is predicted, or the loss is not finite where it should be.
   */
  async logProbability(
    ids: Int32Array,
    { who = "logProbability", impossible = false }: { who?: string; impossible?: boolean } = {},
  ): Promise<TextProbability> {
    this.#expectTokens(who, ids.length);
    const read: Reader = (data, each) => (impossible ? this.#read(data, each) : this.#measure(who, data, each));
    const losses = this.#sentences ? await this.#lossesOfLines(ids, read) : await this.#lossesOfText(ids, read);
    const tokens: TextProbability["tokens"] = [];
    let total = 0;
    for (const [i, id] of ids.entries()) {
      const loss = losses[i] as number;
      if (Number.isNaN(loss)) continue;
      total -= loss;
      tokens.push({ token: this.#tokenizer.token(id), logProbability: -loss });
    }
    return { total, tokens, unknown: this.countUnknown(ids) };
  }

  /** The first token of a running text is read only; a sentence's beginning predicts it. */
  #expectTokens(who: string, count: number): void {
    const least = this.#sentences ? 1 : 2;
    if (count >= least) return;
    throw new InputError(`${who}: expected at least ${counted(least, "token")}, got ${count}.`);
  }

  /** Number of tokens among some that stand for what is not in the vocabulary. */
  countUnknown(ids: Int32Array): number {
    const { unknown } = this.#tokenizer.special;
    return ids.reduce((count, id) => count + Number(id === unknown), 0);
  }

  /** By token of a running text; NaN for the first, which nothing predicts. */
  async #lossesOfText(ids: Int32Array, read: Reader): Promise<Float64Array> {
    const losses = new Float64Array(ids.length).fill(Number.NaN);
    const data = new WindowData(memoryStream(ids, 0), {
      ...{ batchSize: 1, role: "evaluate" },
      windowLength: this.#windowLength,
    });
    let at = 1;
    await read(data, ({ tokens }, result) => {
      losses.set(result.losses.subarray(0, tokens), at);
      at += tokens;
    });
    return losses;
  }

  /** By token of a text of lines; NaN for the ends of empty ones. */
  async #lossesOfLines(ids: Int32Array, read: Reader): Promise<Float64Array> {
    const losses = new Float64Array(ids.length).fill(Number.NaN);
    const data = await this.#lines(memoryStream(ids, 0), { batchSize: linesAtOnce });
    await read(data, ({ starts, lengths, form: { B } }: SentenceDataBatch, result) => {
      for (let b = 0; b < B; b++) {
        for (let t = 0; t < (lengths[b] as number); t++) {
          const place = (starts[b] as number) + t;
          // The end of a last line is predicted, also where the text does not have it.
          if (place < losses.length) losses[place] = result.losses[t * B + b] as number;
        }
      }
    });
    return losses;
  }

  /** @throws InputError if no token is predicted. */
  async #data(
    who: string,
    stream: TokenStream,
    {
      batchSize,
      windowLength = this.#windowLength,
      inOrder = false,
    }: Completed<typeof readingRules> & { inOrder?: boolean },
  ): Promise<WindowData | SentenceData> {
    this.#expectTokens(who, stream.length);
    if (this.#sentences) return this.#lines(stream, { batchSize, inOrder });
    return new WindowData(stream, {
      batchSize: Math.min(batchSize, stream.length - 1),
      windowLength,
      role: "evaluate",
      ...this.#limit,
    });
  }

  #lines(stream: TokenStream, sizes: { batchSize: number; inOrder?: boolean }): Promise<SentenceData> {
    return SentenceData.create(stream, { tokenizer: this.#tokenizer, ...sizes, role: "evaluate", ...this.#limit });
  }

  get #limit(): { longest?: number } {
    return this.#longest === undefined ? {} : { longest: this.#longest };
  }

  #measure<B extends Batch<LanguageModelForm>>(
    who: string,
    data: { batches(epoch: number): AsyncIterable<B> },
    each: (batch: B, result: Measured) => void,
    step?: MeasuringStep<LanguageModelForm>,
  ): Promise<void> {
    const checked = (batch: B, result: Measured) => {
      expectFiniteLoss(who, result.total);
      each(batch, result);
    };
    return this.#read(data, checked, step);
  }

  #read<B extends Batch<LanguageModelForm>>(
    data: { batches(epoch: number): AsyncIterable<B> },
    each: (batch: B, result: Measured) => void,
    step: MeasuringStep<LanguageModelForm> = this.#step,
  ): Promise<void> {
    const turn = this.#turn.then(async () => {
      for await (const batch of data.batches(0)) each(batch, await step.run(batch));
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
