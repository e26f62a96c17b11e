import { TransformerSeq2Seq } from "../../models/transformerSeq2Seq/transformerSeq2Seq.js";
import { chat } from "../commands/chat.js";
import { evaluatePairs, pairPerplexity } from "../commands/evaluate.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { inspectPairs } from "../commands/inspect.js";
import { profilePairs } from "../commands/profile.js";
import { quantize } from "../commands/quantize.js";
import { trace } from "../commands/trace.js";
import { transformerPairCommands } from "../commands/trainTransformerPairs.js";
import { translate } from "../commands/translate.js";
import { describeTransformerSeq2Seq } from "../describePairs.js";
import type { CliKind } from "../verbs.js";

const inspected = inspectPairs<TransformerSeq2Seq>({
  describe: describeTransformerSeq2Seq,
  heads: (model, { source }) => model.attention(source),
});

export const transformerSeq2Seq: CliKind<TransformerSeq2Seq> = {
  kind: TransformerSeq2Seq.kind,
  train: transformerPairCommands,
  abilities: [translate, chat, evaluatePairs, trace, inspected, quantize(pairPerplexity), profilePairs, exportOnnx],
  describe: describeTransformerSeq2Seq,
};
