import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Tokenizer } from "../data/tokenizer.js";
import { tokenizerFromJSON } from "../data/tokenizerFromJSON.js";
import { TokenizerPair } from "../data/tokenizerPair.js";
import { FileError, OstinatoError } from "../errors.js";
import { checkOption, completeOptions, flag, text } from "../options.js";
import type { WeightType } from "../weights.js";
import { findCompanion, putAside, readCompanion, settleCompanions, writeCompanion } from "./companions.js";
import type { ConfigFile } from "./configFile.js";
import { formatVersion, readConfigFile } from "./configFile.js";
import { lockFolder } from "./folderLock.js";
import { jsonDigest } from "./jsonFile.js";
import { expectCounts, expectSameOrigin, expectTensors, expectVocabularySize } from "./modelChecks.js";
import { modelFiles } from "./modelFiles.js";
import { differenceOf, foreign, occupied, presentModel } from "./presentModel.js";
import type { UnpackedWeights } from "./quantizedTensors.js";
import { packTensors, unpackTensors, weightTypeOf } from "./quantizedTensors.js";
import type { NamedTensor, SafetensorsHeader } from "./safetensors.js";
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from "./safetensors.js";
import { shapes } from "./shapes.js";

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
  /**
   * Names of tensors that the file has in float64, and float32 does not hold exactly: they were rounded to
   * the nearest.
   */
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
 * Writes a model folder: config.json, model.safetensors, and vocabulary.json (or tokenizer.json for
 * subwords).
 *
 * The folder is written into, and its rights, its links and everything of the user's own stay. Where the same
 * model (equal configuration and vocabulary) is there already, only model.safetensors is replaced. At every
 * moment readers find one whole model, old or new: the change is the rename of model.safetensors (see
 * companions.ts). Its training goes with an old model.
 *
 * @param options.overwrite replace the model that is in the folder, with its training. Default false.
 * @throws OptionError for an empty name.
 * @throws FileError if another model is there, the folder is being trained, or it cannot be written; the old
 *   model is then whole.
 */
export async function saveModelFolder(
  folder: string,
  content: ModelContent,
  options: { overwrite?: boolean } = {},
): Promise<void> {
  const { overwrite } = completeOptions("save", options, { overwrite: flag() });
  await lockFolder(folder, { owner: "save", purpose: "saving" }, async () => {
    const parts = partsOf(content);
    const present = await presentModel(folder, parts);
    if (present.kind === "foreign") throw foreign(present.file);
    if (present.kind === "other" && !overwrite) throw occupied(`${folder} ${present.difference}`);
    if (present.kind !== "same" || overwrite) return replaceModel(folder, parts);
    if (present.weights === "float32" && parts.weights) {
      throw occupied(
        `${folder} holds this model with float32 weights, and to replace them by ${parts.weights} ones cannot be undone`,
      );
    }
    await writeTensors(folder, parts);
  });
}

/**
 * Reads a model folder and checks that its parts are whole and belong together.
 * @param options.model the class that is going to read it; another one is an error. Default: whichever it is.
 * @param options.tokenizer reads the vocabulary. Default: of whichever kind it is.
 * @param options.parameters the parameters that a model of this class and configuration has.
 * @param options.counts options of the configuration that count layers: checked before the parameters are
 *   asked for.
 * @param options.same the model that the folder must hold: configuration and vocabulary equal to these.
 * @throws FileError that names the file and says what to do.
 */
export async function loadModelFolder<T extends Tokenizer | TokenizerPair = Tokenizer | TokenizerPair>(
  folder: string,
  options: LoadOptions<T> = {},
): Promise<LoadedModel<T>> {
  checkOption("load", "folder", folder, text());
  return undisturbed(folder, () => readModelFolder(folder, options));
}

interface LoadOptions<T extends Tokenizer | TokenizerPair> {
  model?: string;
  tokenizer?: (json: unknown) => T;
  parameters?: ParametersOf;
  counts?: readonly string[];
  same?: Omit<ModelContent, "tensors">;
}

