export type { TransformerLanguageModelConfig, TransformerLanguageModelNetwork } from "./network.js";
export type { TransformerLanguageModelOptions } from "./transformerLanguageModel.js";
export { TransformerLanguageModel } from "./transformerLanguageModel.js";
