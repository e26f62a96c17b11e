import { InputError } from "../../errors.js";

const magic = 0x6d61676e;
const version = 1;
const header = 32;
const mostOrders = 24;

/** A level of the trie: places in the array where its words, its records and its probabilities begin. */
interface Level {
  count: number;
  /** The state of its first n-gram. */
  base: number;
  words: number;
  records: number;
  /** Those of the highest order, which has no records; else 0. */
  probabilities: number;
}

interface Context {
  level: number;
  at: number;
}

/** The packed table of an n-gram model, read without hurry: native/ngram/ngram_table.h says what it holds. */
export class NgramTable {
  readonly order: number;
  readonly V: number;
  readonly #levels: Level[] = [];
  readonly #words: Int32Array;
  readonly #floats: Float32Array;

  /** @throws InputError for what is no table of V words. */
  constructor(ngrams: Int32Array, V: number) {
    this.#words = ngrams;
    this.#floats = new Float32Array(ngrams.buffer, ngrams.byteOffset, ngrams.length);
    this.V = V;
    this.order = ngrams[2] ?? 0;
    const refuse = (what: string): never => {
      throw new InputError(`the n-grams cannot be used: ${what}.`);
    };
    if (ngrams.length < header || ngrams[0] !== magic) refuse("it is no table of n-grams");
    if (ngrams[1] !== version) refuse("it is a table of n-grams of another version");
    if (this.order < 1 || this.order > mostOrders) refuse("its order is out of range");
    if (ngrams[3] !== V || ngrams[8] !== V) refuse("it is of another vocabulary");
    let [at, base] = [header, 1];
    this.#levels.push({ count: 1, base: 0, words: 0, records: 0, probabilities: 0 });
    for (let k = 1; k <= this.order; k++) {
      const count = ngrams[7 + k] as number;
      const words = k === 1 ? 0 : 4 * Math.ceil(count / 4);
      const hasRecords = k === 1 || k < this.order;
      const size = words + (hasRecords ? 4 * (count + 1) : count);
      if (count < 0 || at + size > ngrams.length) refuse("it is cut short");
      const rest = at + words;
      this.#levels.push({ count, base, words: at, records: rest, probabilities: hasRecords ? 0 : rest });
      at += size;
      base += count;
    }
    if (at !== ngrams.length) refuse("it is longer than its counts say");
    if (base > 0x7fffffff) refuse("it has more n-grams than states can count");
  }

  get states(): number {
    const { base, count } = this.#level(Math.max(1, this.order - 1));
    return this.order === 1 ? 1 : base + count;
  }

  /** Reads a word after the context of a state. @returns its log-probability in nats, the words of the n-gram that was found, and the state. */
  step(state: number, word: number): { logProbability: number; order: number; state: number } {
    let backoffs = 0;
    for (let context = this.#contextOf(state); ; context = this.#suffixOf(context)) {
      const at = this.#child(context, word);
      if (at >= 0) {
        const order = context.level + 1;
        return { logProbability: backoffs + this.#probability(order, at), order, state: this.#after(context, word) };
      }
      backoffs += this.#floats[this.#record(context) + 1] as number;
    }
  }

  #level(k: number): Level {
    return this.#levels[k] as Level;
  }

  #record({ level, at }: Context): number {
    return this.#level(level).records + 4 * at;
  }

  #probability(order: number, at: number): number {
    const { probabilities } = this.#level(order);
    return this.#floats[probabilities > 0 ? probabilities + at : this.#record({ level: order, at })] as number;
  }

  #contextOf(state: number): Context {
    for (let level = this.order - 1; level > 0; level--) {
      const { base } = this.#level(level);
      if (state >= base) return { level, at: state - base };
    }
    return { level: 0, at: 0 };
  }

  #suffixOf(context: Context): Context {
    const level = context.level - 1;
    if (level < 1) return { level: 0, at: 0 };
    const at = this.#words[this.#record(context) + 3] as number;
    return at >= 0 && at < this.#level(level).count ? { level, at } : { level: 0, at: 0 };
  }

  #child(context: Context, word: number): number {
    if (context.level === 0) return word;
    const record = this.#record(context);
    const [begin, end] = [this.#words[record + 2] as number, this.#words[record + 6] as number];
    const { words, count } = this.#level(context.level + 1);
    if (begin < 0 || end > count) return -1;
    for (let i = begin; i < end; i++) if (this.#words[words + i] === word) return i;
    return -1;
  }

  /** The longest context with the word after it that may be one itself. */
  #after(found: Context, word: number): number {
    for (let context = found; ; context = this.#suffixOf(context)) {
      const level = context.level + 1;
      const at = level < this.order ? this.#child(context, word) : -1;
      if (at >= 0) return this.#level(level).base + at;
      if (context.level === 0) return 0;
    }
  }
}
