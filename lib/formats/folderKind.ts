import type { Vocabularies, VocabularyFile } from "./vocabularies.js";

/** A parameter as its file has it. */
export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** The type of its values: floats of any width, or I32. Default: "f32". */
  readonly dtype?: "f32" | "i32";
}

/** A kind of model, as far as its folder goes. */
export interface FolderKind<
  V extends Vocabularies = Vocabularies,
  N extends { readonly parameters: Iterable<ParameterShape> } = { readonly parameters: Iterable<ParameterShape> },
> {
  /** The kind in config.json: "LanguageModel" ... */
  readonly name: string;
  readonly vocabularies: VocabularyFile<V>;
  /** Options of the configuration that count layers: a file that has fewer tensors is of another model. */
  readonly counts: readonly string[];
  /** The layers of a configuration. @throws OptionError for a configuration that the kind does not have. */
  network(config: Record<string, unknown>): N;
}
