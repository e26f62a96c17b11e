import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FileError, OstinatoError, withArticle } from "../errors.js";
import { checkOption, completeOptions, flag, text } from "../options.js";
import type { WeightType } from "../weights.js";
import { findCompanion, putAside, readCompanion, settleCompanions, writeCompanion } from "./companions.js";
import type { ConfigFile } from "./configFile.js";
import { formatVersion, readConfigFile } from "./configFile.js";
import type { FolderKind, ParameterShape } from "./folderKind.js";
import { lockFolder } from "./folderLock.js";
import { jsonDigest } from "./jsonFile.js";
import { expectCounts, expectSameOrigin, expectTensors, expectVocabularySizes } from "./modelChecks.js";
import { modelFiles } from "./modelFiles.js";
import { differenceOf, foreign, occupied, presentModel } from "./presentModel.js";
import type { UnpackedWeights } from "./quantizedTensors.js";
import { packTensors, unpackTensors, weightTypeOf } from "./quantizedTensors.js";
import type { LeftTensors, NamedTensor, SafetensorsHeader } from "./safetensors.js";
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from "./safetensors.js";
import type { TensorEntry } from "./safetensorsHeader.js";
import type { Vocabularies } from "./vocabularies.js";
import { vocabularySizes } from "./vocabularies.js";

export interface ModelContent {
  /** The kind that reads it: "LanguageModel" ... */
  model: string;
  /** Plain data. */
  config: object;
  tensors: Iterable<NamedTensor>;
  /** The type that matrices are kept in; their values fit it already. Default: float32. */
  weightType?: WeightType | null;
  tokenizer: Vocabularies;
}

/** A model folder but for its weights. */
export interface ModelDescription<V extends Vocabularies = Vocabularies, N = unknown> {
  config: Record<string, unknown>;
  /** The layers of the configuration. */
  network: N;
  tokenizer: V;
  /** The type that its matrices are kept in; null for float32. */
  weightType: WeightType | null;
  /** Names of tensors that the file has in float64, and that are read as float32. */
  doubles: readonly string[];
}

export interface LoadedModel<V extends Vocabularies = Vocabularies, N = unknown> extends ModelDescription<V, N> {
  tensors: UnpackedWeights;
  /** Those that were left in the file; null if there are none. To be closed. */
  left: LeftTensors | null;
}

/**
 * Writes a model folder: config.json, model.safetensors, and, where the model has a vocabulary,
 * vocabulary.json (or tokenizer.json for subwords).
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
    if (present.weights === "float32" && parts.weightType) {
      throw occupied(
        `${folder} holds this model with float32 weights, and to replace them by ${parts.weightType} ones cannot be undone`,
      );
    }
    await writeTensors(folder, parts);
  });
}

/**
 * Reads a model folder and checks that its parts are whole and belong together.
 * @param kind the kind that the folder must hold.
 * @param options.same the model that it must hold: configuration and vocabularies equal to these.
 * @param options.leave says which tensors stay in the file, whose digest is then not compared.
 * @throws FileError that names the file and says what to do.
 */
export async function loadModelFolder<V extends Vocabularies, N extends Layers>(
  folder: string,
  kind: FolderKind<V, N>,
  { same, leave }: { same?: { config: object; tokenizer: V }; leave?: (entry: TensorEntry) => boolean } = {},
): Promise<LoadedModel<V, N>> {
  checkOption("load", "folder", folder, text());
  return undisturbed(folder, async () => {
    const files = await readJsonFiles(folder, kind);
    if (same) expectSame(folder, files, partsOf({ ...same, model: kind.name, tensors: [] }));
    const file = join(folder, modelFiles.tensors);
    let checked: { header: SafetensorsHeader; network: N } | undefined;
    const { metadata, tensors, verified, left } = await readSafetensors(file, {
      ...(leave ? { leave } : {}),
      check: (header) => {
        checked = { header, network: networkFor(folder, kind, { ...files, header }) };
      },
    });
    try {
      if (metadata.format === "ostinato" && !verified) {
        throw new FileError(`${file} is damaged: its digest is missing. Copy it again from where it came.`);
      }
      const description = described(folder, kind, { ...files, ...(checked as NonNullable<typeof checked>), ...same });
      return { ...description, tensors: unpackTensors(file, tensors), left };
    } catch (error) {
      await left?.close();
      throw error;
    }
  });
}

/**
 * Reads all of a model folder but its weights, and checks that the parts belong together.
 * @throws FileError as loadModelFolder does.
 */
export async function describeModelFolder<V extends Vocabularies, N extends Layers>(
  folder: string,
  kind: FolderKind<V, N>,
): Promise<ModelDescription<V, N>> {
  return undisturbed(folder, async () => {
    const files = await readJsonFiles(folder, kind);
    const header = await readSafetensorsHeader(join(folder, modelFiles.tensors));
    return described(folder, kind, { ...files, header, network: networkFor(folder, kind, { ...files, header }) });
  });
}

type Layers = { readonly parameters: Iterable<ParameterShape> };

interface JsonFiles {
  configFile: ConfigFile;
  /** Content of the vocabulary file; null where there is none. */
  json: unknown;
}

