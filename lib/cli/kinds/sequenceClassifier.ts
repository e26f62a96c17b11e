import { SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import { classify } from "../commands/classify.js";
import { evaluateLabels, labelPerplexity } from "../commands/evaluate.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { inspectLabels } from "../commands/inspect.js";
import { probeLabels } from "../commands/probe.js";
import { quantize } from "../commands/quantize.js";
import { classifierCommand } from "../commands/trainClassify.js";
import type { CliKind } from "../verbs.js";
import { describeClassifier } from "../writeLabelReport.js";

export const sequenceClassifier: CliKind<SequenceClassifier> = {
  kind: SequenceClassifier.kind,
  train: () => [classifierCommand()],
  abilities: [classify, evaluateLabels, inspectLabels, quantize(labelPerplexity), probeLabels, exportOnnx],
  describe: describeClassifier,
};
