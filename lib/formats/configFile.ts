import { join } from "node:path";
import { describe, FileError } from "../errors.js";
import { readJsonFile } from "./jsonFile.js";

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
  tokenizer: string;
}

/** Whether the content of a config.json is Ostinato's. */
export function isOurs(value: unknown): value is ConfigFile {
  return typeof value === "object" && value !== null && (value as ConfigFile).format === "ostinato";
}

/** Reads and checks config.json. @throws FileError if it is missing, damaged, or of a newer version. */
export async function readConfigFile(folder: string): Promise<ConfigFile> {
  const file = join(folder, modelFiles.config);
  const config = await readJsonFile(file);
  if (!isOurs(config)) throw new FileError(`${file} is not the configuration of an Ostinato model.`);
  if (config.formatVersion !== formatVersion) {
    throw new FileError(
      `${file} has format version ${describe(config.formatVersion)}, and this Ostinato reads version ${formatVersion}. ` +
        "Update Ostinato.",
    );
  }
  const sound =
    typeof config.model === "string" &&
    typeof config.config === "object" &&
    config.config !== null &&
    (config.tokenizer === modelFiles.vocabulary || config.tokenizer === modelFiles.tokenizer);
  if (!sound) throw new FileError(`${file} is damaged: model, config or tokenizer is missing. Copy the folder again.`);
  return config;
}
