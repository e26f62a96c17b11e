import { describe, OptionError } from "../errors.js";

/** A text that a tokenizer is given. @throws OptionError for anything else. */
export function expectText(owner: string, value: unknown): string {
  if (typeof value === "string") return value;
  const hint = ArrayBuffer.isView(value) ? " Decode the bytes first, for example with bytes.toString()." : "";
  throw new OptionError(`${owner}: expected a text, got ${describe(value)}.${hint}`);
}

/** Token ids that a tokenizer is given: an array, plain or typed. @throws OptionError for anything else. */
export function expectTokens(owner: string, value: unknown): ArrayLike<number> {
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return value as unknown as ArrayLike<number>;
  }
  throw new OptionError(`${owner}: expected an array of token ids, got ${describe(value)}.`);
}

/** A corpus, or anything else that gives a text in pieces. @throws OptionError for anything else. */
export function expectCorpus(owner: string, value: unknown): { pieces(): AsyncIterable<string> } {
  if (typeof (value as { pieces?: unknown } | null | undefined)?.pieces === "function") {
    return value as { pieces(): AsyncIterable<string> };
  }
  const hint = typeof value === "string" ? " For a text use fromText." : " Make one with Corpus.fromFile(path).";
  throw new OptionError(`${owner}: expected a corpus, got ${describe(value)}.${hint}`);
}
