import { describe, InputError, OptionError } from "../errors.js";
import { value } from "../options.js";
import { FrameFeatures } from "./frameFeatures.js";
import { Labels } from "./labels.js";
import type { Tokenizer } from "./tokenizer.js";
import { tokenizerFromJSON } from "./tokenizerFromJSON.js";

/** How texts become tokens, or which features vectors have; and which labels there are. */
export class ClassifierVocabulary {
  readonly kind = "classifier";

  /** @throws OptionError for anything but a tokenizer, or the features of vectors, and labels. */
  constructor(
    readonly text: Tokenizer | FrameFeatures,
    readonly labels: Labels,
  ) {
    const reads = text instanceof FrameFeatures || typeof text?.encode === "function";
    if (!reads || !(labels instanceof Labels)) {
      throw new OptionError(
        `ClassifierVocabulary: expected a tokenizer and Labels, got ${describe(text)} and ${describe(labels)}.`,
      );
    }
  }

  /** The features of the vectors that are read; null: texts are. */
  get features(): FrameFeatures | null {
    return this.text instanceof FrameFeatures ? this.text : null;
  }

  /** The tokenizer of the texts that are read. @throws OptionError if vectors are. */
  get tokenizer(): Tokenizer {
    if (!(this.text instanceof FrameFeatures)) return this.text;
    throw new OptionError("This classifier reads vectors: it has no tokenizer.");
  }

  /** The vocabulary that `toJSON` wrote. @throws InputError for anything else. */
  static fromJSON(json: unknown): ClassifierVocabulary {
    const { kind, text, labels } = (json ?? {}) as Record<string, unknown>;
    if (kind !== "classifier") {
      throw new InputError(`Expected the vocabulary and the labels of a classifier, got ${describe(json)}.`);
    }
    const isFeatures = (text as { kind?: unknown } | null)?.kind === "features";
    const read = isFeatures ? FrameFeatures.fromJSON(text as Record<string, unknown>) : tokenizerFromJSON(text);
    return new ClassifierVocabulary(read, new Labels(labels as string[]));
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
