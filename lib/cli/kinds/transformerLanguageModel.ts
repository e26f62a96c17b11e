import { TransformerLanguageModel } from "../../models/transformerLanguageModel/transformerLanguageModel.js";
import { evaluateText, textPerplexity } from "../commands/evaluate.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { generate } from "../commands/generate.js";
import { inspectTransformer } from "../commands/inspectTransformer.js";
import { profileText } from "../commands/profile.js";
import { quantize } from "../commands/quantize.js";
import { transformerCommand } from "../commands/trainTransformer.js";
import { describeTransformer } from "../describeTransformer.js";
import type { CliKind } from "../verbs.js";

export const transformerLanguageModel: CliKind<TransformerLanguageModel> = {
  kind: TransformerLanguageModel.kind,
  train: () => [transformerCommand()],
  abilities: [generate, evaluateText, inspectTransformer, quantize(textPerplexity), profileText, exportOnnx],
  describe: describeTransformer,
};
