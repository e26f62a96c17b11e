import type { Tokenizer } from "../../data/index.js";

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
  const { signs, tokens, known, size } = charactersOf(tokenizer);
  const numbers = new Map(known.map((character, i) => [character, end + 1 + i]));
  const numberOfSign = new Map([...signs].sort((a, b) => a - b).map((id, i) => [id, end + 1 + known.length + i]));
  const spelled = tokens.map((token, id) => {
    const inner = token ? token.slice(0, limit).map((character) => numbers.get(character)) : [numberOfSign.get(id)];
    return [begin, ...(inner as number[]), end];
  });
  const longest = spelled.reduce((most, { length }) => Math.max(most, length), 0);
  const characters = new Int32Array(tokens.length * longest);
  for (const [id, spelling] of spelled.entries()) characters.set(spelling, id * longest);
  const lengths = Int32Array.from(spelled, ({ length }) => length);
  return { kind: "characters", size, longest, characters, lengths };
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
