export type { PairDataOptions } from "./pairData.js";
export { PairData } from "./pairData.js";
export type { PairEvaluation } from "./pairModel.js";
export { PairModel } from "./pairModel.js";
export type { PairForm, PairNetwork, PairTensors } from "./pairNetwork.js";
export type { PairScoreOptions, PairScores } from "./pairScores.js";
export type { TranslateOptions, Translation } from "./translation.js";
