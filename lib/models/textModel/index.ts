export type { BeamText, BeamTextOptions, BeamTexts } from "./beamTexts.js";
export type { LanguageModelForm, SentenceDataBatch, SentenceDataOptions, WindowDataOptions } from "./data.js";
export { SentenceData, WindowData } from "./data.js";
export type { GenerateAllOptions, GenerateOptions } from "./generation.js";
export type { NextToken, NextTokens, NextTokensOptions } from "./nextTokens.js";
export type { TextEnd } from "./textEnd.js";
export type { EvaluateOptions, Evaluation, TextProbability } from "./textMeasure.js";
export { TextModel } from "./textModel.js";
export type { TokenLosses, TokenNetwork, TokenSequences } from "./tokenNetwork.js";
