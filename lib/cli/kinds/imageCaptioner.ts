import { ImageCaptioner } from "../../models/imageCaptioner/imageCaptioner.js";
import { cellOf } from "../../nn/cellRegistry.js";
import { caption } from "../commands/caption.js";
import { captionPerplexity, evaluateCaptions } from "../commands/evaluateCaptions.js";
import { quantize } from "../commands/quantize.js";
import { captionerCommand } from "../commands/trainCaption.js";
import { count } from "../print.js";
import type { CliKind } from "../verbs.js";

export const imageCaptioner: CliKind<ImageCaptioner> = {
  kind: ImageCaptioner.kind,
  train: () => [captionerCommand()],
  abilities: [caption, evaluateCaptions, quantize(captionPerplexity)],
  describe: ({ network: { config }, tokenizer }) =>
    `a captioner (${config.layers}-layer ${cellOf(config.cell).title} of ${config.hiddenSize} units, ` +
    `${config.attention === "none" ? "no" : config.attention} attention) of images of ${config.rows} x ${config.columns} x ` +
    `${config.channels}, with ${count(tokenizer.size)} ${tokenizer.kind} tokens`,
};
