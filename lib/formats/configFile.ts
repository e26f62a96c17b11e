import { join } from "node:path";
import { readJsonFile } from "./jsonFile.js";
import { shapes } from "./shapes.js";

/** Of config.json. Raised when an older version could not read what is written. */
export const formatVersion = 1;

/** The files of a model folder. */
export const modelFiles = {
  config: "config.json",
  tensors: "model.safetensors",
  vocabulary: "vocabulary.json",
  tokenizer: "tokenizer.json",
  trainer: "trainer.safetensors",
  history: "trainer.json",
  training: "training.json",
} as const;

/** The content of config.json. */
export interface ConfigFile {
  format: "ostinato";
  formatVersion: number;
  /** "LanguageModel" ... */
  model: string;
  config: Record<string, unknown>;
  /** The file that holds the tokenizer. */
  tokenizer: typeof modelFiles.vocabulary | typeof modelFiles.tokenizer;
}

/** Whether the content of a config.json is Ostinato's, as it says itself: its parts may still be of any shape. */
export function isOurs(value: unknown): value is ConfigFile {
  return typeof value === "object" && value !== null && (value as ConfigFile).format === "ostinato";
}

/** Reads and checks config.json. @throws FileError if it is missing, damaged, or of a newer version. */
export async function readConfigFile(folder: string): Promise<ConfigFile> {
  return readJsonFile(join(folder, modelFiles.config), shapes.config, { formatVersion });
}
