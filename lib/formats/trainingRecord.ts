import { realpath } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { FileError, OptionError } from "../errors.js";
import type { Rule } from "../options.js";
import { completeOptions, list, optional, text, value } from "../options.js";
import { modelFiles } from "./configFile.js";
import { readJsonFile, writeJsonFile } from "./jsonFile.js";

/** Values that an option of the command line can have. */
export type RecordedValue = string | number | boolean | readonly string[];

/** How a training was called: enough to go on with it, and to read other files as its own were read. */
export interface TrainingRecord {
  /** The word that follows `ostinato train`: "lm", "translate" ... */
  readonly command: string;
  /** Paths. In the file they are relative to its folder, and absolute once read. */
  readonly files: {
    readonly train: readonly string[];
    readonly validation?: readonly string[] | undefined;
    readonly test?: readonly string[] | undefined;
  };
  /** The options in force, defaults included: { hidden: 256, sourceColumn: "Q" ... }. */
  readonly options: Readonly<Record<string, RecordedValue>>;
}

const format = "ostinato-training";
const formatVersion = 1;

const paths = list(text());

const fileRules = { train: paths, validation: optional(paths), test: optional(paths) };

const options: Rule<TrainingRecord["options"]> = value(
  "an object of texts, numbers, true, false and lists of texts",
  (given) =>
    typeof given === "object" && given !== null && !Array.isArray(given) && Object.values(given).every(isRecordedValue),
);

const recordRules = {
  format: value<string>(JSON.stringify(format), (given) => given === format),
  formatVersion: value<number>(`${formatVersion}; a newer one needs a newer Ostinato`, (v) => v === formatVersion),
  command: text(),
  files: value<object>("an object", (given) => typeof given === "object" && given !== null),
  options,
};

function isRecordedValue(given: unknown): boolean {
  if (Array.isArray(given)) return given.every((element) => typeof element === "string");
  return ["string", "number", "boolean"].includes(typeof given);
}

/** Writes training.json into a folder that is there. @throws FileError if it cannot be written. */
export async function writeTrainingRecord(folder: string, { command, files, options }: TrainingRecord): Promise<void> {
  const own = await realpath(folder).catch(() => resolve(folder));
  const beside = (paths?: readonly string[]) => paths?.map((path) => relative(own, resolve(path)));
  const { train, validation, test } = files;
  await writeJsonFile(join(folder, modelFiles.training), {
    format,
    formatVersion,
    command,
    files: { train: beside(train), validation: beside(validation), test: beside(test) },
    options,
  });
}

/**
 * How the training of a model was called; null where the folder does not say (a library made it, or an older version).
 * @throws FileError if training.json is damaged, or of a newer version.
 */
export async function readTrainingRecord(folder: string): Promise<TrainingRecord | null> {
  const file = join(folder, modelFiles.training);
  const json = await readJsonFile(file).catch((error: FileError) => {
    if ((error.cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (json === undefined) return null;
  const own = await realpath(folder);
  const absolute = (paths: readonly string[]) => paths.map((path) => resolve(own, path));
  try {
    const { command, files, options } = completeOptions(file, json as object, recordRules);
    const { train, validation, test } = completeOptions(`${file}, files`, files, fileRules);
    return {
      command,
      files: {
        train: absolute(train),
        ...(validation ? { validation: absolute(validation) } : {}),
        ...(test ? { test: absolute(test) } : {}),
      },
      options,
    };
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new FileError(`${error.message} Copy the file again from where it came.`, error);
  }
}
