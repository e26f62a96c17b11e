import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Tokenizer } from "../data/tokenizer.js";
import { tokenizerFromJSON } from "../data/tokenizerFromJSON.js";
import { TokenizerPair } from "../data/tokenizerPair.js";
import { describe, FileError, OstinatoError } from "../errors.js";
import { misfitOf } from "../options.js";
import type { WeightType } from "../weights.js";
import type { ConfigFile } from "./configFile.js";
import { formatVersion, isOurs, modelFiles, readConfigFile } from "./configFile.js";
import { jsonDigest, readJsonFile, writeJsonFile } from "./jsonFile.js";
import { expectCounts, expectSameOrigin, expectTensors, expectVocabularySize } from "./modelChecks.js";
import type { UnpackedWeights } from "./quantizedTensors.js";
import { packTensors, unpackTensors, weightTypeOf } from "./quantizedTensors.js";
import { replaceFolder } from "./replaceFolder.js";
import type { NamedTensor } from "./safetensors.js";
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from "./safetensors.js";
import { anyJson, shapes } from "./shapes.js";

export interface ModelContent {
  /** The class that reads it: "LanguageModel" ... */
  model: string;
  /** Plain data. */
  config: object;
  tensors: Iterable<NamedTensor>;
  /** The type that matrices are kept in; their values fit it already. Default: float32. */
  weights?: WeightType | null;
  tokenizer: Tokenizer | TokenizerPair;
}

export interface LoadedModel<T extends Tokenizer | TokenizerPair = Tokenizer | TokenizerPair> {
  model: string;
  config: Record<string, unknown>;
  /** By name. */
  tensors: UnpackedWeights["tensors"];
  /** The type that its matrices were kept in; null for float32. */
  weights: WeightType | null;
  /** Names of tensors that the file has in float64, and float32 does not hold exactly: they were rounded to the nearest. */
  rounded: readonly string[];
  tokenizer: T;
}

/** Names and shapes of a model's parameters. @throws OptionError for a configuration that it cannot have. */
type ParametersOf = (config: Record<string, unknown>, model: string) => Iterable<ParameterShape>;

interface ParameterShape {
  name: string;
  shape: readonly number[];
}

/**
 * Writes a model folder: config.json, model.safetensors, and vocabulary.json (or tokenizer.json for subwords).
 *
 * A new folder is written beside and renamed when it is complete. Where the same model (equal configuration and
 * vocabulary) is there already, only model.safetensors is replaced, in one step. At every moment there is one whole
 * model, old or new; while a folder is overwritten, the old one may for a moment be beside it under another name.
 *
 * @param options.overwrite replace the model that is in the folder, with its training state. Files that are not
 *   Ostinato's stay. Default false.
 * @throws FileError if another model is there, or the folder cannot be written; what was there is then unchanged.
 */
export async function saveModelFolder(
  folder: string,
  content: ModelContent,
  { overwrite = false }: { overwrite?: boolean } = {},
): Promise<void> {
  const parts = partsOf(content);
  const present = await inspect(folder, parts);
  const write = (into: string) => writeParts(into, parts);
  if (present.kind === "same" && !overwrite) {
    if (present.weights === "float32" && parts.weights) {
      throw new FileError(
        `${folder} holds this model with float32 weights, and they are to be replaced by ${parts.weights} ones, which cannot ` +
          "be undone. Choose another folder, or say that it may be overwritten.",
      );
    }
    return writeTensors(folder, parts);
  }
  if (present.kind === "nothing") return replaceFolder(folder, write, { ours: [] });
  if (present.kind === "files") return write(folder);
  if (present.kind === "foreign") throw new FileError(`${present.message}. Choose another folder.`);
  if (present.kind === "other" && !overwrite) {
    throw new FileError(`${present.message}. Choose another folder, or say that it may be overwritten.`);
  }
  await replaceFolder(folder, write, { ours: Object.values(modelFiles) });
}

/**
 * Reads a model folder and checks that its parts are whole and belong together.
 * @param options.model the class that is going to read it; another one is an error. Default: whichever it is.
 * @param options.tokenizer reads the vocabulary. Default: of whichever kind it is.
 * @param options.parameters the parameters that a model of this class and configuration has.
 * @param options.counts options of the configuration that count layers: checked before the parameters are asked for.
 * @param options.same the model that the folder must hold: configuration and vocabulary equal to these.
 * @throws FileError that names the file and says what to do.
 */
