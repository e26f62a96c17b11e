import { byteTokens } from "./bytePairs.js";
import type { Component } from "./component.js";
import { PairTable } from "./pairTable.js";
import type { SubwordModel } from "./subwordModel.js";
import { unknownPiece } from "./subwordModel.js";

/** How much worse an unknown character is than the rarest token, in nats (SentencePiece). */
const unknownPenalty = 10;

/** The likeliest tokens of a word, each with its own probability (Kudo 2018): a search for the best path (Viterbi 1967). */
export class Unigram implements SubwordModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly size: number;
  readonly tokens: readonly string[];
  readonly unknown: number | undefined;
  readonly #scores: Float64Array;
  readonly #unknownScore: number;
  readonly #bytes: readonly number[] | null;
  /** The tokens as a tree of their code units: (node, unit) to node. */
  readonly #children: PairTable;
  /** The token that ends at a node, -1 where none does. */
  readonly #ends: number[] = [-1];

  constructor(model: Component) {
    const entries = model.list("vocab");
    this.#scores = new Float64Array(entries.length);
    const vocabulary = new Map<string, number>();
    const tokens: string[] = [];
    this.#children = new PairTable(entries.length * 4);
    for (const [id, entry] of entries.entries()) {
      const [token, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
      if (typeof token !== "string" || typeof score !== "number") {
        throw model.refusal(`expected entry ${id} of the vocabulary to be a token and its score.`);
      }
      this.#scores[id] = score;
      vocabulary.set(token, id);
      tokens.push(token);
      if (token !== "") this.#addToTree(token, id);
    }
    this.vocabulary = vocabulary;
    this.tokens = tokens;
    this.size = tokens.length;
    if (model.has("unk_id")) {
      this.unknown = model.whole("unk_id");
      if (this.unknown >= entries.length) throw model.refusal(`unk_id ${this.unknown} is outside the vocabulary.`);
    }
    this.#unknownScore = this.#scores.reduce((least, score) => Math.min(least, score), Infinity) - unknownPenalty;
    this.#bytes = model.flag("byte_fallback", false) ? byteTokens(vocabulary) : null;
  }

  encode(word: string): number[] {
    const { starts, ids } = this.#bestPaths(word);
    const pieces: string[] = [];
    let unknown = "";
    for (let end = word.length; end > 0; ) {
      const start = starts[end] as number;
      const piece = word.slice(start, end);
      if (ids[end] === this.unknown) unknown = piece + unknown;
      else {
        if (unknown !== "") pieces.push(unknown);
        unknown = "";
        pieces.push(piece);
      }
      end = start;
    }
    if (unknown !== "") pieces.push(unknown);
    return pieces.reverse().flatMap((piece) => this.#idsOf(piece));
  }

  #addToTree(token: string, id: number): void {
    let node = 0;
    for (let i = 0; i < token.length; i++) {
      const unit = token.charCodeAt(i);
      let child = this.#children.get(node, unit);
      if (child < 0) {
        child = this.#ends.push(-1) - 1;
        this.#children.set(node, unit, child);
      }
      node = child;
    }
    this.#ends[node] = id;
  }

  /** For each end in the word, where the last token of the best path to it starts and which token that is. */
  #bestPaths(word: string): { starts: Int32Array; ids: Int32Array } {
    const scores = new Float64Array(word.length + 1);
    const starts = new Int32Array(word.length + 1).fill(-1);
    const ids = new Int32Array(word.length + 1);
    const isBetter = (end: number, score: number) => starts[end] === -1 || score > (scores[end] as number);
    const offer = (start: number, end: number, id: number, score: number) => {
      if (!isBetter(end, score)) return;
      scores[end] = score;
      starts[end] = start;
      ids[end] = id;
    };
    for (let start = 0; start < word.length; ) {
      const before = scores[start] as number;
      const next = start + ((word.codePointAt(start) as number) > 0xffff ? 2 : 1);
      let node = 0;
      for (let end = start; end < word.length; ) {
        node = this.#children.get(node, word.charCodeAt(end++));
        if (node < 0) break;
        const id = this.#ends[node] as number;
        if (id < 0) continue;
        offer(start, end, id, (this.#scores[id] as number) + before);
      }
      // Where a token of this one character has been offered, that is likelier.
      if (isBetter(next, this.#unknownScore + before)) {
        if (this.unknown === undefined) throw unknownPiece(word.slice(start, next), word);
        offer(start, next, this.unknown, this.#unknownScore + before);
      }
      start = next;
    }
    return { starts, ids };
  }

  #idsOf(piece: string): number[] {
    const id = this.vocabulary.get(piece);
    if (id !== undefined) return [id];
    const bytes = this.#bytes ? Array.from(Buffer.from(piece, "utf8"), (byte) => this.#bytes?.[byte] as number) : [-1];
    if (!bytes.includes(-1)) return bytes;
    if (this.unknown === undefined) throw unknownPiece(piece, piece);
    return [this.unknown];
  }
}
