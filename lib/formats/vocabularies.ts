import type { Tokenizer } from "../data/tokenizer.js";
import { tokenizerRule } from "../data/tokenizer.js";
import { tokenizerFromJSON } from "../data/tokenizerFromJSON.js";
import { OptionError, quote } from "../errors.js";
import type { OptionTable, Rule } from "../options.js";
import { object, optional, value, word } from "../options.js";
import { vocabularyShape } from "./shapes.js";

/** The vocabularies of a model: a tokenizer, or a bundle of several that writes them into one file; null for none. */
export type Vocabularies = { toJSON(): object } | null;

/** A vocabulary as far as its folder goes: a tokenizer, or labels. */
export interface SizedVocabulary {
  readonly kind: string;
  readonly size: number;
}

/** One of the vocabularies that models of a kind have. */
export interface VocabularySlot {
  /** "source", "target" ...; the property of a bundle that is its vocabulary. */
  readonly name: string;
  /** Option of the configuration that says how many tokens it has. */
  readonly size: string;
  /** Whether the file leaves it out where it is the first one's. Default false. */
  readonly shared?: boolean;
  /** Shape of its JSON. Default: that of a tokenizer. */
  readonly shape?: Rule<unknown>;
}

/** How the vocabularies of a kind of model stand in the vocabulary.json (or tokenizer.json) of a folder. */
export interface VocabularyFile<V extends Vocabularies = Vocabularies> {
  readonly slots: readonly VocabularySlot[];
  /** Shape of the file's JSON; null: there is no file. */
  readonly shape: Rule<unknown> | null;
  /** Rule of the option that is the vocabularies of a new model. */
  readonly rule: Rule<V>;
  /** The vocabularies that `toJSON` wrote; null where there is no file. @throws InputError for anything else. */
  read(json: unknown): V;
  /** The vocabulary of a slot. */
  vocabulary(vocabularies: V, slot: string): SizedVocabulary;
}

/** One vocabulary: a tokenizer of any kind. @param size option of the configuration that says how many tokens it has. */
export function oneVocabulary(size = "vocabularySize"): VocabularyFile<Tokenizer> {
  return {
    slots: [{ name: "tokenizer", size }],
    shape: vocabularyShape,
    rule: tokenizerRule,
    read: tokenizerFromJSON,
    vocabulary: (tokenizer) => tokenizer,
  };
}

/** No vocabulary, and no file for one: a model over numbers. */
export function noVocabulary(): VocabularyFile<null> {
  return {
    slots: [],
    shape: null,
    rule: value("left out: the model has no vocabulary", (tokenizer) => tokenizer === null, null),
    read: () => null,
    vocabulary: (_, slot) => {
      throw new OptionError(`The model has no vocabulary ${quote(slot)}.`);
    },
  };
}

/**
 * Several vocabularies in one file: `{ "kind": KIND, NAME: ..., NAME: ... }`, each as it would stand alone.
 * `others` are rules for what else the file holds.
 */
export function bundledVocabularies<V extends Vocabularies>({
  kind,
  slots,
  others = {},
  ...bundle
}: {
  kind: string;
  others?: OptionTable;
} & Pick<VocabularyFile<V>, "slots" | "rule" | "read">): VocabularyFile<V> {
  const parts = slots.map(
    ({ name, shared, shape = vocabularyShape }) => [name, shared ? optional(shape) : shape] as const,
  );
  return {
    ...bundle,
    slots,
    shape: object({ kind: word([kind]), ...Object.fromEntries(parts), ...others }),
    vocabulary: (vocabularies, slot) =>
      (vocabularies as unknown as Record<string, SizedVocabulary>)[slot] as SizedVocabulary,
  };
}

/** Sizes of vocabularies, by the options of the configuration that say them. */
export function vocabularySizes<V extends Vocabularies>(
  { slots, vocabulary }: VocabularyFile<V>,
  vocabularies: V,
): Record<string, number> {
  return Object.fromEntries(slots.map(({ name, size }) => [size, vocabulary(vocabularies, name).size]));
}