export async function loadModelFolder<T extends Tokenizer | TokenizerPair = Tokenizer | TokenizerPair>(
  folder: string,
  options: {
    model?: string;
    tokenizer?: (json: unknown) => T;
    parameters?: ParametersOf;
    counts?: readonly string[];
    same?: Omit<ModelContent, "tensors">;
  } = {},
): Promise<LoadedModel<T>> {
  await expectModelFolder(folder);
  if (options.same) {
    const present = await inspect(folder, partsOf({ ...options.same, tensors: [] }));
    if (present.kind === "other") throw new FileError(`${present.message}.`);
  }
  const configFile = await readConfigFile(folder);
  if (options.model !== undefined && configFile.model !== options.model) {
    throw new FileError(`${folder} holds a ${configFile.model}, expected a ${options.model}.`);
  }
  const json = await readJsonFile(join(folder, configFile.tokenizer), shapes.vocabulary);
  const file = join(folder, modelFiles.tensors);
  const content = await readSafetensors(file, {
    check: (header) => {
      expectSameOrigin(folder, header, { configFile, json });
      const { parameters, counts = [] } = options;
      if (!parameters) return;
      expectCounts({ file, ...header }, configFile.config, counts);
      expectTensors(file, header, parametersOf(folder, configFile, parameters));
    },
  });
  if (content.metadata.format === "ostinato" && !content.verified) {
    throw new FileError(`${file} is damaged: its digest is missing. Copy it again from where it came.`);
  }
  const tokenizer = readTokenizer(
    join(folder, configFile.tokenizer),
    () => (options.tokenizer ?? anyTokenizer)(json) as T,
  );
  expectVocabularySize(folder, configFile, tokenizer);
  const { tensors, rounded } = unpackTensors(file, content.tensors);
  const weights = weightTypeOf(content.metadata);
  return { model: configFile.model, config: configFile.config, tensors, weights, rounded, tokenizer };
}

/** The class of the model in a folder. @throws FileError if there is none. */
export async function modelIn(folder: string): Promise<string> {
  await expectModelFolder(folder);
  return (await readConfigFile(folder)).model;
}

/** Whether a folder holds a model, whole or not: to be asked before a long training writes there. */
export async function holdsModel(folder: string): Promise<boolean> {
  return (await exists(join(folder, modelFiles.config))) && (await exists(join(folder, modelFiles.tensors)));
}

interface Parts {
  configFile: ConfigFile;
  tokenizerJson: object;
  tensors: Iterable<NamedTensor>;
  weights: WeightType | null;
}

function partsOf({ model, config, tensors, weights = null, tokenizer }: ModelContent): Parts {
  const configFile: ConfigFile = {
    format: "ostinato",
    formatVersion,
    model,
    config: JSON.parse(JSON.stringify(config)) as Record<string, unknown>,
    tokenizer: tokenizer.kind === "subword" ? modelFiles.tokenizer : modelFiles.vocabulary,
  };
  return { configFile, tokenizerJson: tokenizer.toJSON(), tensors, weights };
}

/** model.safetensors comes last: until it is there, the folder is no model. */
async function writeParts(folder: string, parts: Parts): Promise<void> {
  await writeJsonFile(join(folder, parts.configFile.tokenizer), parts.tokenizerJson);
  await writeJsonFile(join(folder, modelFiles.config), parts.configFile);
  await writeTensors(folder, parts);
}

async function writeTensors(folder: string, { configFile, tokenizerJson, tensors, weights }: Parts): Promise<void> {
  const metadata = {
    format: "ostinato",
    config: jsonDigest(configFile),
    tokenizer: jsonDigest(tokenizerJson),
    ...(weights ? { weights } : {}),
  };
  const packed = weights ? packTensors(tensors, weights) : tensors;
  await writeSafetensors(join(folder, modelFiles.tensors), { tensors: packed, metadata });
}

type Present =
  | { kind: "nothing" }
  /** Files, but no model. */
  | { kind: "files" }
  /** The same configuration and vocabulary; `weights` are those of the file, null where it cannot be read. */
  | { kind: "same"; weights: WeightType | "float32" | null }
  | { kind: "other"; message: string }
  /** Not written by Ostinato: never to be overwritten. */
  | { kind: "foreign"; message: string };

