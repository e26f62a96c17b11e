import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, FileError } from "../errors.js";
import { checkOption, misfitOf, text } from "../options.js";
import type { WeightType } from "../weights.js";
import { findCompanion } from "./companions.js";
import type { ConfigFile } from "./configFile.js";
import { isOurs } from "./configFile.js";
import { jsonDigest, readJsonFile } from "./jsonFile.js";
import { modelFiles } from "./modelFiles.js";
import { weightTypeOf } from "./quantizedTensors.js";
import type { SafetensorsHeader } from "./safetensors.js";
import { readSafetensorsHeader } from "./safetensors.js";
import { anyJson, shapes } from "./shapes.js";
import { trainerFormat } from "./trainerFile.js";

/**
 * Whether a folder holds a model, whole or damaged: for a question before long work that ends with writing
 * there.
 */
export async function holdsModel(folder: string): Promise<boolean> {
  return (await exists(join(folder, modelFiles.tensors))) && (await holds(folder, modelFiles.config));
}

/** Whether a folder holds the state of a training that a resume continues. */
export async function holdsTraining(folder: string): Promise<boolean> {
  return holds(folder, modelFiles.trainer);
}

/** The type that the matrices of the model in a folder were rounded to; null for float32, and where there is none to read. */
export async function roundedWeights(folder: string): Promise<WeightType | null> {
  return weightTypeOf((await headerOf(folder))?.metadata ?? {});
}

/**
 * Checks that a new model may be written into a folder, which need not be there.
 * @param owner who asks, for messages.
 * @param options.overwrite a model that is there may go.
 * @param options.training a training is going to be kept there too.
 * @throws FileError if the folder holds a model that may not go, or files of the user's own under the names
 *   of a model's.
 */
export async function expectFreeFolder(
  owner: string,
  folder: string,
  { overwrite = false, training = false }: { overwrite?: boolean; training?: boolean } = {},
): Promise<void> {
  checkOption(owner, "folder", folder, text());
  const stats = await stat(folder).catch(() => null);
  if (!stats) return;
  if (!stats.isDirectory()) throw new FileError(`${folder} is a file, expected a folder.`);
  const stranger = (await strangerIn(folder)) ?? (training ? await strangeTraining(folder) : null);
  if (stranger !== null) throw foreign(stranger);
  if (overwrite) return;
  const [model, state] = [await holdsModel(folder), await holdsTraining(folder)];
  if (model || state)
    throw occupied(`${folder} holds a ${model ? "model" : "training"} already`, { training: state && training });
}

/** The content of a folder, compared with the model that is to be written. */
export type Present =
  /** No model. */
  | { kind: "none" }
  /** The same configuration and vocabulary; `weights` are those of the file, null where it cannot be read. */
  | { kind: "same"; weights: WeightType | "float32" | null }
  /** `difference` follows the folder's name. */
  | { kind: "other"; difference: string }
  /** Not written by Ostinato: never to be overwritten. */
  | { kind: "foreign"; file: string };

export async function presentModel(
  folder: string,
  { configFile, tokenizerJson }: { configFile: ConfigFile; tokenizerJson: object | null },
): Promise<Present> {
  const stranger = await strangerIn(folder);
  if (stranger !== null) return { kind: "foreign", file: stranger };
  const vocabulary = configFile.tokenizer && join(folder, configFile.tokenizer);
  const isOwn = async () => !vocabulary || (await digestIn(vocabulary)) === jsonDigest(tokenizerJson);
  const before = (await readIfSound(join(folder, modelFiles.config))) as ConfigFile | null;
  const hasTensors = await exists(join(folder, modelFiles.tensors));
  if (!before && hasTensors) {
    return { kind: "other", difference: `holds a model without its ${modelFiles.config}` };
  }
  // Where the model that is there has its vocabulary under another name, or none, a file of this name is the user's.
  if (vocabulary && before?.tokenizer !== configFile.tokenizer && (await exists(vocabulary)) && !(await isOwn())) {
    return { kind: "foreign", file: vocabulary };
  }
  if (!before) return { kind: "none" };
  if (misfitOf(before, shapes.config)) {
    if (!hasTensors) return { kind: "none" };
    return { kind: "other", difference: "holds a model of another version, or a damaged one" };
  }
  const header = hasTensors ? await headerOf(folder) : null;
  const difference = differenceOf(before, configFile);
  const known = before.tokenizer === configFile.tokenizer && (await isOwn());
  if (difference === null && known) {
    return { kind: "same", weights: header && (weightTypeOf(header.metadata) ?? "float32") };
  }
  if (!hasTensors) return { kind: "none" };
  return { kind: "other", difference: `holds another model: ${difference ?? "its vocabulary differs"}` };
}

/** In what a configuration differs from another one: "its hiddenSize is 4, not 8"; null for nothing. */
export function differenceOf(before: ConfigFile, now: ConfigFile): string | null {
  if (jsonDigest(before) === jsonDigest(now)) return null;
  for (const name of new Set([...Object.keys(before.config), ...Object.keys(now.config)])) {
    const [a, b] = [before.config[name], now.config[name]];
    if (JSON.stringify(a) === JSON.stringify(b)) continue;
    const [own, wanted] = [describe(a), describe(b)];
    return own === wanted ? `its ${name} differs` : `its ${name} is ${own}, not ${wanted}`;
  }
  return `it is a ${before.model} (format ${before.formatVersion}), not a ${now.model} (format ${now.formatVersion})`;
}

/** The refusal to write over something. */
export function occupied(problem: string, { training = false }: { training?: boolean } = {}): FileError {
  const resume = training ? "go on with its training (--resume), " : "";
  return new FileError(
    `${problem}. Choose another folder, ${resume}or overwrite it (--overwrite; in a program: overwrite: true).`,
  );
}

/** The refusal to write over a file of someone else's. */
export function foreign(file: string): FileError {
  return new FileError(
    `${file} was not written by Ostinato, and a model has a file of that name. Choose another folder.`,
  );
}

/** A file under one of the model's own names that Ostinato did not write; null for none. */
async function strangerIn(folder: string): Promise<string | null> {
  const [config, tensors] = [join(folder, modelFiles.config), join(folder, modelFiles.tensors)];
  if (await exists(config)) return isOurs(await readIfSound(config)) ? null : config;
  if (!(await exists(tensors))) return null;
  return (await headerOf(folder))?.metadata.format === "ostinato" ? null : tensors;
}

/** The same for the files of a training, in a folder without a model. */
async function strangeTraining(folder: string): Promise<string | null> {
  if (await holdsModel(folder)) return null;
  const trainer = join(folder, modelFiles.trainer);
  const header = await readSafetensorsHeader(trainer).catch(() => null);
  if (header?.metadata.format === trainerFormat) return null;
  for (const name of [modelFiles.trainer, modelFiles.history, modelFiles.training]) {
    if (await exists(join(folder, name))) return join(folder, name);
  }
  return null;
}

/** Whether the model in a folder has a companion, under whichever name. */
async function holds(folder: string, name: string): Promise<boolean> {
  return (await findCompanion(folder, name, (await headerOf(folder))?.metadata ?? {})) !== null;
}

async function headerOf(folder: string): Promise<SafetensorsHeader | null> {
  return readSafetensorsHeader(join(folder, modelFiles.tensors)).catch(() => null);
}

async function readIfSound(file: string): Promise<unknown> {
  return readJsonFile(file, anyJson).catch(() => null);
}

async function digestIn(file: string): Promise<string | null> {
  return readJsonFile(file, anyJson).then(jsonDigest, () => null);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
