import { Mixture } from "../../models/mixture/mixture.js";
import { evaluateText, textPerplexity } from "../commands/evaluate.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { generate } from "../commands/generate.js";
import { inspectMixture } from "../commands/inspectMixture.js";
import { quantize } from "../commands/quantize.js";
import { mixtureCommand } from "../commands/trainMixture.js";
import { count } from "../print.js";
import type { CliKind } from "../verbs.js";

export const mixture: CliKind<Mixture> = {
  kind: Mixture.kind,
  train: () => [mixtureCommand()],
  abilities: [generate, evaluateText, inspectMixture, quantize(textPerplexity), exportOnnx],
  describe: ({ network: { config }, tokenizer }) =>
    `a mixture of ${config.parts.map(({ model }) => model).join(" and ")} over ${tokenizer.kind}s, vocabulary ${count(tokenizer.size)}`,
};
