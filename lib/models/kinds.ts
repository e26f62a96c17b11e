/** The kinds of models that come with Ostinato: a line each. The registry knows those that are exported here with a `kind`. */
export * from "./characterAwareLanguageModel/index.js";
export * from "./feedForwardLanguageModel/index.js";
export * from "./forecaster/index.js";
export * from "./frameTagger/index.js";
export * from "./imageCaptioner/index.js";
export * from "./languageModel/index.js";
export * from "./mixture/index.js";
export * from "./ngramModel/index.js";
export * from "./seq2seq/index.js";
export * from "./sequenceClassifier/index.js";
export * from "./sequenceTagger/index.js";
export * from "./transformerLanguageModel/index.js";
export * from "./transformerSeq2Seq/index.js";
export * from "./word2vec/index.js";
