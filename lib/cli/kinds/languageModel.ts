import { LanguageModel } from "../../models/languageModel/languageModel.js";
import { evaluateText, textPerplexity } from "../commands/evaluate.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { generate } from "../commands/generate.js";
import { inspectText } from "../commands/inspect.js";
import { probeText } from "../commands/probe.js";
import { profileText } from "../commands/profile.js";
import { quantize } from "../commands/quantize.js";
import { languageModelCommand } from "../commands/trainLanguageModel.js";
import type { CliKind } from "../verbs.js";
import { describeLanguageModel } from "../writeReport.js";

export const languageModel: CliKind<LanguageModel> = {
  kind: LanguageModel.kind,
  train: () => [languageModelCommand()],
  abilities: [generate, evaluateText, inspectText, quantize(textPerplexity), probeText, profileText, exportOnnx],
  describe: describeLanguageModel,
};
