import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import type { ModelContent } from "../../lib/formats/modelFolder.js";
import { loadModelFolder } from "../../lib/formats/modelFolder.js";

/** A model of one weight, which its configuration says too. */
export function tinyModel(weight: number, text = "abc"): ModelContent {
  const tensors = [{ name: "w", shape: [1], values: Float32Array.of(weight) }];
  return { model: "LanguageModel", config: { weight }, tensors, tokenizer: CharacterTokenizer.fromText(text) };
}

/** The files that such a model has. */
export const files = ["config.json", "model.safetensors", "vocabulary.json"];

export async function weightIn(folder: string): Promise<number> {
  return (await loadModelFolder(folder)).tensors.w?.values[0] as number;
}
