import { InputError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, flag, optional, real, seed, table, whole, word } from "../options.js";
import type { TokenStream } from "./tokenStream.js";
import { tokenStream } from "./tokenStream.js";
import type { WindowCuts } from "./windowCuts.js";
import { drawnCuts, evenCuts } from "./windowCuts.js";

/** Options of StreamBatches. @interface */
export type StreamBatchOptions = OptionsOf<typeof rules>;

/** One window of truncated back-propagation through time. */
export interface StreamBatch {
  /** Time steps; less than windowLength only in a last, shorter window. */
  readonly T: number;
  /** Columns that were asked for. */
  readonly B: number;
  /** [T,B] */
  readonly inputs: Int32Array;
  /** [T,B] the token that follows each input; -1 where a column has ended. */
  readonly targets: Int32Array;
  /** Targets that are not -1, those of all columns. */
  readonly tokens: number;
  /** Whether the text begins here: the recurrent state starts from zero. Otherwise it goes on from the window before. */
  readonly start: boolean;
  /** Number of this window in the epoch, from 0. Reading from `index + 1` goes on after it. */
  readonly index: number;
}

/** Tokens held for each column, and for all columns together, when the stream is on disk. */
const columnBuffer = 2 ** 14;
const totalBuffer = 2 ** 20;

const rules = table("StreamBatches", {
  /** B: columns that the stream is cut into, which are read side by side. */
  batchSize: whole({ minimum: 1 }),
  /** T: time steps of one window. */
  windowLength: whole({ minimum: 1 }),
  /**
   * Standard deviation of the windows' lengths, which are drawn around `windowLength`, one in twenty around half of it (Merity et al. 2018),
   * and come in another order in each epoch; none is left out. With 0 all have `windowLength`. Default 0.
   */
  spread: real({ minimum: 0, initial: 0 }),
  /** Most steps of a window of drawn length. Default: any number. */
  longest: optional(whole({ minimum: 1 })),
  /** Seed for the lengths and their order. Default 1. */
  seed: seed(),
  /**
   * Rule for the tokens that fill no whole window. "keep": they come in a last, shorter window, and every token is
   * predicted exactly once, also where columns differ by one token. "drop": all windows are [T,B]. Default "keep".
   */
  last: word(["keep", "drop"], "keep"),
  /** A token that stands before the first one, so that the first is predicted too. Default: none, it is only read. */
  begin: optional(whole()),
  /** Accept a stream that is shorter than one window, and than one token for each column. Default false. */
  short: flag(),
});

/**
 * Cuts a stream of tokens into B contiguous columns and walks over them in windows of T steps, so that the state of one
 * window is the beginning of the next (Mikolov et al. 2010; Zaremba et al. 2014).
 *
 * @throws InputError if the stream is shorter than one window.
 */
export class StreamBatches {
  /** Windows in one epoch. */
  readonly length: number;
  /** Tokens that one epoch predicts. */
  readonly tokens: number;
  /** Tokens that could be predicted but are left out by last: "drop". */
  readonly dropped: number;
  /** Characters that the predicted tokens stand for, in proportion; 0 if unknown. */
  readonly characters: number;
  readonly #stream: TokenStream;
  readonly #options: { batchSize: number; windowLength: number; begin: number | null };
  readonly #cuts: WindowCuts;
  /** Column b predicts tokens starts[b]..starts[b+1]-1. */
  readonly #starts: readonly number[];

  /** @param who whose options they are, for messages. */
  constructor(stream: TokenStream, options: StreamBatchOptions, who = "StreamBatches") {
    checkOption(who, "stream", stream, tokenStream);
    const complete = completeOptions(who, options, rules);
    const { batchSize, windowLength, last, begin = null, short, spread, longest: most, seed } = complete;
    const first = begin === null ? 1 : 0;
    const targets = Math.max(0, stream.length - first);
    const needed = short && last === "keep" ? 1 : batchSize * windowLength;
    if (targets < needed) throw tooShort(stream.length, needed + first, { batchSize, windowLength, short });
    const B = Math.min(batchSize, targets);
    const [base, extra] = last === "keep" ? [Math.floor(targets / B), targets % B] : [Math.floor(targets / B), 0];
    this.#starts = Array.from({ length: B + 1 }, (_, b) => first + b * base + Math.min(b, extra));
    const longest = base + (extra > 0 ? 1 : 0);
    const drawn = { windowLength, spread, seed, ...(most === undefined ? {} : { most }) };
    this.#cuts = spread > 0 ? drawnCuts(longest, drawn) : evenCuts(longest, { windowLength, last });
    this.length = this.#cuts.count;
    const cut = spread > 0 ? longest : this.length * windowLength;
    this.tokens = last === "keep" ? targets : cut * B;
    this.dropped = targets - this.tokens;
    this.characters = Math.round((stream.characters * this.tokens) / stream.length);
    this.#stream = stream;
    this.#options = { batchSize: B, windowLength, begin };
  }

