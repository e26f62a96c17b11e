import { describe, InputError } from "../errors.js";

/** A sequence of tokens: an array of words, phonemes, ids ..., or a typed array of ids. Tokens are the same if === says so. */
export type Tokens<T> = readonly T[] | (ArrayLike<T> & { readonly BYTES_PER_ELEMENT: number });

/** Texts are refused: whether their tokens are words, characters or bytes is not ours to guess. */
export function expectTokens<T>(owner: string, name: string, value: Tokens<T>): Tokens<T> {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return value;
  const hint = typeof value === "string" ? " [...text] makes tokens of its characters." : "";
  throw new InputError(`${owner}: expected ${name} to be an array of tokens, got ${describe(value)}.${hint}`);
}
