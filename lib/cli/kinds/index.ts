/** The kinds of models that commands work with: a line each. */
export { characterAwareLanguageModel } from "./characterAwareLanguageModel.js";
export { feedForwardLanguageModel } from "./feedForwardLanguageModel.js";
export { forecaster } from "./forecaster.js";
export { frameTagger } from "./frameTagger.js";
export { imageCaptioner } from "./imageCaptioner.js";
export { languageModel } from "./languageModel.js";
export { mixture } from "./mixture.js";
export { ngramModel } from "./ngramModel.js";
export { seq2seq } from "./seq2seq.js";
export { sequenceClassifier } from "./sequenceClassifier.js";
export { sequenceTagger } from "./sequenceTagger.js";
export { transformerLanguageModel } from "./transformerLanguageModel.js";
export { transformerSeq2Seq } from "./transformerSeq2Seq.js";
export { word2Vec } from "./word2Vec.js";
