import { FeedForwardLanguageModel } from "../../models/feedForwardLanguageModel/feedForwardLanguageModel.js";
import { evaluateText, textPerplexity } from "../commands/evaluate.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { generate } from "../commands/generate.js";
import { inspectEmbedding } from "../commands/inspectEmbedding.js";
import { profileText } from "../commands/profile.js";
import { quantize } from "../commands/quantize.js";
import { feedForwardCommand } from "../commands/trainFeedForward.js";
import { count } from "../print.js";
import type { CliKind } from "../verbs.js";

const describe: CliKind<FeedForwardLanguageModel>["describe"] = ({ network: { config }, tokenizer }) =>
  `a neural ${config.order}-gram language model of ${config.hiddenSize} units over ${tokenizer.kind}s, ` +
  `vocabulary ${count(tokenizer.size)}`;

export const feedForwardLanguageModel: CliKind<FeedForwardLanguageModel> = {
  kind: FeedForwardLanguageModel.kind,
  train: () => [feedForwardCommand()],
  abilities: [generate, evaluateText, inspectEmbedding(describe), quantize(textPerplexity), profileText, exportOnnx],
  describe,
};
