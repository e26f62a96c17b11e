import { realpath, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { companionIn } from "./companions.js";
import { readJsonFile, writeJsonFile } from "./jsonFile.js";
import { modelFiles } from "./modelFiles.js";
import { shapes } from "./shapes.js";

/** Values that an option of the command line can have. */
export type RecordedValue = string | number | boolean | readonly (string | number)[];

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

const formatVersion = 1;

/** Writes training.json into a folder that is there. @throws FileError if it cannot be written. */
export async function writeTrainingRecord(folder: string, { command, files, options }: TrainingRecord): Promise<void> {
  const own = await realpath(folder).catch(() => resolve(folder));
  const beside = (paths?: readonly string[]) => paths?.map((path) => relative(own, resolve(path)));
  const { train, validation, test } = files;
  await writeJsonFile(join(folder, modelFiles.training), {
    format: "ostinato-training",
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
  const file = await companionIn(folder, modelFiles.training);
  if ((await stat(file).catch(() => null)) === null) return null;
  const json = await readJsonFile(file, shapes.training, { formatVersion });
  const own = await realpath(folder);
  const absolute = (paths: readonly string[]) => paths.map((path) => resolve(own, path));
  const { train, validation, test } = json.files;
  return {
    command: json.command,
    files: {
      train: absolute(train),
      ...(validation ? { validation: absolute(validation) } : {}),
      ...(test ? { test: absolute(test) } : {}),
    },
    options: json.options,
  };
}
