import { SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import { cellOf } from "../../nn/cellRegistry.js";
import { classify } from "../commands/classify.js";
import { evaluateLabels, labelPerplexity } from "../commands/evaluate.js";
import { quantize } from "../commands/quantize.js";
import { classifierCommand } from "../commands/trainClassify.js";
import { count } from "../print.js";
import type { CliKind } from "../verbs.js";

export const sequenceClassifier: CliKind<SequenceClassifier> = {
  kind: SequenceClassifier.kind,
  train: () => [classifierCommand()],
  abilities: [classify, evaluateLabels, quantize(labelPerplexity)],
  describe: ({ network: { config }, tokenizer: { text, labels } }) =>
    `a classifier (${config.layers}-layer ${config.bidirectional ? "bidirectional " : ""}${cellOf(config.cell).title}, ` +
    `${config.pooling} pooling) of ${count(text.size)} ${text.kind} tokens, with ${count(labels.size)} labels`,
};
