import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import type { FolderKind } from "../../lib/formats/folderKind.js";
import type { LoadedModel, ModelContent } from "../../lib/formats/modelFolder.js";
import { loadModelFolder } from "../../lib/formats/modelFolder.js";
import type { Vocabularies } from "../../lib/formats/vocabularies.js";
import { oneVocabulary } from "../../lib/formats/vocabularies.js";

/** The kind of models of one weight. */
export const tinyKind: FolderKind = {
  name: "LanguageModel",
  vocabularies: oneVocabulary(),
  counts: [],
  network: () => ({ parameters: [{ name: "w", shape: [1] }] }),
};

export function loadTiny(folder: string): Promise<LoadedModel<Vocabularies>> {
  return loadModelFolder(folder, tinyKind);
}

/** A model of one weight, which its configuration says too. */
export function tinyModel(weight: number, text = "abc"): ModelContent {
  const tensors = [{ name: "w", shape: [1], values: Float32Array.of(weight) }];
  return { model: "LanguageModel", config: { weight }, tensors, tokenizer: CharacterTokenizer.fromText(text) };
}

/** The files that such a model has. */
export const files = ["config.json", "model.safetensors", "vocabulary.json"];

export async function weightIn(folder: string): Promise<number> {
  return (await loadTiny(folder)).tensors.w?.values[0] as number;
}
