import { describe, InputError } from "../errors.js";
import { expectPartners } from "./references.js";

/** A sequence of tokens: an array of words, phonemes, ids ..., or a typed array of ids. Tokens are the same if === says so. */
export type Tokens<T> = readonly T[] | (ArrayLike<T> & { readonly BYTES_PER_ELEMENT: number });

/** Texts are refused: whether their tokens are words, characters or bytes is not ours to guess. */
export function expectTokens<T>(owner: string, name: string, value: Tokens<T>): Tokens<T> {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return value;
  const hint = typeof value === "string" ? " [...text] makes tokens of its characters." : "";
  throw new InputError(`${owner}: expected ${name} to be an array of tokens, got ${describe(value)}.${hint}`);
}

/** Checks sequences and the references of each. */
export function expectSequences<T>(
  owner: string,
  hypotheses: readonly Tokens<T>[],
  references: readonly (readonly Tokens<T>[])[],
): void {
  expectPartners(owner, hypotheses, references);
  const count = hypotheses.length;
  for (const [i, hypothesis] of hypotheses.entries()) {
    expectTokens(owner, `hypothesis ${i} of ${count}`, hypothesis);
    const list = references[i];
    if (!Array.isArray(list)) {
      throw new InputError(
        `${owner}: expected an array of references for hypothesis ${i} of ${count}, got ${describe(list)}.`,
      );
    }
    if (list.length === 0) throw new InputError(`${owner}: hypothesis ${i} of ${count} has 0 references.`);
    for (const reference of list) expectTokens(owner, `each reference of hypothesis ${i} of ${count}`, reference);
  }
}
