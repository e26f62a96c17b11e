import { TransformerLanguageModel } from "../../models/transformerLanguageModel/transformerLanguageModel.js";
import { evaluateText, textPerplexity } from "../commands/evaluate.js";
import { generate } from "../commands/generate.js";
import { profileText } from "../commands/profile.js";
import { quantize } from "../commands/quantize.js";
import { transformerCommand } from "../commands/trainTransformer.js";
import { count } from "../print.js";
import type { CliKind } from "../verbs.js";

export const transformerLanguageModel: CliKind<TransformerLanguageModel> = {
  kind: TransformerLanguageModel.kind,
  train: () => [transformerCommand()],
  abilities: [generate, evaluateText, quantize(textPerplexity), profileText],
  describe: ({ network: { config }, tokenizer }) =>
    `a ${config.layers}-layer Transformer language model of ${config.hiddenSize} features and ${config.heads} heads over ` +
    `${tokenizer.kind}s, vocabulary ${count(tokenizer.size)}`,
};
