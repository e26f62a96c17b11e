export type { FeedForwardLanguageModelOptions } from "./feedForwardLanguageModel.js";
export { FeedForwardLanguageModel } from "./feedForwardLanguageModel.js";
export type { FeedForwardLanguageModelConfig, FeedForwardLanguageModelNetwork } from "./network.js";
