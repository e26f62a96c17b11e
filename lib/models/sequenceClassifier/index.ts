export type { LabelledDataOptions, SequenceClassifierForm } from "./data.js";
export { LabelledData } from "./data.js";
export type { ClassifierInput } from "./inputs.js";
export type { FitLinearOptions, LinearScores } from "./linearBaseline.js";
export { majorityOf } from "./majority.js";
export type { SequenceClassifierConfig } from "./network.js";
export { SequenceClassifierNetwork } from "./network.js";
export type {
  Classification,
  ClassifierEvaluation,
  ClassifyOptions,
  SequenceClassifierOptions,
} from "./sequenceClassifier.js";
export { SequenceClassifier } from "./sequenceClassifier.js";
