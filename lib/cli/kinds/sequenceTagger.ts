import { SequenceTagger } from "../../models/sequenceTagger/sequenceTagger.js";
import { cellOf } from "../../nn/cellRegistry.js";
import { evaluateTags, tagPerplexity } from "../commands/evaluateTags.js";
import { probeTags } from "../commands/probe.js";
import { quantize } from "../commands/quantize.js";
import { tag } from "../commands/tag.js";
import { taggerCommand } from "../commands/trainTag.js";
import { count } from "../print.js";
import type { CliKind } from "../verbs.js";

export const sequenceTagger: CliKind<SequenceTagger> = {
  kind: SequenceTagger.kind,
  train: () => [taggerCommand()],
  abilities: [tag, evaluateTags, quantize(tagPerplexity), probeTags],
  describe: ({ network: { config, languages }, tokenizer: { words, labels } }) =>
    `a tagger (${config.layers}-layer ${config.bidirectional ? "bidirectional " : ""}${cellOf(config.cell).title}, ` +
    `${config.characters === "none" ? "words" : `words and their characters by ${config.characters}`}` +
    `${["", ", read with a language model", ", read with two language models"][languages.length]}) ` +
    `of ${count(words.size)} words, with ${count(labels.size)} tags`,
};
