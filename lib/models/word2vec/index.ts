export type { ContextDataOptions, Word2VecForm } from "./data.js";
export { ContextData } from "./data.js";
export type { AnalogyOptions, AnalogyScores, SimilarityScores } from "./judgements.js";
export { analogyScores, similarityScores } from "./judgements.js";
export type { Word2VecConfig, Word2VecNetwork } from "./network.js";
export type { Word2VecOptions } from "./word2vec.js";
export { Word2Vec } from "./word2vec.js";
