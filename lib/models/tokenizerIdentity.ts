import { createHash } from "node:crypto";
import type { Tokenizer, TokenizerPair } from "../data/index.js";
import { OptionError } from "../errors.js";

const fingerprints = new WeakMap<object, string>();

/** Tells tokenizers, and other vocabularies, apart by what they are saved as: the same text has the same tokens wherever this is the same. */
export function fingerprint(tokenizer: { readonly kind: string; toJSON(): object }): string {
  const known = fingerprints.get(tokenizer);
  if (known !== undefined) return known;
  const content = JSON.stringify([tokenizer.kind, tokenizer.toJSON()]);
  const own = createHash("sha256").update(content).digest("hex").slice(0, 16);
  fingerprints.set(tokenizer, own);
  return own;
}

/** Tells pairs of tokenizers apart, and in which order they read a source. */
export function pairFingerprint({ source, target, reversed }: TokenizerPair): string {
  return [fingerprint(source), fingerprint(target), ...(reversed ? ["reversed"] : [])].join(" ");
}

/** @throws OptionError if pairs were made tokens by other tokenizers. @param made their fingerprint. */
export function expectTokenizerPair(who: string, made: string | undefined, tokenizer: TokenizerPair): void {
  if (made === undefined || made === pairFingerprint(tokenizer)) return;
  throw new OptionError(
    `${who}: the tokens of this data were made by another TokenizerPair, so they stand for other words. Make the data with ` +
      "the model's own: PairData.create(pairs, { tokenizer: model.tokenizer }).",
  );
}

/** @throws OptionError if tokens were made by another tokenizer. @param made its fingerprint, where that is known. */
export function expectTokenizer(who: string, made: string | undefined, tokenizer: Tokenizer): void {
  if (made === undefined || made === fingerprint(tokenizer)) return;
  throw new OptionError(
    `${who}: the tokens of this data were made by another tokenizer, so they stand for other words. Tokenize the text with ` +
      `the model's own: corpus.tokenize(model.tokenizer).`,
  );
}
