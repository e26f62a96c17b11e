export type { NgramModelConfig, NgramNetwork } from "./network.js";
export type { NgramEvaluateOptions, NgramEvaluation, NgramProbability } from "./ngramMeasure.js";
export { NgramModel } from "./ngramModel.js";
export type { NgramPruneOptions } from "./pruning.js";
export type { SlotCandidate, SlotSearchOptions } from "./slotSearch.js";
export type { SmoothingName } from "./smoothing.js";
export { smoothings } from "./smoothing.js";
export type { NgramTrainOptions } from "./train.js";