async function readJsonFiles(folder: string, { name, vocabularies }: FolderKind): Promise<JsonFiles> {
  const { metadata } = await headerIn(folder);
  const configFile = await readConfigFile(folder, metadata);
  if (configFile.model !== name)
    throw new FileError(`${folder} holds ${withArticle(configFile.model)}, expected ${withArticle(name)}.`);
  const { tokenizer: file } = configFile;
  const { shape } = vocabularies;
  if (file === undefined && shape === null) return { configFile, json: null };
  if (file !== undefined && shape !== null) {
    return { configFile, json: await readCompanion({ folder, name: file, metadata }, shape) };
  }
  const found = file === undefined ? "no file for its vocabulary" : `a vocabulary in ${file}`;
  throw new FileError(
    `${join(folder, modelFiles.config)} names ${found}, and a ${name} has ${shape ? "one" : "none"}.`,
  );
}

/** The layers of a configuration, whose parameters the file has. What does not fit is an error of its file. */
function networkFor<N extends Layers>(
  folder: string,
  kind: Pick<FolderKind<Vocabularies, N>, "counts" | "network">,
  { header, ...files }: JsonFiles & { header: SafetensorsHeader },
): N {
  expectSameOrigin(folder, header, files);
  const { config } = files.configFile;
  const file = join(folder, modelFiles.tensors);
  expectCounts({ file, ...header }, config, kind.counts);
  try {
    const network = kind.network(config);
    expectTensors(file, header, network.parameters);
    return network;
  } catch (cause) {
    if (!(cause instanceof OstinatoError) || cause instanceof FileError) throw cause;
    throw new FileError(`${join(folder, modelFiles.config)}: ${cause.message}`, cause);
  }
}

/** @param parts.tokenizer the vocabularies, where they are known. */
function described<V extends Vocabularies, N>(
  folder: string,
  { vocabularies }: FolderKind<V>,
  { configFile, json, header, network, ...known }: JsonFiles & { header: SafetensorsHeader; network: N; tokenizer?: V },
): ModelDescription<V, N> {
  const file = join(folder, configFile.tokenizer ?? modelFiles.config);
  const tokenizer = known.tokenizer ?? readVocabularies(file, () => vocabularies.read(json));
  expectVocabularySizes(folder, configFile, vocabularySizes(vocabularies, tokenizer));
  return {
    config: configFile.config,
    network,
    tokenizer,
    weightType: weightTypeOf(header.metadata),
    doubles: header.entries.filter(({ type }) => type === "F64").map(({ name }) => name),
  };
}

/** The kind of the model in a folder. @throws FileError if there is none. */
export async function modelIn(folder: string): Promise<string> {
  checkOption("load", "folder", folder, text());
  const read = async () => readConfigFile(folder, (await headerIn(folder)).metadata);
  return (await undisturbed(folder, read)).model;
}

/** Reads a folder; again, if that failed and the model was replaced meanwhile. */
async function undisturbed<T>(folder: string, read: () => Promise<T>): Promise<T> {
  // Changes whenever another file takes the name.
  const identity = async () => {
    const stats = await stat(join(folder, modelFiles.tensors), { bigint: true }).catch(() => null);
    return stats && `${stats.ino} ${stats.mtimeNs} ${stats.size}`;
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
  tokenizerJson: object | null;
  tensors: Iterable<NamedTensor>;
  weightType: WeightType | null;
}

function partsOf({ model, config, tensors, weightType = null, tokenizer }: ModelContent): Parts {
  const json = tokenizer?.toJSON() ?? null;
  const configFile: ConfigFile = {
    format: "ostinato",
    formatVersion,
    model,
    config: JSON.parse(JSON.stringify(config)) as Record<string, unknown>,
    // A tokenizer.json of Hugging Face has no kind.
    ...(json && { tokenizer: "kind" in json ? modelFiles.vocabulary : modelFiles.tokenizer }),
  };
  return { configFile, tokenizerJson: json, tensors, weightType };
}

/** Puts a model into a folder, in place of the one that is there. */
async function replaceModel(folder: string, parts: Parts): Promise<void> {
  const { configFile, tokenizerJson } = parts;
  const before = await readSafetensorsHeader(join(folder, modelFiles.tensors)).catch(() => null);
  try {
    if (configFile.tokenizer) await writeCompanion(folder, configFile.tokenizer, tokenizerJson);
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
  { configFile, tokenizerJson, tensors, weightType }: Parts,
  complete: () => Promise<void> = async () => {},
): Promise<void> {
  const metadata = {
    format: "ostinato",
    config: jsonDigest(configFile),
    ...(tokenizerJson && { tokenizer: jsonDigest(tokenizerJson) }),
    ...(weightType ? { weights: weightType } : {}),
  };
  const packed = weightType ? packTensors(tensors, weightType) : tensors;
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
  const stats = await stat(folder).catch(() => null);
  if (!stats) throw new FileError(`There is no model folder ${folder}.${await leftBeside(folder)}`);
  if (!stats.isDirectory()) throw new FileError(`${folder} is a file, expected the folder of a model.`);
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

/** Advice for a folder in which a process of a former version died between the two renames of an overwrite. */
async function leftBeside(folder: string): Promise<string> {
  const parent = dirname(resolve(folder));
  const names = await readdir(parent).catch((): string[] => []);
  const old = names.find((name) => name.startsWith(`.${basename(resolve(folder))}.`) && name.endsWith(".old"));
  return old ? ` An interrupted overwrite left the old model in ${join(parent, old)}: rename it back.` : "";
}

function readVocabularies<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new FileError(`${file} cannot be used: ${(cause as Error).message}`, cause);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
