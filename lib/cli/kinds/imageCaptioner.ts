import { ImageCaptioner } from "../../models/imageCaptioner/imageCaptioner.js";
import { caption } from "../commands/caption.js";
import { captionPerplexity, evaluateCaptions } from "../commands/evaluateCaptions.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { inspectCaptions } from "../commands/inspectCaptions.js";
import { quantize } from "../commands/quantize.js";
import { captionerCommand } from "../commands/trainCaption.js";
import { describeCaptioner } from "../describeCaptioner.js";
import type { CliKind } from "../verbs.js";

export const imageCaptioner: CliKind<ImageCaptioner> = {
  kind: ImageCaptioner.kind,
  train: () => [captionerCommand()],
  abilities: [caption, evaluateCaptions, inspectCaptions, quantize(captionPerplexity), exportOnnx],
  describe: describeCaptioner,
};
