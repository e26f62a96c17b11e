import { InputError } from "../../errors.js";
import { recordSize, tableLevels } from "./network.js";

/** An n-gram of a table. */
export interface TableEntry {
  /** Its words; the array is used again for the next one. */
  readonly words: readonly number[];
  /** Log-probability in nats. */
  readonly probability: number;
  /** Log of the back-off weight in nats; null for an n-gram of the highest order. */
  readonly backoff: number | null;
}

type Levels = ReturnType<typeof tableLevels>;

/** The n-grams of a packed table, order by order. */
export class NgramTableReader {
  readonly order: number;
  readonly #levels: Levels;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;

  /** @param counts number of n-grams of each order; what the table itself says of them is not trusted. */
  constructor(table: Int32Array, counts: readonly number[]) {
    this.order = counts.length;
    this.#words = table;
    this.#floats = new Float32Array(table.buffer, table.byteOffset, table.length);
    this.#levels = tableLevels(counts);
  }

  /** n-grams of an order. */
  count(order: number): number {
    return this.#level(order).count;
  }

  /** Those of an order, in lexicographic order of their ids. @throws InputError for a word that the vocabulary lacks. */
  *ngrams(order: number): Generator<TableEntry, void, undefined> {
    const words = new Array<number>(order).fill(0);
    // By order: the place of the n-gram that the current one begins with.
    const places = new Array<number>(order + 1).fill(0);
    const own = this.#level(order);
    for (let at = 0; at < own.count; at++) {
      places[order] = at;
      words[order - 1] = this.#word(order, at);
      for (let k = order - 1; k >= 1; k--) {
        const below = this.#level(k);
        let place = places[k] as number;
        const child = places[k + 1] as number;
        while (
          place + 1 < below.count &&
          (this.#words[below.records + recordSize * (place + 1) + 2] as number) <= child
        )
          place++;
        places[k] = place;
        words[k - 1] = this.#word(k, place);
      }
      const hasRecords = order === 1 || order < this.order;
      const record = own.records + (hasRecords ? recordSize * at : at);
      const isContext = order < this.order;
      yield {
        words,
        probability: this.#floats[record] as number,
        backoff: isContext ? (this.#floats[record + 1] as number) : null,
      };
    }
  }

  #level(order: number): Levels[number] {
    return this.#levels[order - 1] as Levels[number];
  }

  #word(order: number, at: number): number {
    if (order === 1) return at;
    const word = this.#words[this.#level(order).words + at] as number;
    if (word >= 0 && word < this.count(1)) return word;
    throw new InputError("the n-grams cannot be used: they are damaged.");
  }
}
