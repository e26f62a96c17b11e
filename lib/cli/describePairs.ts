import type { Seq2Seq } from "../models/seq2seq/seq2seq.js";
import type { TransformerSeq2Seq } from "../models/transformerSeq2Seq/transformerSeq2Seq.js";
import { cellOf } from "../nn/cellRegistry.js";
import { countOf } from "./print.js";

type Parts<M extends { network: unknown; tokenizer: unknown }> = Pick<M, "network" | "tokenizer">;

/** A recurrent encoder-decoder in a few words. */
export function describeSeq2Seq({ network: { config }, tokenizer }: Parts<Seq2Seq>): string {
  return (
    `an encoder-decoder (${cellOf(config.cell).title}) with layers of ${config.hiddenSize} units and ` +
    `${config.attention === "none" ? "no" : config.attention} attention, ${sidesOf(tokenizer)}`
  );
}

/** An encoder-decoder Transformer in a few words. */
export function describeTransformerSeq2Seq({ network: { config }, tokenizer }: Parts<TransformerSeq2Seq>): string {
  return (
    `an encoder-decoder Transformer of ${config.encoderLayers} and ${config.decoderLayers} blocks with ${config.hiddenSize} features ` +
    `and ${countOf(config.heads, "head")}, ${sidesOf(tokenizer)}`
  );
}

function sidesOf({ source, target }: Seq2Seq["tokenizer"]): string {
  return `from ${countOf(source.size, `${source.kind} token`)} to ${countOf(target.size, `${target.kind} token`)}`;
}
