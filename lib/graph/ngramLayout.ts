/** Numbers before the first level of a packed table of n-grams; native/ngram/ngram_layout.h says what they hold. */
export const headerSize = 32;

/** An integer of a record: the byte where its bits begin, the first of them, and how many there are. */
export interface NgramField {
  readonly byte: number;
  readonly shift: number;
  readonly bits: number;
}

/** Where the n-grams of one order lie in a table: their first byte, and of a record its bytes and its integers. */
export interface NgramLevel {
  readonly count: number;
  readonly begin: number;
  readonly stride: number;
  readonly word: NgramField;
  readonly children: NgramField;
  readonly suffix: NgramField;
}

/** How many n-grams of each order a table says that it has. */
export function ngramCounts(table: Int32Array): number[] {
  return [...table.subarray(8, 8 + (table[2] as number))];
}

/** The levels of a table of so many n-grams of each order, from 1 on, and the numbers that it has in all. */
export function ngramLayout(counts: readonly number[]): { levels: NgramLevel[]; size: number } {
  let begin = 4 * headerSize;
  const levels = counts.map((count, i) => {
    const isContext = i + 1 < counts.length;
    let bit = isContext ? 64 : 32;
    const field = (there: boolean, largest: number): NgramField => {
      const bits = there ? 32 - Math.clz32(largest) : 0;
      const own = { byte: Math.floor(bit / 8), shift: bit % 8, bits };
      bit += bits;
      return own;
    };
    const word = field(i > 0, (counts[0] as number) - 1);
    const children = field(isContext, counts[i + 1] ?? 0);
    const suffix = field(isContext && i > 1, Math.max((counts[i - 1] ?? 0) - 1, 0));
    const level = { count, begin, stride: Math.ceil(bit / 8), word, children, suffix };
    begin += 4 * Math.ceil((level.stride * (count + (isContext ? 1 : 0))) / 4);
    return level;
  });
  return { levels, size: begin / 4 + 2 };
}

/** The numbers of the n-grams of a table. */
export class NgramRecords {
  readonly levels: readonly NgramLevel[];
  readonly #bytes: DataView;

  /** @param counts n-grams of each order, of which the table has the size. */
  constructor(table: Int32Array, counts: readonly number[]) {
    this.levels = ngramLayout(counts).levels;
    this.#bytes = new DataView(table.buffer, table.byteOffset, table.byteLength);
  }

  count(order: number): number {
    return this.#level(order).count;
  }

  /** The last word of an n-gram. */
  word(order: number, at: number): number {
    return order === 1 ? at : this.#integer(this.#at(order, at), this.#level(order).word);
  }

  /** Log-probability in nats. */
  probability(order: number, at: number): number {
    return this.#bytes.getFloat32(this.#at(order, at), true);
  }

  /** Log of the back-off weight in nats; below the highest order. */
  backoff(order: number, at: number): number {
    return this.#bytes.getFloat32(this.#at(order, at) + 4, true);
  }

  /** Its first child; of the place after the last n-gram, where the children of that end. Below the highest order. */
  children(order: number, at: number): number {
    return this.#integer(this.#at(order, at), this.#level(order).children);
  }

  /** The n-gram without its first word, in the level before; from order 2 to below the highest. */
  suffix(order: number, at: number): number {
    return order === 2 ? this.word(2, at) : this.#integer(this.#at(order, at), this.#level(order).suffix);
  }

  #level(order: number): NgramLevel {
    return this.levels[order - 1] as NgramLevel;
  }

  #at(order: number, at: number): number {
    const { begin, stride } = this.#level(order);
    return begin + at * stride;
  }

  #integer(record: number, { byte, shift, bits }: NgramField): number {
    const low = this.#bytes.getUint32(record + byte, true);
    const high = this.#bytes.getUint8(record + byte + 4);
    return (((high * 2 ** 32 + low) / 2 ** shift) % 2 ** bits) | 0;
  }
}
