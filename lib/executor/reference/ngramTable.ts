import { InputError } from "../../errors.js";
import { headerSize, NgramRecords, ngramCounts, ngramLayout } from "../../graph/ngramLayout.js";

const magic = 0x6d61676e;
const version = 2;
const mostOrders = 24;

interface Context {
  level: number;
  at: number;
}

/** The packed table of an n-gram model, read without hurry: native/ngram/ngram_table.h says what it holds. */
export class NgramTable {
  readonly order: number;
  readonly V: number;
  readonly #records: NgramRecords;
  /** By level: the state of its first n-gram. */
  readonly #bases: number[] = [0];

  /** @throws InputError for what is no table of V words. */
  constructor(ngrams: Int32Array, V: number) {
    this.V = V;
    this.order = ngrams[2] ?? 0;
    const refuse = (what: string): never => {
      throw new InputError(`the n-grams cannot be used: ${what}.`);
    };
    if (ngrams.length < headerSize || ngrams[0] !== magic) refuse("it is no table of n-grams");
    if (ngrams[1] !== version) refuse("it is a table of n-grams of another version");
    if (this.order < 1 || this.order > mostOrders) refuse("its order is out of range");
    if (V < 1 || ngrams[3] !== V || ngrams[8] !== V) refuse("it is of another vocabulary");
    const counts = ngramCounts(ngrams);
    if (counts.some((count) => count < 0)) refuse("it is cut short");
    const { size } = ngramLayout(counts);
    if (size > ngrams.length) refuse("it is cut short");
    if (size < ngrams.length) refuse("it is longer than its counts say");
    let base = 1;
    for (const count of counts) {
      this.#bases.push(base);
      base += count;
    }
    if (base > 0x7fffffff) refuse("it has more n-grams than states can count");
    this.#records = new NgramRecords(ngrams, counts);
  }

  get states(): number {
    const level = this.order - 1;
    return level === 0 ? 1 : this.#base(level) + this.#records.count(level);
  }

  /** Reads a word after the context of a state. @returns its log-probability in nats, the words of the n-gram that was found, and the state. */
  step(state: number, word: number): { logProbability: number; order: number; state: number } {
    let backoffs = 0;
    for (let context = this.#contextOf(state); ; context = this.#suffixOf(context)) {
      const at = this.#child(context, word);
      if (at >= 0) {
        const order = context.level + 1;
        const logProbability = backoffs + this.#records.probability(order, at);
        return { logProbability, order, state: this.#after(context, word) };
      }
      backoffs += this.#records.backoff(context.level, context.at);
    }
  }

  #base(level: number): number {
    return this.#bases[level] as number;
  }

  #contextOf(state: number): Context {
    for (let level = this.order - 1; level > 0; level--) {
      if (state >= this.#base(level)) return { level, at: state - this.#base(level) };
    }
    return { level: 0, at: 0 };
  }

  #suffixOf(context: Context): Context {
    const level = context.level - 1;
    if (level < 1) return { level: 0, at: 0 };
    const at = this.#records.suffix(context.level, context.at);
    return at < this.#records.count(level) ? { level, at } : { level: 0, at: 0 };
  }

  #child(context: Context, word: number): number {
    if (context.level === 0) return word;
    const { level, at } = context;
    const [begin, end] = [this.#records.children(level, at), this.#records.children(level, at + 1)];
    if (end > this.#records.count(level + 1)) return -1;
    for (let i = begin; i < end; i++) if (this.#records.word(level + 1, i) === word) return i;
    return -1;
  }

  /** The longest context with the word after it that may be one itself. */
  #after(found: Context, word: number): number {
    for (let context = found; ; context = this.#suffixOf(context)) {
      const level = context.level + 1;
      const at = level < this.order ? this.#child(context, word) : -1;
      if (at >= 0) return this.#base(level) + at;
      if (context.level === 0) return 0;
    }
  }
}
