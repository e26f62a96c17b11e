import { describe, InputError } from "../errors.js";
import { ByteTokenizer } from "./byteTokenizer.js";
import type { CharacterOptions } from "./characterTokenizer.js";
import { CharacterTokenizer } from "./characterTokenizer.js";
import { SubwordTokenizer } from "./subwordTokenizer.js";
import type { Tokenizer } from "./tokenizer.js";
import { tokenizerKinds } from "./tokenizer.js";
import { registeredTokenizer, registeredTokenizers } from "./tokenizerRegistry.js";
import { Vocabulary } from "./vocabulary.js";
import { WordTokenizer } from "./wordTokenizer.js";

/**
 * The tokenizer that `toJSON` wrote: the content of vocabulary.json, or of a Hugging Face tokenizer.json.
 * @throws InputError for anything else.
 */
export function tokenizerFromJSON(json: unknown): Tokenizer {
  if (typeof json === "object" && json !== null) {
    const { kind, unit, tokens, model } = json as Record<string, unknown>;
    if (kind === "byte") return new ByteTokenizer();
    if (kind === "word") return new WordTokenizer(new Vocabulary(tokens as string[]));
    if (kind === "character") {
      return new CharacterTokenizer(new Vocabulary(tokens as string[]), {
        unit: unit as CharacterOptions["unit"] & string,
      });
    }
    if (kind === undefined && model !== undefined) return new SubwordTokenizer(json);
    const own = registeredTokenizer(json as Record<string, unknown>);
    if (own) return own;
    throw new InputError(
      `Expected a vocabulary of kind ${knownKinds().join(", ")}, or a Hugging Face tokenizer.json, got kind ${describe(kind)}. ` +
        "A tokenizer of your own must be made known first: registerTokenizer(kind, fromJSON).",
    );
  }
  throw new InputError(`Expected a vocabulary, got ${describe(json)}.`);
}

/** Kinds that a vocabulary.json may have. */
function knownKinds(): string[] {
  return [...tokenizerKinds.filter((kind) => kind !== "subword"), ...registeredTokenizers()];
}
