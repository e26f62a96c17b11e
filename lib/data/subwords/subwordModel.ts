import { describe, InputError } from "../../errors.js";
import { printable } from "../characters.js";
import type { Component } from "./component.js";

/** Cuts words into the tokens of a vocabulary. */
export interface SubwordModel {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Entries of the vocabulary. */
  readonly size: number;
  /** The tokens by id, where one can have several. */
  readonly tokens?: readonly string[];
  readonly unknown: number | undefined;
  /** @throws InputError for what is not in the vocabulary, when there is no unknown token. */
  encode(word: string): number[];
}

/** The vocabulary of { token: id }. */
export function readVocabulary(model: Component): Map<string, number> {
  const vocabulary = new Map(Object.entries(model.child("vocab").values));
  for (const [token, id] of vocabulary) {
    if (!Number.isInteger(id) || (id as number) < 0) {
      throw model.refusal(`expected the id of ${describe(token)} to be a whole number, got ${describe(id)}.`);
    }
  }
  return vocabulary as Map<string, number>;
}

/** The error for a piece of a word that no token stands for. */
export function unknownPiece(piece: string, word: string): InputError {
  return new InputError(
    `Unknown subword "${printable(piece.slice(0, 60))}" in ${describe(word)}: it is not in the vocabulary of ` +
      "tokenizer.json, which has no unknown token. Take it out of the text, or use another tokenizer.",
  );
}
