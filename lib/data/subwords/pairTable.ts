/** Numbers by pairs of numbers, each up to 2^32: a hash table of a few arrays, as hundreds of thousands of merges need it. */
export class PairTable {
  #capacity: number;
  #size = 0;
  #left: Uint32Array;
  #right: Uint32Array;
  /** The value plus one; 0 where there is none. */
  #values: Uint32Array;

  /** @param expected number of pairs, roughly. */
  constructor(expected = 16) {
    this.#capacity = 2 ** Math.ceil(Math.log2(Math.max(16, expected) * 2));
    [this.#left, this.#right, this.#values] = arrays(this.#capacity);
  }

  /** -1 if there is none. */
  get(left: number, right: number): number {
    return (this.#values[this.#slot(left, right)] as number) - 1;
  }

  set(left: number, right: number, value: number): void {
    if (this.#size * 2 >= this.#capacity) this.#grow();
    const slot = this.#slot(left, right);
    if (this.#values[slot] === 0) this.#size++;
    this.#left[slot] = left;
    this.#right[slot] = right;
    this.#values[slot] = value + 1;
  }

  #slot(left: number, right: number): number {
    const mask = this.#capacity - 1;
    let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (this.#values[slot] !== 0 && (this.#left[slot] !== left || this.#right[slot] !== right))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [lefts, rights, values] = [this.#left, this.#right, this.#values];
    this.#capacity *= 2;
    [this.#left, this.#right, this.#values] = arrays(this.#capacity);
    this.#size = 0;
    for (const [slot, value] of values.entries()) {
      if (value > 0) this.set(lefts[slot] as number, rights[slot] as number, value - 1);
    }
  }
}

function arrays(length: number): [Uint32Array, Uint32Array, Uint32Array] {
  return [new Uint32Array(length), new Uint32Array(length), new Uint32Array(length)];
}