  /** Steps of the longest window. */
  get longest(): number {
    return this.#cuts.longest;
  }

  /** B: as asked for, or fewer where a short stream has fewer tokens. */
  get batchSize(): number {
    return this.#options.batchSize;
  }

  /**
   * @param from window to begin with: the `index` of the last one read, plus 1.
   * @param epoch says in which order windows of drawn lengths come.
   * @param columns the only ones that are read, first to end - 1. Default: all.
   */
  async *batches(
    from = 0,
    epoch = 0,
    columns: { first: number; end: number } = { first: 0, end: this.batchSize },
  ): AsyncGenerator<StreamBatch, void, undefined> {
    checkOption("StreamBatches", "from", from, whole({ maximum: this.length }));
    checkOption("StreamBatches", "epoch", epoch, whole());
    const { first: left, end: right } = completeOptions("StreamBatches", columns, {
      first: whole({ maximum: this.batchSize }),
      end: whole({ maximum: this.batchSize }),
    });
    const start = this.#cuts.starts(epoch);
    const { windowLength, batchSize: B } = this.#options;
    const span = Math.max(1, Math.floor(Math.min(columnBuffer, totalBuffer / B) / windowLength));
    for (let block = from; block < this.length; block += span) {
      const end = Math.min(block + span, this.length);
      const first = start(block);
      const read = await this.#columns([left, right], first, start(end));
      for (let index = block; index < end; index++) {
        yield this.#window(read, { left, index, first, start: start(index), end: start(index + 1) });
      }
    }
  }

  /** For each column its tokens from..to-1 with the one before them: the inputs are the targets one step later. */
  #columns([left, right]: readonly [number, number], from: number, to: number): Promise<Int32Array[]> {
    const { begin } = this.#options;
    const read = async (b: number): Promise<Int32Array> => {
      const [start, limit] = [this.#starts[b] as number, this.#starts[b + 1] as number];
      const [first, end] = [Math.min(start + from, limit), Math.min(start + to, limit)];
      if (first > 0 || begin === null) return this.#stream.read(first - 1, end);
      const tokens = await this.#stream.read(0, end);
      const preceded = new Int32Array(tokens.length + 1);
      preceded[0] = begin;
      preceded.set(tokens, 1);
      return preceded;
    };
    return Promise.all(Array.from({ length: right - left }, (_, i) => read(left + i)));
  }

  /**
   * @param columns those from number `left` on, which begin at their token `first`.
   * @param place of the window: tokens start..end-1 of each column, or fewer where it ends.
   */
  #window(
    columns: readonly Int32Array[],
    { left, index, first, start, end }: { left: number; index: number; first: number; start: number; end: number },
  ): StreamBatch {
    const stepsOf = (b: number) =>
      Math.max(0, Math.min(end, (this.#starts[b + 1] as number) - (this.#starts[b] as number)) - start);
    // The columns that are longer by a token come first.
    const [T, B, offset] = [stepsOf(0), columns.length, start - first];
    const inputs = new Int32Array(T * B);
    const targets = new Int32Array(T * B).fill(-1);
    for (const [b, column] of columns.entries()) {
      for (let t = 0; t < stepsOf(left + b); t++) {
        inputs[t * B + b] = column[offset + t] as number;
        targets[t * B + b] = column[offset + t + 1] as number;
      }
    }
    const tokens = Array.from({ length: this.batchSize }, (_, b) => stepsOf(b)).reduce((sum, n) => sum + n, 0);
    return { T, B, inputs, targets, tokens, start: index === 0, index };
  }
}

function tooShort(
  length: number,
  needed: number,
  { batchSize, windowLength, short }: { batchSize: number; windowLength: number; short: boolean },
): InputError {
  if (short) return new InputError(`The text has ${length} tokens, and at least ${needed} are needed to predict one.`);
  return new InputError(
    `The text has ${length} tokens, but one batch of windows needs ${needed} ` +
      `(batchSize ${batchSize} x windowLength ${windowLength}${needed > batchSize * windowLength ? " + 1" : ""}). ` +
      "Use a longer text, or a smaller batchSize or windowLength.",
  );
}