/** What a folder holds, compared with what is to be written. */
async function inspect(folder: string, { configFile, tokenizerJson }: Parts): Promise<Present> {
  if (!(await exists(folder))) return { kind: "nothing" };
  const configPath = join(folder, modelFiles.config);
  const hasTensors = await exists(join(folder, modelFiles.tensors));
  if (!(await exists(configPath))) {
    if (!hasTensors) return { kind: "files" };
    return {
      kind: "foreign",
      message: `${folder} holds a ${modelFiles.tensors} of unknown origin`,
    };
  }
  const before = await readJsonFile(configPath, anyJson).catch(() => null);
  if (!isOurs(before)) {
    return { kind: "foreign", message: `${configPath} is not one of Ostinato's` };
  }
  if (misfitOf(before, shapes.config)) {
    if (!hasTensors) return { kind: "files" };
    return { kind: "other", message: `${folder} holds a model of another version, or a damaged one` };
  }
  const oldTokenizer = await readJsonFile(join(folder, before.tokenizer), anyJson).catch(() => null);
  const sameConfig = jsonDigest(before) === jsonDigest(configFile);
  const sameTokenizer = oldTokenizer !== null && jsonDigest(oldTokenizer) === jsonDigest(tokenizerJson);
  if (sameConfig && sameTokenizer) return { kind: "same", weights: await weightsIn(folder) };
  if (!hasTensors) return { kind: "files" };
  const difference = sameConfig ? "its vocabulary differs" : firstDifference(before, configFile);
  return { kind: "other", message: `${folder} holds another model: ${difference}` };
}

async function weightsIn(folder: string): Promise<WeightType | "float32" | null> {
  const header = await readSafetensorsHeader(join(folder, modelFiles.tensors)).catch(() => null);
  return header && (weightTypeOf(header.metadata) ?? "float32");
}

function firstDifference(before: ConfigFile, now: ConfigFile): string {
  for (const name of new Set([...Object.keys(before.config), ...Object.keys(now.config)])) {
    const [a, b] = [before.config[name], now.config[name]];
    if (JSON.stringify(a) !== JSON.stringify(b)) return `its ${name} is ${describe(a)}, not ${describe(b)}`;
  }
  return `it is a ${before.model} (format ${before.formatVersion}), not a ${now.model} (format ${now.formatVersion})`;
}

async function expectModelFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (!found) throw new FileError(`There is no model folder ${folder}.${await leftBeside(folder)}`);
  if (!found.isDirectory()) throw new FileError(`${folder} is a file, expected the folder of a model.`);
  const missing = [];
  for (const name of [modelFiles.config, modelFiles.tensors])
    if (!(await exists(join(folder, name)))) missing.push(name);
  if (missing.length === 0) return;
  const training = await exists(join(folder, modelFiles.trainer));
  throw new FileError(
    `${folder} has no ${missing.join(" and no ")}: ` +
      (training
        ? "a training is kept there, but no model yet. Resume the training."
        : "it is not a model folder, or it was copied in part. Copy the whole folder."),
  );
}

/** What to do when a process died between the two renames of an overwrite. */
async function leftBeside(folder: string): Promise<string> {
  const parent = dirname(resolve(folder));
  const names = await readdir(parent).catch((): string[] => []);
  const old = names.find((name) => name.startsWith(`.${basename(resolve(folder))}.`) && name.endsWith(".old"));
  return old ? ` An interrupted overwrite left the old model in ${join(parent, old)}: rename it back.` : "";
}

/** What does not fit in a configuration is an error of its file. */
function parametersOf(
  folder: string,
  { config, model }: ConfigFile,
  parameters: ParametersOf,
): Iterable<ParameterShape> {
  try {
    return parameters(config, model);
  } catch (cause) {
    if (!(cause instanceof OstinatoError)) throw cause;
    throw new FileError(`${join(folder, modelFiles.config)}: ${cause.message}`, cause);
  }
}

function anyTokenizer(json: unknown): Tokenizer | TokenizerPair {
  return (json as { kind?: unknown } | null)?.kind === "pair" ? TokenizerPair.fromJSON(json) : tokenizerFromJSON(json);
}

function readTokenizer<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new FileError(`${file} cannot be used: ${(cause as Error).message}`, cause);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
