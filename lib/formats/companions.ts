import { lstat, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Rule } from "../options.js";
import { checkOption, text } from "../options.js";
import { naming, writeFileAtomically } from "./atomicFile.js";
import { jsonDigest, readJsonFile } from "./jsonFile.js";
import { modelFiles } from "./modelFiles.js";
import { readSafetensorsHeader } from "./safetensors.js";
import { anyJson } from "./shapes.js";
import { syncFolder } from "./sync.js";

/**
 * The files beside model.safetensors. A model changes with the one rename that puts a new model.safetensors
 * in place, whose metadata has the digests of its configuration and vocabulary. Around that moment the
 * companions of the model to come and of the one that goes stand beside it under hidden names,
 * `.NAME.DIGEST`: readers take the one with the digest that model.safetensors names, and whoever writes next
 * in the folder finishes what a killed process left.
 */
type Metadata = Readonly<Record<string, string>>;

const { config, vocabulary, tokenizer, trainer, history, training } = modelFiles;

const names: readonly string[] = Object.values(modelFiles);

/**
 * Files of a training. They belong to the model.safetensors of one digest only while they stand under hidden
 * names.
 */
const trainingFiles: readonly string[] = [trainer, history, training];

const digestLength = 16;
const pattern = /^\.(?<name>.+)\.(?<digest>[0-9a-f]{16})$/;

/** Whether a name is that of a model's file, hidden or not. */
export function isModelFile(name: string): boolean {
  return names.includes(name) || names.includes(pattern.exec(name)?.groups?.name ?? "");
}

/** The digest by which the model of that metadata knows a companion; null where it knows none. */
function digestOf(name: string, metadata: Metadata): string | null {
  const keys: Record<string, string> = { [config]: "config", [vocabulary]: "tokenizer", [tokenizer]: "tokenizer" };
  const digest = metadata[keys[name] ?? "sha256"];
  return digest !== undefined && /^[0-9a-f]{64}$/.test(digest) ? digest : null;
}

function hiddenName(name: string, digest: string): string {
  return `.${name}.${digest.slice(0, digestLength)}`;
}

/** Where a companion of the model of that metadata stands now; null if it is missing. */
export async function findCompanion(folder: string, name: string, metadata: Metadata): Promise<string | null> {
  const digest = digestOf(name, metadata);
  const [visible, hidden] = [join(folder, name), digest === null ? null : join(folder, hiddenName(name, digest))];
  // Hidden once more: it may have been put aside between the two looks.
  for (const path of [hidden, visible, hidden]) if (path !== null && (await isThere(path))) return path;
  return null;
}

/** The path of a companion of the model in a folder: where it stands now, or would. */
export async function companionIn(folder: string, name: string): Promise<string> {
  checkOption(name, "the folder", folder, text());
  const header = await readSafetensorsHeader(join(folder, modelFiles.tensors)).catch(() => null);
  return (await findCompanion(folder, name, header?.metadata ?? {})) ?? join(folder, name);
}

/**
 * Reads the JSON of a companion of the model of that metadata.
 * @throws FileError as readJsonFile does.
 */
export async function readCompanion<T>(
  { folder, name, metadata }: { folder: string; name: string; metadata: Metadata },
  shape: Rule<T>,
  options: { formatVersion?: number } = {},
): Promise<T> {
  const find = async () => (await findCompanion(folder, name, metadata)) ?? join(folder, name);
  const path = await find();
  try {
    return await readJsonFile(path, shape, options);
  } catch (error) {
    // It was put in its place, or aside, after we had looked.
    const now = await find();
    if (now === path) throw error;
    return readJsonFile(now, shape, options);
  }
}

/** Writes a companion of a model to come, under its hidden name. */
export async function writeCompanion(folder: string, name: string, value: unknown): Promise<void> {
  const hidden = join(folder, hiddenName(name, jsonDigest(value)));
  await writeFileAtomically(hidden, `${JSON.stringify(value, null, 2)}\n`, { rightsOf: join(folder, name) });
}

/**
 * Puts those companions of a model that goes aside which the one to come does not write over: its training,
 * and its vocabulary if that has another name.
 */
export async function putAside(
  folder: string,
  before: Metadata,
  { tokenizer: next }: { tokenizer?: string | undefined },
): Promise<void> {
  const vocabularies = [vocabulary, tokenizer].filter((name) => name !== next);
  for (const name of [...trainingFiles, ...vocabularies]) {
    const visible = join(folder, name);
    if (!(await isThere(visible))) continue;
    const digest = digestOf(name, before);
    const own = trainingFiles.includes(name);
    if (!own && (digest === null || (await digestIn(visible)) !== digest)) continue;
    if (digest === null) await naming(visible, () => rm(visible));
    else await naming(visible, () => rename(visible, join(folder, hiddenName(name, digest))));
  }
  await syncFolder(folder);
}

/**
 * Gives the companions of the model that is in the folder their names, and removes those of any other.
 * @param options.replaced the model has just been put there: a training that was put aside is not its own,
 *   even if the weights are the same.
 */
export async function settleCompanions(
  folder: string,
  { replaced = false }: { replaced?: boolean } = {},
): Promise<void> {
  const hidden = (await readdir(folder)).flatMap((entry) => {
    const { name, digest } = pattern.exec(entry)?.groups ?? {};
    return name !== undefined && digest !== undefined && names.includes(name) ? [{ entry, name, digest }] : [];
  });
  if (hidden.length === 0) return;
  const tensors = join(folder, modelFiles.tensors);
  const metadata = (await isThere(tensors)) ? (await readSafetensorsHeader(tensors)).metadata : {};
  for (const { entry, name, digest } of hidden) {
    const own = digestOf(name, metadata)?.slice(0, digestLength) === digest;
    if (own && !(replaced && trainingFiles.includes(name))) await show(folder, entry, name);
    await rm(join(folder, entry), { force: true });
  }
  await syncFolder(folder);
}

/** Gives a hidden companion its name. */
async function show(folder: string, entry: string, name: string): Promise<void> {
  const [hidden, visible] = [join(folder, entry), join(folder, name)];
  const stats = await lstat(visible).catch(() => null);
  if (stats && trainingFiles.includes(name)) return;
  if (stats?.isSymbolicLink()) await writeFileAtomically(visible, await readFile(hidden));
  else await naming(visible, () => rename(hidden, visible));
}

async function digestIn(path: string): Promise<string | null> {
  return readJsonFile(path, anyJson).then(jsonDigest, () => null);
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
