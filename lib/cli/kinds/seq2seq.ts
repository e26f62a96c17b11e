import { Seq2Seq } from "../../models/seq2seq/seq2seq.js";
import { chat } from "../commands/chat.js";
import { evaluatePairs, pairPerplexity } from "../commands/evaluate.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { inspectPairs } from "../commands/inspect.js";
import { map } from "../commands/map.js";
import { profilePairs } from "../commands/profile.js";
import { quantize } from "../commands/quantize.js";
import { trace } from "../commands/trace.js";
import { pairCommands } from "../commands/trainPairs.js";
import { translate } from "../commands/translate.js";
import { describeSeq2Seq } from "../describePairs.js";
import type { CliKind } from "../verbs.js";

export const seq2seq: CliKind<Seq2Seq> = {
  kind: Seq2Seq.kind,
  train: pairCommands,
  abilities: [
    translate,
    chat,
    evaluatePairs,
    trace,
    map,
    inspectPairs<Seq2Seq>({ describe: describeSeq2Seq }),
    quantize(pairPerplexity),
    profilePairs,
    exportOnnx,
  ],
  describe: describeSeq2Seq,
};
