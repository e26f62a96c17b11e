import { InputError, OptionError } from "../errors.js";
import { checkOption, text } from "../options.js";
import type { Tokenizer } from "./tokenizer.js";
import { tokenizerKinds } from "./tokenizer.js";

/** Makes a tokenizer from what its `toJSON` wrote. */
export type TokenizerMaker = (json: Readonly<Record<string, unknown>>) => Tokenizer;

const makers = new Map<string, TokenizerMaker>();

/**
 * Makes a kind of tokenizer known, so that models' folders that hold one can be loaded. `toJSON` of such a tokenizer gives an object
 * with `kind`; `fromJSON` is given that object, from a file that anybody may have written, and throws for what it cannot use.
 * @throws OptionError for a kind of this library, or one that is known already with another maker.
 */
export function registerTokenizer(kind: string, fromJSON: TokenizerMaker): void {
  const name = checkOption("registerTokenizer", "kind", kind, text());
  if (typeof fromJSON !== "function") throw new OptionError("registerTokenizer: expected fromJSON to be a function.");
  const isTaken = [...tokenizerKinds, "pair"].includes(name) || (makers.get(name) ?? fromJSON) !== fromJSON;
  if (isTaken)
    throw new OptionError(`registerTokenizer: there is a tokenizer of kind ${JSON.stringify(name)} already.`);
  makers.set(name, fromJSON);
}

/** Kinds that were registered. */
export function registeredTokenizers(): string[] {
  return [...makers.keys()];
}

/** The tokenizer of a registered kind; null if its kind is none. @throws InputError if its maker refuses the JSON. */
export function registeredTokenizer(json: Readonly<Record<string, unknown>>): Tokenizer | null {
  const maker = typeof json.kind === "string" ? makers.get(json.kind) : undefined;
  if (!maker) return null;
  try {
    return maker(json);
  } catch (error) {
    throw new InputError(
      `The tokenizer of kind ${JSON.stringify(json.kind)}: ${(error as Error)?.message ?? error}`,
      error,
    );
  }
}
