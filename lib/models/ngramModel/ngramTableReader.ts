import { InputError } from "../../errors.js";
import { NgramRecords } from "../../graph/ngramLayout.js";

/** An n-gram of a table. */
export interface TableEntry {
  /** Its words; the array is used again for the next one. */
  readonly words: readonly number[];
  /** Log-probability in nats. */
  readonly probability: number;
  /** Log of the back-off weight in nats; null for an n-gram of the highest order. */
  readonly backoff: number | null;
}

/** The n-grams of a packed table, order by order. */
export class NgramTableReader {
  readonly order: number;
  readonly #records: NgramRecords;

  /** @param counts number of n-grams of each order; what the table itself says of them is not trusted. */
  constructor(table: Int32Array, counts: readonly number[]) {
    this.order = counts.length;
    this.#records = new NgramRecords(table, counts);
  }

  /** n-grams of an order. */
  count(order: number): number {
    return this.#records.count(order);
  }

  /** Those of an order, in lexicographic order of their ids. @throws InputError for a word that the vocabulary lacks. */
  *ngrams(order: number): Generator<TableEntry, void, undefined> {
    const records = this.#records;
    const words = new Array<number>(order).fill(0);
    // By order: the place of the n-gram that the current one begins with.
    const places = new Array<number>(order + 1).fill(0);
    for (let at = 0; at < this.count(order); at++) {
      places[order] = at;
      words[order - 1] = this.#word(order, at);
      for (let k = order - 1; k >= 1; k--) {
        let place = places[k] as number;
        const child = places[k + 1] as number;
        while (place + 1 < this.count(k) && records.children(k, place + 1) <= child) place++;
        places[k] = place;
        words[k - 1] = this.#word(k, place);
      }
      const backoff = order < this.order ? records.backoff(order, at) : null;
      yield { words, probability: records.probability(order, at), backoff };
    }
  }

  #word(order: number, at: number): number {
    const word = this.#records.word(order, at);
    if (word < this.count(1)) return word;
    throw new InputError("the n-grams cannot be used: they are damaged.");
  }
}
