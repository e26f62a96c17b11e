import { TokenizerPair, tokenizerPairRule } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { bundledVocabularies } from "../../formats/index.js";
import { flag, optional } from "../../options.js";

/** The vocabularies of source and target in one file. */
export const pairVocabularies = bundledVocabularies({
  kind: "pair",
  slots: [
    { name: "source", size: "sourceVocabularySize" },
    { name: "target", size: "targetVocabularySize", shared: true },
  ],
  others: { reversed: optional(flag()) },
  rule: tokenizerPairRule,
  read: (json) => TokenizerPair.fromJSON(json),
});

/** @throws OptionError where one table of embeddings is to serve two vocabularies. */
export function expectSharedTokenizer(
  who: string,
  options: { sharedEmbedding?: boolean | undefined; tokenizer?: TokenizerPair } | undefined,
): void {
  if (options?.sharedEmbedding && options.tokenizer?.source !== options.tokenizer?.target) {
    throw new OptionError(`${who}: sharedEmbedding needs one tokenizer for both sides.`);
  }
}
