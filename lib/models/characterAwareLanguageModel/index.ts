export type { CharacterAwareLanguageModelOptions } from "./characterAwareLanguageModel.js";
export { CharacterAwareLanguageModel } from "./characterAwareLanguageModel.js";
export type { CharacterAwareLanguageModelConfig, CharacterAwareLanguageModelNetwork } from "./network.js";
export type { Spellings } from "./spellings.js";
