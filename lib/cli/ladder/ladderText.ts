import type { Corpus, Tokenizer, TokenStream } from "../../data/index.js";
import { InputError } from "../../errors.js";
import { count, countOf } from "../print.js";

/** The parts of a text: learnt, looked at while learning, and measured on. */
export interface LadderParts {
  readonly train: TokenStream;
  readonly validation: TokenStream;
  readonly test: TokenStream;
}

/** Tokens that each part needs at least: some windows. */
const fewest = 20;

/**
 * Cuts a text in three, or takes files for the last two.
 * @throws InputError for a part that is too short to learn from, or to measure on.
 */
export async function partsOf(
  corpus: Corpus,
  {
    tokenizer,
    validation,
    test,
    signal,
  }: { tokenizer: Tokenizer; validation: Corpus | number; test: Corpus | number; signal: AbortSignal },
): Promise<LadderParts> {
  const whole = await corpus.tokenize(tokenizer, { signal });
  const share = (part: Corpus | number) => (typeof part === "number" ? part : 0);
  const parts = whole.split({ validation: share(validation), test: share(test) });
  const own = (part: Corpus | number, cut: TokenStream) =>
    typeof part === "number" ? cut : part.tokenize(tokenizer, { signal });
  const all = { ...parts, validation: await own(validation, parts.validation), test: await own(test, parts.test) };
  for (const [name, { length }] of Object.entries(all) as [string, TokenStream][]) {
    if (length >= fewest) continue;
    const words = { train: "to learn from", validation: "to validate on", test: "to measure on" }[name];
    throw new InputError(
      `ladder: ${corpus.name} has ${countOf(whole.length, "token")}, which leaves ${count(length)} ${words}, and at least ${fewest} are ` +
        "needed. Give a longer text.",
    );
  }
  return all;
}
