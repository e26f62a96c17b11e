export type { Seq2SeqConfig } from "./config.js";
export type { Seq2SeqNetwork } from "./network.js";
export type { Seq2SeqOptions } from "./seq2seq.js";
export { Seq2Seq } from "./seq2seq.js";
