export type { Seq2SeqConfig } from "./config.js";
export type { Seq2SeqForm, Seq2SeqNetwork } from "./network.js";
export type { PairDataOptions } from "./pairData.js";
export { PairData } from "./pairData.js";
export type { PairScoreOptions, PairScores } from "./pairScores.js";
export type { PairEvaluation, Seq2SeqOptions } from "./seq2seq.js";
export { Seq2Seq } from "./seq2seq.js";
export type { TranslateOptions, Translation } from "./translation.js";
