export type { Accuracy } from "./accuracy.js";
export { accuracy } from "./accuracy.js";
export type { BleuOptions, BleuScore } from "./bleu.js";
export { bleu, sentenceBleu } from "./bleu.js";
export type { BleuTokenization } from "./bleuTokenizers.js";
export type { ChrfOptions, ChrfScore } from "./chrf.js";
export { chrf } from "./chrf.js";
export type { ClassificationScores, LabelScore } from "./classification.js";
export { classificationScores } from "./classification.js";
export { editDistance } from "./editDistance.js";
export type { ErrorRate } from "./errorRate.js";
export { errorRate } from "./errorRate.js";
export type { IntervalOptions, SeasonOptions } from "./forecast.js";
export {
  crps,
  intervalCoverage,
  mape,
  mase,
  meanAbsoluteError,
  meanSquaredError,
  msis,
  owa,
  smape,
} from "./forecast.js";
export { spearman } from "./rankCorrelation.js";
export type { TextReferences } from "./references.js";
export type { RougeLOptions, RougeLScore } from "./rougeL.js";
export { rougeL } from "./rougeL.js";
export type { Span, SpanScore, SpanScores } from "./spans.js";
export { spanScores, tagSpans } from "./spans.js";
export type { TextScoreOptions, TextScores } from "./textScores.js";
export { scoreRows, scoreTexts } from "./textScores.js";
export type { Tokens } from "./tokens.js";
