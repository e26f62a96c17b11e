import type { Tokenizer } from "../../data/index.js";
import { InputError, quote } from "../../errors.js";

/** The characters of each token of a vocabulary, as numbers. */
export interface Spellings {
  readonly kind: "characters";
  /** Q: different characters, with those that begin and end a word and one for each special token. */
  readonly size: number;
  /** C: the most characters of a token, begin and end included. */
  readonly longest: number;
  /** [V,C] */
  readonly characters: Int32Array;
  /** [V] */
  readonly lengths: Int32Array;
}

/** The characters before and after those of each token. */
const [begin, end] = [0, 1];

/**
 * The spellings of a tokenizer's tokens between a sign for the beginning and one for the end (Kim et al. 2016, section 3). Special
 * tokens and the line end have no spelling: each is a character of its own.
 * @param limit characters of a token that are read; the rest is left out.
 */
export function spellingsOf(tokenizer: Tokenizer, limit = Number.POSITIVE_INFINITY): Spellings {
  const { size, spell } = speller(tokenizer, limit);
  return { kind: "characters", size, ...spellingTable(Array.from({ length: tokenizer.size }, (_, id) => spell(id))) };
}

/**
 * The spellings of words, of which the vocabulary need not hold any: tokens that it holds are spelled as in `spellingsOf`.
 * @returns as many rows as words. @throws InputError for a word with a character that no token has.
 */
export function spellingsOfWords(
  who: string,
  tokenizer: Tokenizer,
  { words, limit }: { words: readonly string[]; limit: number },
): Omit<Spellings, "kind"> {
  const { size, spell } = speller(tokenizer, limit);
  return { size, ...spellingTable(words.map((word) => spell(tokenizer.id(word) ?? word, who))) };
}

/** How the tokens of a vocabulary are spelled, and other words. */
function speller(tokenizer: Tokenizer, limit: number) {
  const { signs, tokens, known, size } = charactersOf(tokenizer);
  const numbers = new Map(known.map((character, i) => [character, end + 1 + i]));
  const numberOfSign = new Map([...signs].sort((a, b) => a - b).map((id, i) => [id, end + 1 + known.length + i]));
  const number = (character: string, word: string, who: string) => {
    const found = numbers.get(character);
    if (found !== undefined) return found;
    throw new InputError(
      `${who}: ${quote(word)} has the character ${quote(character)}, which no word of the vocabulary has.`,
    );
  };
  /** @param token its id, or a word. */
  const spell = (token: number | string, who = ""): number[] => {
    const characters = typeof token === "number" ? tokens[token] : [...token];
    const word = typeof token === "number" ? tokenizer.token(token) : token;
    const inner = characters
      ? characters.slice(0, limit).map((character) => number(character, word, who))
      : [numberOfSign.get(token as number) as number];
    return [begin, ...inner, end];
  };
  return { size, spell };
}

/** Spellings as rows of one length. */
function spellingTable(spelled: readonly (readonly number[])[]): Pick<Spellings, "longest" | "characters" | "lengths"> {
  const longest = spelled.reduce((most, { length }) => Math.max(most, length), 0);
  const characters = new Int32Array(spelled.length * longest);
  for (const [row, spelling] of spelled.entries()) characters.set(spelling, row * longest);
  return { longest, characters, lengths: Int32Array.from(spelled, ({ length }) => length) };
}

/** The different characters of a tokenizer's tokens, and how many numbers they take with the signs. */
export function charactersOf(tokenizer: Tokenizer): {
  readonly kind: "characters";
  /** Q */
  readonly size: number;
  readonly known: readonly string[];
  /** Tokens that have no spelling. */
  readonly signs: ReadonlySet<number>;
  /** The characters of each token, null for a sign. */
  readonly tokens: readonly (readonly string[] | null)[];
} {
  const { size: V, special } = tokenizer;
  const signs = new Set([...Object.values(special), tokenizer.id("\n")].filter((id): id is number => id !== undefined));
  const tokens = Array.from({ length: V }, (_, id) => (signs.has(id) ? null : [...tokenizer.token(id)]));
  const known = [...new Set(tokens.flatMap((token) => token ?? []))].sort(byCodePoint);
  return { kind: "characters", size: end + 1 + known.length + signs.size, known, signs, tokens };
}

function byCodePoint(a: string, b: string): number {
  return (a.codePointAt(0) as number) - (b.codePointAt(0) as number);
}
