import { describe, InputError, OptionError } from "../errors.js";
import { value } from "../options.js";
import { Labels } from "./labels.js";
import type { Tokenizer } from "./tokenizer.js";
import { tokenizerFromJSON } from "./tokenizerFromJSON.js";

/** How texts become tokens, and which labels they may have. */
export class ClassifierVocabulary {
  readonly kind = "classifier";

  /** @throws OptionError for anything but a tokenizer and labels. */
  constructor(
    readonly text: Tokenizer,
    readonly labels: Labels,
  ) {
    if (typeof text?.encode !== "function" || !(labels instanceof Labels)) {
      throw new OptionError(
        `ClassifierVocabulary: expected a tokenizer and Labels, got ${describe(text)} and ${describe(labels)}.`,
      );
    }
  }

  /** The vocabulary that `toJSON` wrote. @throws InputError for anything else. */
  static fromJSON(json: unknown): ClassifierVocabulary {
    const { kind, text, labels } = (json ?? {}) as Record<string, unknown>;
    if (kind !== "classifier") {
      throw new InputError(`Expected the vocabulary and the labels of a classifier, got ${describe(json)}.`);
    }
    return new ClassifierVocabulary(tokenizerFromJSON(text), new Labels(labels as string[]));
  }

  toJSON(): object {
    return { kind: this.kind, text: this.text.toJSON(), labels: this.labels.toJSON() };
  }
}

/** The rule of an option that is a tokenizer with labels. */
export const classifierVocabularyRule = value<ClassifierVocabulary>(
  "a ClassifierVocabulary (the tokenizer of a classifier: model.tokenizer)",
  (given) => given instanceof ClassifierVocabulary,
);
