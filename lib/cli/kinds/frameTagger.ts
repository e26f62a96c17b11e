import { FrameTagger } from "../../models/frameTagger/frameTagger.js";
import { evaluateFrames, framePerplexity } from "../commands/evaluateFrames.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { inspectFrames } from "../commands/inspectFrames.js";
import { quantize } from "../commands/quantize.js";
import { tagFrames } from "../commands/tagFrames.js";
import { framesCommand } from "../commands/trainFrames.js";
import { describeFrameTagger } from "../describeFrameTagger.js";
import type { CliKind } from "../verbs.js";

export const frameTagger: CliKind<FrameTagger> = {
  kind: FrameTagger.kind,
  train: () => [framesCommand()],
  abilities: [tagFrames, evaluateFrames, inspectFrames, quantize(framePerplexity), exportOnnx],
  describe: describeFrameTagger,
};
