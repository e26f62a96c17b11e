import type { ImageCaptioner } from "../models/imageCaptioner/imageCaptioner.js";
import { cellOf } from "../nn/cellRegistry.js";
import { countOf } from "./print.js";

/** A captioner in a few words. */
export function describeCaptioner({
  network: { config },
  tokenizer,
}: Pick<ImageCaptioner, "network" | "tokenizer">): string {
  return (
    `a captioner (${config.layers}-layer ${cellOf(config.cell).title} of ${config.hiddenSize} units, ` +
    `${config.attention === "none" ? "no" : config.attention} attention) of images of ${config.rows} x ${config.columns} x ` +
    `${config.channels}, with ${countOf(tokenizer.size, `${tokenizer.kind} token`)}`
  );
}
