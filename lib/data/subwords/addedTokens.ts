import { describe } from "../../errors.js";
import type { Component } from "./component.js";
import { whiteSpace, wordCharacter } from "./libraryUnicode.js";

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
  for (const normalized of [false, true]) expectDistinct(file, [...tokens.values()], normalized);
  return [...tokens.values()];
}

/** @throws InputError if two tokens are looked for by the same text. */
function expectDistinct(file: Component, tokens: readonly AddedToken[], normalized: boolean): void {
  const sought = new Set<string>([""]);
  for (const token of tokens) {
    if (token.normalized !== normalized) continue;
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
  readonly #tokens: ReadonlyMap<string, AddedToken>;
  readonly #pattern: RegExp | null;

  constructor(tokens: readonly AddedToken[]) {
    this.#tokens = new Map(tokens.map((token) => [token.sought, token]));
    const longestFirst = [...this.#tokens.keys()].sort((a, b) => b.length - a.length);
    const quoted = longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&"));
    this.#pattern = quoted.length > 0 ? new RegExp(quoted.join("|"), "gu") : null;
  }

  /** The tokens of a text and what lies between them, in order. */
  split(text: string): Stretch[] {
    if (this.#pattern === null) return text === "" ? [] : [{ text }];
    const stretches: Stretch[] = [];
    let end = 0;
    for (const match of text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0]) as AddedToken;
      const stop = match.index + match[0].length;
      if (token.singleWord && !standsAlone(text, match.index, stop)) continue;
      const start = token.takesSpaceBefore ? Math.max(spaceBefore(text, match.index), end) : match.index;
      if (end < start) stretches.push({ text: text.slice(end, start) });
      stretches.push({ id: token.id });
      end = token.takesSpaceAfter ? spaceAfter(text, stop) : stop;
    }
    if (end < text.length) stretches.push({ text: text.slice(end) });
    return stretches;
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
