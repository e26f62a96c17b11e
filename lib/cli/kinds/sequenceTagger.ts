import { SequenceTagger } from "../../models/sequenceTagger/sequenceTagger.js";
import { evaluateTags, tagPerplexity } from "../commands/evaluateTags.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { inspectTags } from "../commands/inspectTags.js";
import { probeTags } from "../commands/probe.js";
import { quantize } from "../commands/quantize.js";
import { tag } from "../commands/tag.js";
import { taggerCommand } from "../commands/trainTag.js";
import type { CliKind } from "../verbs.js";
import { describeTagger } from "../writeTagReport.js";

export const sequenceTagger: CliKind<SequenceTagger> = {
  kind: SequenceTagger.kind,
  train: () => [taggerCommand()],
  abilities: [tag, evaluateTags, inspectTags, quantize(tagPerplexity), probeTags, exportOnnx],
  describe: describeTagger,
};
