import { ClassifierVocabulary, classifierVocabularyRule, frameFeaturesShape } from "../../data/index.js";
import { bundledVocabularies, vocabularyShape } from "../../formats/index.js";
import { either, list, text } from "../../options.js";

/** The vocabulary file of a classifier: a tokenizer, or the features of vectors, and the labels. */
export const classifierVocabularies = bundledVocabularies({
  kind: "classifier",
  slots: [
    { name: "text", size: "vocabularySize", shape: either(vocabularyShape, frameFeaturesShape) },
    { name: "labels", size: "classes", shape: list(text()) },
  ],
  rule: classifierVocabularyRule,
  read: (json) => ClassifierVocabulary.fromJSON(json),
});