async function readModelFolder<T extends Tokenizer | TokenizerPair>(
  folder: string,
  options: LoadOptions<T>,
): Promise<LoadedModel<T>> {
  const file = join(folder, modelFiles.tensors);
  const { metadata } = await headerIn(folder);
  const configFile = await readConfigFile(folder, metadata);
  const json = await readCompanion({ folder, name: configFile.tokenizer, metadata }, shapes.vocabulary);
  if (options.same) expectSame(folder, { configFile, json }, partsOf({ ...options.same, tensors: [] }));
  if (options.model !== undefined && configFile.model !== options.model) {
    throw new FileError(`${folder} holds a ${configFile.model}, expected a ${options.model}.`);
  }
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
  checkOption("load", "folder", folder, text());
  const read = async () => readConfigFile(folder, (await headerIn(folder)).metadata);
  return (await undisturbed(folder, read)).model;
}

/** Reads a folder; again, if that failed and the model was replaced meanwhile. */
async function undisturbed<T>(folder: string, read: () => Promise<T>): Promise<T> {
  // Changes whenever another file takes the name.
  const identity = async () => {
    const found = await stat(join(folder, modelFiles.tensors), { bigint: true }).catch(() => null);
    return found && `${found.ino} ${found.mtimeNs} ${found.size}`;
  };
  for (;;) {
    const before = await identity();
    try {
      return await read();
    } catch (error) {
      if ((await identity()) === before) throw error;
    }
  }
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

/** Puts a model into a folder, in place of the one that is there. */
async function replaceModel(folder: string, parts: Parts): Promise<void> {
  const { configFile, tokenizerJson } = parts;
  const before = await readSafetensorsHeader(join(folder, modelFiles.tensors)).catch(() => null);
  try {
    await writeCompanion(folder, configFile.tokenizer, tokenizerJson);
    await writeCompanion(folder, modelFiles.config, configFile);
    await writeTensors(folder, parts, async () => {
      if (before) await putAside(folder, before.metadata, configFile);
    });
  } catch (error) {
    await settleCompanions(folder).catch(() => {});
    throw error;
  }
  await settleCompanions(folder, { replaced: true });
}

/** @param complete runs just before the file takes its name. */
async function writeTensors(
  folder: string,
  { configFile, tokenizerJson, tensors, weights }: Parts,
  complete: () => Promise<void> = async () => {},
): Promise<void> {
  const metadata = {
    format: "ostinato",
    config: jsonDigest(configFile),
    tokenizer: jsonDigest(tokenizerJson),
    ...(weights ? { weights } : {}),
  };
  const packed = weights ? packTensors(tensors, weights) : tensors;
  await writeSafetensors(join(folder, modelFiles.tensors), { tensors: packed, metadata, complete });
}

/** @throws FileError if a folder's model is not the one that is expected. */
function expectSame(
  folder: string,
  { configFile, json }: { configFile: ConfigFile; json: unknown },
  expected: Parts,
): void {
  const sameTokens = jsonDigest(json) === jsonDigest(expected.tokenizerJson);
  const difference = differenceOf(configFile, expected.configFile) ?? (sameTokens ? null : "its vocabulary differs");
  if (difference !== null) throw new FileError(`${folder} holds another model: ${difference}.`);
}

/**
 * The header of a folder's model.safetensors. @throws FileError if the folder or one of the two files that
 * make a model is missing.
 */
async function headerIn(folder: string): Promise<SafetensorsHeader> {
  const found = await stat(folder).catch(() => null);
  if (!found) throw new FileError(`There is no model folder ${folder}.${await leftBeside(folder)}`);
  if (!found.isDirectory()) throw new FileError(`${folder} is a file, expected the folder of a model.`);
  const tensors = join(folder, modelFiles.tensors);
  const header = (await exists(tensors)) ? await readSafetensorsHeader(tensors) : null;
  const config = await findCompanion(folder, modelFiles.config, header?.metadata ?? {});
  const missing = [];
  if (config === null) missing.push(modelFiles.config);
  if (!header) missing.push(modelFiles.tensors);
  if (header && missing.length === 0) return header;
  const training = await exists(join(folder, modelFiles.trainer));
  throw new FileError(
    `${folder} has no ${missing.join(" and no ")}: ` +
      (training
        ? "a training is kept there, but no model yet. Resume the training."
        : "it is not a model folder, or it was copied in part. Copy the whole folder."),
  );
}

/** What to do when a process of a former version died between the two renames of an overwrite. */
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
