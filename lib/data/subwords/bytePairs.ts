import type { Component } from "./component.js";
import { PairTable } from "./pairTable.js";
import type { SubwordModel } from "./subwordModel.js";
import { readVocabulary, unknownPiece } from "./subwordModel.js";

/** Positions in a word take the low part of a queue's key, ranks the high part. */
const positions = 2 ** 30;

/**
 * Byte-pair encoding (Sennrich et al. 2016): a word's characters, of which the neighbours with the merge of lowest rank are
 * joined until none is left; of equal ranks the leftmost.
 */
export class BytePairs implements SubwordModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly size: number;
  readonly unknown: number | undefined;
  readonly ignoresMerges: boolean;
  /** Whether words have no marks at their beginnings or ends: then what is joined depends on the neighbours alone. */
  readonly isPlain: boolean;
  readonly bytes: readonly number[] | null;
  readonly #prefix: string;
  readonly #suffix: string;
  readonly #fusesUnknown: boolean;
  readonly #ranks: PairTable;
  /** The tokens that merges make, by rank. */
  readonly #results: Uint32Array;

  constructor(model: Component) {
    if (model.has("dropout") && model.value("dropout") !== 0) {
      throw model.refusal("dropout draws other tokens each time. Set it to null to have the likeliest ones.");
    }
    this.vocabulary = readVocabulary(model);
    this.size = this.vocabulary.size;
    this.unknown = model.has("unk_token") ? this.vocabulary.get(model.text("unk_token")) : undefined;
    this.#prefix = model.text("continuing_subword_prefix", "");
    this.#suffix = model.text("end_of_word_suffix", "");
    this.isPlain = this.#prefix === "" && this.#suffix === "";
    this.#fusesUnknown = model.flag("fuse_unk", false);
    this.ignoresMerges = model.flag("ignore_merges", false);
    this.bytes = model.flag("byte_fallback", false) ? byteTokens(this.vocabulary) : null;
    const merges = model.list("merges").filter((merge) => typeof merge !== "string" || !merge.startsWith("#version"));
    this.#ranks = new PairTable(merges.length);
    this.#results = new Uint32Array(merges.length);
    for (const [rank, merge] of merges.entries()) this.#addMerge(model, merge, rank);
  }

  encode(word: string): number[] {
    const whole = this.ignoresMerges ? this.vocabulary.get(word) : undefined;
    if (whole !== undefined) return [whole];
    const symbols = this.#symbols(word);
    return symbols.length < 2 ? symbols : this.#merge(symbols);
  }

  /** Whether a character that has no token of its own becomes bytes that no merge joins with anything. */
  keepsBytesOf(character: string): boolean {
    const tokens = Array.from(Buffer.from(character, "utf8"), (byte) => this.bytes?.[byte] ?? -1);
    return tokens.every((token) => token >= 0 && !this.#joins(token));
  }

  #joins(token: number): boolean {
    for (const other of this.vocabulary.values()) {
      if (this.#ranks.get(token, other) >= 0 || this.#ranks.get(other, token) >= 0) return true;
    }
    return false;
  }

  #addMerge(model: Component, merge: unknown, rank: number): void {
    const sides = typeof merge === "string" ? merge.split(" ") : merge;
    const refuse = (reason: string) =>
      model.refusal(`merge ${rank} (${JSON.stringify(merge)?.slice(0, 80)}) ${reason}.`);
    if (!Array.isArray(sides) || sides.length !== 2 || !sides.every((side) => typeof side === "string")) {
      throw refuse("is not a pair of tokens");
    }
    const [left, right] = sides as [string, string];
    if (!right.startsWith(this.#prefix)) throw refuse(`lacks the prefix "${this.#prefix}" of tokens inside words`);
    const ids = [left, right, left + right.slice(this.#prefix.length)].map((token) => this.vocabulary.get(token));
    if (ids.includes(undefined)) throw refuse("has a token that is not in the vocabulary");
    const [a, b, result] = ids as [number, number, number];
    this.#ranks.set(a, b, rank);
    this.#results[rank] = result;
  }

  #symbols(word: string): number[] {
    const symbols: number[] = [];
    // The unknown token waits for the next known character, even when bytes come first, as in the library.
    let waits = false;
    const flush = () => {
      if (waits) symbols.push(this.unknown as number);
      waits = false;
    };
    for (let at = 0; at < word.length; ) {
      const character = String.fromCodePoint(word.codePointAt(at) as number);
      const inside = at > 0 ? this.#prefix + character : character;
      at += character.length;
      const symbol = at === word.length ? inside + this.#suffix : inside;
      const id = this.vocabulary.get(symbol);
      if (id !== undefined) {
        flush();
        symbols.push(id);
      } else if (!this.#pushBytes(symbol, symbols)) {
        if (this.unknown === undefined) throw unknownPiece(symbol, word);
        if (!this.#fusesUnknown) flush();
        waits = true;
      }
    }
    flush();
    return symbols;
  }

  #pushBytes(symbol: string, symbols: number[]): boolean {
    const tokens = this.bytes ? Array.from(Buffer.from(symbol, "utf8"), (byte) => this.bytes?.[byte] as number) : [-1];
    if (tokens.includes(-1)) return false;
    symbols.push(...tokens);
    return true;
  }

  #merge(symbols: number[]): number[] {
    const next = new Int32Array(symbols.length).map((_, i) => (i + 1 < symbols.length ? i + 1 : -1));
    const previous = new Int32Array(symbols.length).map((_, i) => i - 1);
    const alive = new Uint8Array(symbols.length).fill(1);
    const queue = new KeyQueue();
    const propose = (left: number, right: number) => {
      const rank = this.#ranks.get(symbols[left] as number, symbols[right] as number);
      if (rank >= 0) queue.push(rank * positions + left);
    };
    for (let i = 0; i + 1 < symbols.length; i++) propose(i, i + 1);
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      const left = key % positions;
      const right = next[left] as number;
      if (alive[left] === 0 || right < 0) continue;
      const result = this.#results[(key - left) / positions];
      const rank = this.#ranks.get(symbols[left] as number, symbols[right] as number);
      // The pair may have changed meanwhile. As in the library, another pair will do if it makes the same token.
      if (rank < 0 || this.#results[rank] !== result) continue;
      symbols[left] = result as number;
      alive[right] = 0;
      const after = next[right] as number;
      next[left] = after;
      if (after >= 0) previous[after] = left;
      if ((previous[left] as number) >= 0) propose(previous[left] as number, left);
      if (after >= 0) propose(left, after);
    }
    return symbols.filter((_, i) => alive[i] === 1);
  }
}

/** The tokens <0x00> to <0xFF> by byte, -1 where the vocabulary lacks one. */
export function byteTokens(vocabulary: ReadonlyMap<string, number>): number[] {
  const name = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
  return Array.from({ length: 256 }, (_, byte) => vocabulary.get(name(byte)) ?? -1);
}

/** Numbers, the smallest first: a binary heap. */
class KeyQueue {
  readonly #keys: number[] = [];

  push(key: number): void {
    const keys = this.#keys;
    let at = keys.length;
    keys.push(key);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((keys[parent] as number) <= key) break;
      keys[at] = keys[parent] as number;
      at = parent;
    }
    keys[at] = key;
  }

  pop(): number | undefined {
    const keys = this.#keys;
    const top = keys[0];
    const last = keys.pop();
    if (last === undefined || keys.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= keys.length) break;
      if (child + 1 < keys.length && (keys[child + 1] as number) < (keys[child] as number)) child++;
      if ((keys[child] as number) >= last) break;
      keys[at] = keys[child] as number;
      at = child;
    }
    keys[at] = last;
    return top;
  }
}
