import type { Tokenizer, TokenStream } from "../data/index.js";
import { SentenceBatches, StreamBatches, sentenceMarks } from "../data/index.js";
import type { TrainingData } from "../train/data.js";
import type { Batch } from "../train/trainable.js";

/** What the program of a batch depends on. */
export interface LanguageModelForm {
  T: number;
  B: number;
  /** Whose carried state: training, validation and evaluation must not share one. */
  role: "train" | "validate" | "evaluate";
  /** Whole sentences with lengths, instead of windows whose state is carried. */
  lengths: boolean;
}

type Role = LanguageModelForm["role"];

/** Windows over a stream of tokens, for truncated back-propagation through time. */
export class WindowData implements TrainingData<LanguageModelForm> {
  readonly length: number;
  readonly characters: number;
  readonly identity: string;
  readonly role: Role;
  readonly #windows: StreamBatches;

  /**
   * @param options.batchSize B, parts of the stream that are read side by side.
   * @param options.windowLength T, steps through which gradients flow.
   * @param options.role "train" (the default), or "validate" for what a Trainer measures on.
   * @throws InputError if the stream is shorter than one window.
   */
  constructor(stream: TokenStream, options: { batchSize: number; windowLength: number; role?: Role }) {
    const { role = "train", ...sizes } = options;
    // Every token counts in a measurement; in training a ragged end would only cost another program.
    const every = role !== "train";
    this.#windows = new StreamBatches(stream, { ...sizes, last: every ? "keep" : "drop", short: every });
    this.role = role;
    this.length = this.#windows.length;
    this.characters = this.#windows.characters;
    this.identity = `${this.#windows.batchSize} x ${sizes.windowLength} of ${stream.length} tokens`;
  }

  async *batches(_epoch: number, from = 0): AsyncGenerator<Batch<LanguageModelForm>, void, undefined> {
    for await (const { T, B, inputs, targets, tokens, start } of this.#windows.batches(from)) {
      const feeds = { inputs, targets, carry: start ? 0 : 1 };
      yield { form: { T, B, role: this.role, lengths: false }, feeds, tokens };
    }
  }
}

/** Whole sentences, each from its beginning: full back-propagation through time. */
export class SentenceData implements TrainingData<LanguageModelForm> {
  readonly length: number;
  readonly characters: number;
  readonly identity: string;
  readonly role: Role;
  readonly #sentences: SentenceBatches;

  private constructor(sentences: SentenceBatches, { role, seed }: { role: Role; seed: number }) {
    this.#sentences = sentences;
    this.role = role;
    this.identity = `${sentences.sentences} sentences of ${sentences.tokens} tokens in ${sentences.length} batches, seed ${seed}`;
    this.length = sentences.length;
    this.characters = sentences.characters;
  }

  /** Sentences are the lines of the text. @throws OptionError if the vocabulary has no token that ends them. */
  static async of(
    stream: TokenStream,
    options: { tokenizer: Tokenizer; batchSize: number; seed?: number; role?: Role },
  ): Promise<SentenceData> {
    const { tokenizer, batchSize, seed = 1, role = "train" } = options;
    const { begin, end } = sentenceMarks(tokenizer);
    const sentences = await SentenceBatches.from(stream, {
      batchSize,
      begin,
      end,
      seed: role === "train" ? seed : null,
    });
    return new SentenceData(sentences, { role, seed });
  }

  async *batches(epoch: number, from = 0): AsyncGenerator<Batch<LanguageModelForm>, void, undefined> {
    for await (const { T, B, inputs, targets, lengths, tokens } of this.#sentences.batches(epoch, from)) {
      yield { form: { T, B, role: this.role, lengths: true }, feeds: { inputs, targets, lengths }, tokens };
    }
  }
}
