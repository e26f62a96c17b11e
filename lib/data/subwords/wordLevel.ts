import type { Component } from "./component.js";
import type { SubwordModel } from "./subwordModel.js";
import { readVocabulary, unknownPiece } from "./subwordModel.js";

/** Whole words; all others are the unknown token. */
export class WordLevel implements SubwordModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly size: number;
  readonly unknown: number | undefined;

  constructor(model: Component) {
    this.vocabulary = readVocabulary(model);
    this.size = this.vocabulary.size;
    this.unknown = this.vocabulary.get(model.text("unk_token"));
  }

  encode(word: string): number[] {
    const id = this.vocabulary.get(word) ?? this.unknown;
    if (id === undefined) throw unknownPiece(word, word);
    return [id];
  }
}
