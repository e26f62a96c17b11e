import { countCharacters } from "../characters.js";
import type { Component } from "./component.js";
import type { SubwordModel } from "./subwordModel.js";
import { readVocabulary, unknownPiece } from "./subwordModel.js";

/**
 * The longest token that a word begins with, then the longest of the rest, and so on (Wu et al. 2016). A word with a part
 * that has no token is one unknown token.
 */
export class WordPiece implements SubwordModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly size: number;
  readonly unknown: number | undefined;
  readonly #prefix: string;
  readonly #longestWord: number;
  readonly #longestToken: number;

  constructor(model: Component) {
    this.vocabulary = readVocabulary(model);
    this.size = this.vocabulary.size;
    this.unknown = this.vocabulary.get(model.text("unk_token"));
    this.#prefix = model.text("continuing_subword_prefix");
    this.#longestWord = model.whole("max_input_chars_per_word");
    this.#longestToken = [...this.vocabulary.keys()].reduce((longest, token) => Math.max(longest, token.length), 0);
  }

  encode(word: string): number[] {
    const pieces = countCharacters(word) > this.#longestWord ? null : this.#pieces(word);
    if (pieces) return pieces;
    if (this.unknown === undefined) throw unknownPiece(word, word);
    return [this.unknown];
  }

  #pieces(word: string): number[] | null {
    const pieces: number[] = [];
    for (let start = 0; start < word.length; ) {
      const prefix = start > 0 ? this.#prefix : "";
      let end = Math.min(word.length, start + this.#longestToken);
      let id: number | undefined;
      for (; end > start; end--) {
        id = this.vocabulary.get(prefix + word.slice(start, end));
        if (id !== undefined) break;
      }
      if (id === undefined) return null;
      pieces.push(id);
      start = end;
    }
    return pieces;
  }
}
