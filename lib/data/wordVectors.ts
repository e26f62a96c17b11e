import { describe, InputError, quote } from "../errors.js";
import type { OptionsOf } from "../options.js";
import {
  checkOption,
  completeOptions,
  list,
  nearestName,
  optional,
  table,
  text,
  tuple,
  value,
  whole,
} from "../options.js";

export const neighbourRules = table("neighbours", {
  /** Words to find. Default 10. */
  top: whole({ minimum: 1, initial: 10 }),
  /** Words that are looked at: the first ones, which are the most frequent. Default: all. */
  among: optional(whole({ minimum: 1 })),
  /** Words that do not count, besides the one that is asked for. Default none. */
  except: list(text(), []),
});

/** Options of `neighbours` and `analogy`. @interface */
export type NeighbourOptions = OptionsOf<typeof neighbourRules>;

/** A word near another. */
export interface Neighbour {
  readonly word: string;
  /** The cosine of the angle between the vectors, -1 to 1. */
  readonly similarity: number;
}

/** Vectors of words, in the order of the file, or the most frequent word first. */
export class WordVectors {
  readonly #ids: ReadonlyMap<string, number>;
  /** The vectors, each of length 1; those that are 0 stay 0. Made when they are first asked for. */
  #unit: Float32Array | null = null;

  /** @param values [V,size] */
  constructor(
    readonly words: readonly string[],
    readonly values: Float32Array,
    readonly size: number,
    /** Words that the file has more than once; the first vector counts. */
    readonly duplicates = 0,
  ) {
    if (values?.length !== words?.length * size) {
      throw new InputError(`WordVectors: expected ${words?.length} x ${size} numbers, got ${values?.length}.`);
    }
    this.#ids = new Map(words.map((word, id) => [word, id]));
  }

  /** The vector of a word, or else of the word in lower case; null if there is neither. */
  of(word: string): Float32Array | null {
    const id = this.id(word);
    return id === undefined ? null : this.values.subarray(id * this.size, (id + 1) * this.size);
  }

  /** The place of a word, or else of the word in lower case, in `words`. */
  id(word: string): number | undefined {
    return this.#ids.get(word) ?? this.#ids.get(String(word).toLowerCase());
  }

  /** The cosine of the angle between the vectors of two words. @throws InputError for a word without a vector. */
  similarity(a: string, b: string): number {
    const [x, y] = [this.#unitOf("similarity", a), this.#unitOf("similarity", b)];
    return dot(x, y);
  }

  /**
   * The words whose vectors have the smallest angle to that of a word, or to a vector.
   * @throws InputError for a word without a vector, and a vector of another size.
   */
  neighbours(of: string | ArrayLike<number>, options: NeighbourOptions = {}): Neighbour[] {
    const { top, among, except } = completeOptions("neighbours", options, neighbourRules);
    if (typeof of === "string") {
      return this.#nearest(this.#unitOf("neighbours", of), { top, among, except: [of, ...except] });
    }
    checkOption("neighbours", "the word", of, vectorRule);
    if (of.length !== this.size) {
      throw new InputError(`neighbours: the vector has ${of.length} numbers, expected ${this.size}.`);
    }
    return this.#nearest(unitVector(of), { top, among, except });
  }

  /**
   * The words that are to the third as the second is to the first: "man", "king", "woman" -> "queen". Nearest to b - a + c, of vectors of length 1
   * (Mikolov, Yih & Zweig 2013); the three words do not count.
   * @throws InputError for a word without a vector.
   */
  analogy(words: readonly [string, string, string], options: NeighbourOptions = {}): Neighbour[] {
    const { top, among, except } = completeOptions("analogy", options, neighbourRules);
    const [a, b, c] = checkOption("analogy", "the words", words, threeWords);
    const [from, to, of] = [a, b, c].map((word) => this.#unitOf("analogy", word)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const target = unitVector(of.map((x, i) => x - (from[i] as number) + (to[i] as number)));
    return this.#nearest(target, { top, among, except: [a, b, c, ...except] });
  }

  /** [V,size] the vectors, each of length 1; a vector of zeros stays one. */
  get unit(): Float32Array {
    if (this.#unit) return this.#unit;
    const { size, values } = this;
    const unit = new Float32Array(values.length);
    for (let at = 0; at < values.length; at += size) unit.set(unitVector(values.subarray(at, at + size)), at);
    this.#unit = unit;
    return unit;
  }

  #unitOf(who: string, word: string): Float32Array {
    const id = this.id(checkOption(who, "the word", word, text()));
    if (id !== undefined) return this.unit.subarray(id * this.size, (id + 1) * this.size);
    const nearest = this.words.length <= mostSuggested ? nearestName(word, this.words) : undefined;
    throw new InputError(
      `${who}: there is no vector of ${quote(word)} among ${this.words.length} words.${nearest ? ` Did you mean ${quote(nearest)}?` : ""}`,
    );
  }

  /** @param target of length 1. */
  #nearest(
    target: Float32Array,
    { top, among, except }: { top: number; among: number | undefined; except: readonly string[] },
  ): Neighbour[] {
    const left = new Set(except.map((word) => this.id(word)));
    const count = Math.min(this.words.length, among ?? this.words.length);
    const found: { id: number; similarity: number }[] = [];
    for (let id = 0; id < count; id++) {
      if (left.has(id)) continue;
      const similarity = dot(target, this.unit.subarray(id * this.size, (id + 1) * this.size));
      if (found.length === top && similarity <= (found[top - 1]?.similarity as number)) continue;
      const place = found.findIndex((other) => other.similarity < similarity);
      found.splice(place < 0 ? found.length : place, 0, { id, similarity });
      if (found.length > top) found.pop();
    }
    return found.map(({ id, similarity }) => ({ word: this.words[id] as string, similarity }));
  }
}

/** Words among which the nearest spelling is looked for: more take too long. */
const mostSuggested = 200_000;

const threeWords = tuple(text(), text(), text());

const vectorRule = value<ArrayLike<number>>(
  "a word, or a vector of numbers",
  (vector) => Array.isArray(vector) || ArrayBuffer.isView(vector),
);

/** A rule of vectors of words. */
export const wordVectorsRule = value<WordVectors>(
  "WordVectors, as readWordVectors gives them",
  (vectors) => vectors instanceof WordVectors,
);

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function unitVector(vector: ArrayLike<number>): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  if (!Number.isFinite(length)) throw new InputError(`expected a vector of finite numbers, got ${describe(length)}.`);
  return Float32Array.from(vector, (x) => (length > 0 ? x / length : 0));
}
