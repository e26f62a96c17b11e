import { describe } from "../../errors.js";
import type { Component } from "./component.js";
import { whiteSpace, wordCharacter } from "./libraryUnicode.js";
import { PairTable } from "./pairTable.js";

/** A token that is looked for in the text itself. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** The text that is looked for: normal where the token is. */
  readonly sought: string;
  readonly special: boolean;
  readonly normalized: boolean;
  /** Whether it only counts where no letters or digits stand beside it. */
  readonly singleWord: boolean;
  /** Whether white space in front of it belongs to it. */
  readonly takesSpaceBefore: boolean;
  readonly takesSpaceAfter: boolean;
}

/** Tokens and the texts between them. */
export type Stretch = { readonly id: number } | { readonly text: string };

const endsInWord = new RegExp(`${wordCharacter}$`, "v");
const beginsWithWord = new RegExp(`^${wordCharacter}`, "v");
const space = new RegExp(whiteSpace, "v");

/**
 * The added tokens of a file, by id. The library gives a token that the vocabulary has its id there, and the others the ids
 * after the vocabulary.
 * @throws InputError if the file says something else, or if two tokens are the same.
 */
export function readAddedTokens(
  file: Component,
  vocabulary: ReadonlyMap<string, number>,
  { size, normalize }: { size: number; normalize: (text: string) => string },
): AddedToken[] {
  if (!file.has("added_tokens")) return [];
  const tokens = new Map<string, AddedToken>();
  let next = size;
  for (const component of file.children("added_tokens")) {
    const token = readToken(component, normalize);
    if (token.content === "") throw component.refusal("an empty token stands nowhere in a text.");
    if (tokens.has(token.content)) throw component.refusal(`the token ${describe(token.content)} is there twice.`);
    const id = vocabulary.get(token.content) ?? next++;
    if (id !== token.id) {
      throw component.refusal(
        `the token ${describe(token.content)} has the id ${token.id}, but the library gives it ${id}: ids of added tokens ` +
          `are those of the vocabulary, or follow it without a gap. Save the file with the library again.`,
      );
    }
    tokens.set(token.content, token);
  }
  const added = [...tokens.values()];
  expectDistinct(
    file,
    added.filter(({ normalized }) => normalized),
  );
  return added;
}

/** @throws InputError if two tokens are looked for by the same text, or one by none. */
function expectDistinct(file: Component, tokens: readonly AddedToken[]): void {
  const sought = new Set<string>([""]);
  for (const token of tokens) {
    if (sought.has(token.sought)) {
      throw file.refusal(
        `the added token ${describe(token.content)} is ${describe(token.sought)} after normalization, ` +
          `${token.sought === "" ? "which stands nowhere in a text" : "as another one is"}.`,
      );
    }
    sought.add(token.sought);
  }
}

function readToken(component: Component, normalize: (text: string) => string): AddedToken {
  const content = component.text("content");
  const normalized = component.flag("normalized");
  return {
    id: component.whole("id"),
    content,
    normalized,
    sought: normalized ? normalize(content) : content,
    special: component.flag("special"),
    singleWord: component.flag("single_word"),
    takesSpaceBefore: component.flag("lstrip"),
    takesSpaceAfter: component.flag("rstrip"),
  };
}

/** Finds tokens in texts: from left to right, the longest first. */
export class TokenFinder {
  /** The code units that tokens begin with. */
  readonly #firsts = new Uint8Array(0x10000);
  /** The tokens as a tree of their code units: (node, unit) to node. */
  readonly #children = new PairTable();
  readonly #ends: (AddedToken | undefined)[] = [undefined];

  constructor(tokens: readonly AddedToken[]) {
    for (const token of tokens) this.#addToTree(token);
  }

  /** The tokens of a text and what lies between them, in order. */
  split(text: string): Stretch[] {
    const stretches: Stretch[] = [];
    let end = 0;
    for (let at = 0; at < text.length; ) {
      const token = this.#firsts[text.charCodeAt(at)] === 1 ? this.#longestAt(text, at) : undefined;
      if (!token) {
        at++;
        continue;
      }
      const begin = at;
      at += token.sought.length;
      if (token.singleWord && !standsAlone(text, begin, at)) continue;
      const start = token.takesSpaceBefore ? Math.max(spaceBefore(text, begin), end) : begin;
      if (end < start) stretches.push({ text: text.slice(end, start) });
      stretches.push({ id: token.id });
      end = token.takesSpaceAfter ? spaceAfter(text, at) : at;
    }
    if (end < text.length) stretches.push({ text: text.slice(end) });
    return stretches;
  }

  #addToTree(token: AddedToken): void {
    let node = 0;
    for (let i = 0; i < token.sought.length; i++) {
      const unit = token.sought.charCodeAt(i);
      let child = this.#children.get(node, unit);
      if (child < 0) {
        child = this.#ends.push(undefined) - 1;
        this.#children.set(node, unit, child);
      }
      node = child;
    }
    this.#ends[node] = token;
    this.#firsts[token.sought.charCodeAt(0)] = 1;
  }

  #longestAt(text: string, start: number): AddedToken | undefined {
    let longest: AddedToken | undefined;
    for (let node = 0, at = start; at < text.length; ) {
      node = this.#children.get(node, text.charCodeAt(at++));
      if (node < 0) break;
      longest = this.#ends[node] ?? longest;
    }
    return longest;
  }
}

function standsAlone(text: string, start: number, end: number): boolean {
  return !endsInWord.test(text.slice(Math.max(0, start - 2), start)) && !beginsWithWord.test(text.slice(end, end + 2));
}

function spaceBefore(text: string, start: number): number {
  let at = start;
  while (at > 0 && space.test(text[at - 1] as string)) at--;
  return at;
}

function spaceAfter(text: string, end: number): number {
  let at = end;
  while (at < text.length && space.test(text[at] as string)) at++;
  return at;
}
