/** Words kept; then all go, and the frequent ones are soon back. */
const capacity = 2 ** 17;

/** Longer ones hardly come twice: whole sentences where a script has no spaces. */
const longestWord = 64;

/** The ids of words met before: text repeats its words, and one that is looked up need not be cut into tokens again. */
export class WordCache {
  readonly #encode: (word: string) => readonly number[];
  readonly #ids = new Map<string, readonly number[]>();

  constructor(encode: (word: string) => readonly number[]) {
    this.#encode = encode;
  }

  encode(word: string): readonly number[] {
    const known = this.#ids.get(word);
    if (known) return known;
    const ids = this.#encode(word);
    if (word.length > longestWord) return ids;
    if (this.#ids.size >= capacity) this.#ids.clear();
    // A copy: a piece of a string would keep the whole text in memory.
    this.#ids.set(Buffer.from(word, "utf8").toString("utf8"), ids);
    return ids;
  }
}
