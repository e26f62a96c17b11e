export type { TransformerSeq2SeqConfig } from "./config.js";
export type { TransformerSeq2SeqNetwork } from "./network.js";
export type { TransformerSeq2SeqOptions } from "./transformerSeq2Seq.js";
export { TransformerSeq2Seq } from "./transformerSeq2Seq.js";
