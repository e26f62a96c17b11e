export type { SequenceTaggerForm, TaggedDataOptions } from "./data.js";
export { TaggedData } from "./data.js";
export type { LanguageReader } from "./languageReading.js";
export type { SequenceTaggerConfig } from "./network.js";
export { SequenceTaggerNetwork } from "./network.js";
export type { TaggerEvaluation } from "./scores.js";
export type { SequenceTaggerOptions, Tagging, TagOptions } from "./sequenceTagger.js";
export { SequenceTagger } from "./sequenceTagger.js";
