import { describe, InputError } from "../errors.js";

/** An ordered list of distinct tokens. The id of a token is its place. */
export class Vocabulary {
  readonly tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  /** @throws InputError unless the tokens are distinct, non-empty strings. */
  constructor(tokens: readonly string[]) {
    if (!Array.isArray(tokens) || tokens.length === 0) {
      throw new InputError(`Vocabulary: expected a list of tokens, got ${describe(tokens)}.`);
    }
    const ids = new Map<string, number>();
    for (const [id, token] of tokens.entries()) {
      if (typeof token !== "string" || token === "") {
        throw new InputError(`Vocabulary: expected token ${id} to be a text, got ${describe(token)}.`);
      }
      if (ids.has(token)) {
        throw new InputError(
          `Vocabulary: token ${describe(token)} is there twice, with ids ${ids.get(token)} and ${id}.`,
        );
      }
      ids.set(token, id);
    }
    this.tokens = [...tokens];
    this.#ids = ids;
  }

  get size(): number {
    return this.tokens.length;
  }

  id(token: string): number | undefined {
    return this.#ids.get(token);
  }

  /** @throws InputError for an id outside the vocabulary. */
  token(id: number): string {
    const token = Number.isInteger(id) ? this.tokens[id] : undefined;
    if (token === undefined) throw idError(id, this.size);
    return token;
  }
}

/** An id that no token has. */
export function idError(id: unknown, size: number): InputError {
  return new InputError(
    `Token id ${describe(id)} is outside the vocabulary: expected a whole number from 0 to ${size - 1}.`,
  );
}

/** Counts tokens and makes a vocabulary of them. */
export class TokenCounts {
  readonly #counts = new Map<string, number>();

  add(token: string, count = 1): void {
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + count);
  }

  has(token: string): boolean {
    return this.#counts.has(token);
  }

  /** Number of distinct tokens. */
  get size(): number {
    return this.#counts.size;
  }

  /** In the order of their code points. */
  sorted(): string[] {
    return [...this.#counts.keys()].sort(byCodePoint);
  }

  /** Most frequent first; equally frequent ones in the order of their code points. Each with its count. */
  ranked(): { token: string; count: number }[] {
    const ranked = [...this.#counts].map(([token, count]) => ({ token, count }));
    return ranked.sort((a, b) => b.count - a.count || byCodePoint(a.token, b.token));
  }
}

/** The same order everywhere: neither the locale nor surrogates matter. */
function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) {
      // Not UTF-16 order: astral characters come after U+FFFF.
      return (a.codePointAt(i) as number) - (b.codePointAt(i) as number);
    }
  }
  return a.length - b.length;
}
