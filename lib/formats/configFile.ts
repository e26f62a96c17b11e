import { readCompanion } from "./companions.js";
import { modelFiles } from "./modelFiles.js";
import { shapes } from "./shapes.js";

/** Version of config.json. Raised when an older version of Ostinato could not read what is written. */
export const formatVersion = 1;

/** The content of config.json. */
export interface ConfigFile {
  format: "ostinato";
  formatVersion: number;
  /** "LanguageModel" ... */
  model: string;
  config: Record<string, unknown>;
  /** The file that holds the vocabularies; left out where the model has none. */
  tokenizer?: typeof modelFiles.vocabulary | typeof modelFiles.tokenizer | undefined;
}

/**
 * Whether the content of a config.json is Ostinato's, as it says itself: its parts may still be of any shape.
 */
export function isOurs(value: unknown): value is ConfigFile {
  return typeof value === "object" && value !== null && (value as ConfigFile).format === "ostinato";
}

/**
 * Reads and checks config.json.
 * @param metadata that of model.safetensors beside it.
 * @throws FileError if it is missing, damaged, or of a newer version.
 */
export async function readConfigFile(folder: string, metadata: Readonly<Record<string, string>>): Promise<ConfigFile> {
  return readCompanion({ folder, name: modelFiles.config, metadata }, shapes.config, { formatVersion });
}
