export type { Activations } from "./activations.js";
export type { LanguageModelOptions } from "./languageModel.js";
export { LanguageModel } from "./languageModel.js";
export type { LanguageModelConfig, LanguageModelNetwork } from "./network.js";
export type { TextGradientFlowOptions } from "./textGradientFlow.js";
