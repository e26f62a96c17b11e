import { dirname, join } from "node:path";
import { FileError, quote } from "../errors.js";
import { checkOption, object, record, text } from "../options.js";
import { openPlainFile } from "../plainFile.js";
import { readJsonFile } from "./jsonFile.js";
import { headBytes, isPyTorchFile, PyTorchFile } from "./pytorch/pytorchFile.js";
import type { NamedTensor } from "./safetensors.js";
import { readSafetensors } from "./safetensors.js";
import type { TensorValues } from "./tensorValues.js";

/** A tensor in a file of weights. */
export interface TensorInFile {
  readonly name: string;
  readonly shape: readonly number[];
  /** Another tensor of the file that is the same part of memory: a table that two layers share. */
  readonly sameAs?: string;
}

/** A file of weights, of this program or another, whose values are read when they are asked for. */
export interface TensorFile {
  readonly tensors: readonly TensorInFile[];
  /** The values of a tensor, row-major; floats of 8 and 16 bits as Float32Array, which holds them exactly, and BOOL as Uint8Array. */
  read(name: string): Promise<TensorValues>;
}

/**
 * Opens a file of weights: safetensors, or a state_dict or checkpoint that torch.save wrote, by its first bytes; or, by its name that ends
 * in .json, the index of a checkpoint of several such files, which lie beside it.
 * @param use gets the file, which is closed afterwards.
 * @throws FileError for a file of another kind, one that is damaged, or one that holds more than plain data.
 */
export async function withTensorFile<R>(file: string, use: (tensors: TensorFile) => Promise<R>): Promise<R> {
  return file.endsWith(".json") ? withShards(file, use) : withOneFile(file, use);
}

async function withOneFile<R>(file: string, use: (tensors: TensorFile) => Promise<R>): Promise<R> {
  const handle = await openPlainFile(file);
  try {
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await handle.read(head, 0, headBytes, 0);
    if (!isPyTorchFile(head.subarray(0, bytesRead))) return await use(await safetensorsFile(file));
    return await use(pytorchFile(await PyTorchFile.open(file, handle, head.subarray(0, bytesRead))));
  } finally {
    await handle.close();
  }
}

/**
 * Reads the tensors of a file: safetensors (every type of floats and integers), or a state_dict or checkpoint that torch.save wrote, whose
 * pickle is read without running anything of it; or of all files that an index (model.safetensors.index.json) names. Those of dictionaries in a checkpoint have the keys on the way before their names:
 * "model.rnn.weight_hh_l0".
 * @throws FileError for a file of another kind, one that is damaged, or one that holds more than plain data.
 */
export function readTensors(file: string): Promise<NamedTensor[]> {
  return withTensorFile(checkOption("readTensors", "the file", file, text()), async ({ tensors, read }) => {
    const all: NamedTensor[] = [];
    for (const { name, shape } of tensors) all.push({ name, shape, values: await read(name) });
    return all;
  });
}

/** As transformers writes it: the name of each tensor, and of the file that has it. Whatever else it says is passed over. */
const indexShape = object({ weight_map: record(text()) }, { open: true });

/** Opens the files of an index one within the other, and all of them as one file. */
async function withShards<R>(index: string, use: (tensors: TensorFile) => Promise<R>): Promise<R> {
  const { weight_map: fileOf } = await readJsonFile(index, indexShape);
  const files = [...new Set(Object.values(fileOf))];
  const strange = files.find((name) => /[/\\]|\.json$/.test(name));
  if (strange !== undefined) {
    throw new FileError(
      `${index} names the file ${quote(strange)}: expected names of files of weights that lie beside it.`,
    );
  }
  const open = (opened: ReadonlyMap<string, TensorFile>): Promise<R> => {
    const name = files[opened.size];
    if (name === undefined) return use(joined(index, fileOf, opened));
    return withOneFile(join(dirname(index), name), (shard) => open(new Map([...opened, [name, shard]])));
  };
  return open(new Map());
}

/** @throws FileError for a tensor that the index says to be where it is not. */
function joined(
  index: string,
  fileOf: Readonly<Record<string, string>>,
  opened: ReadonlyMap<string, TensorFile>,
): TensorFile {
  const known = new Map(
    [...opened].map(([file, { tensors }]) => [file, new Map(tensors.map((one) => [one.name, one]))]),
  );
  const tensors = Object.entries(fileOf).map(([name, file]) => {
    const tensor = known.get(file)?.get(name);
    if (!tensor) throw new FileError(`${index} says that ${quote(name)} is in ${file}, and it is not there.`);
    return tensor;
  });
  return { tensors, read: (name) => (opened.get(fileOf[name] as string) as TensorFile).read(name) };
}

async function safetensorsFile(file: string): Promise<TensorFile> {
  const { tensors } = await readSafetensors(file);
  const values = new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
  return { tensors, read: async (name) => values.get(name) as TensorValues };
}

function pytorchFile(file: PyTorchFile): TensorFile {
  const first = new Map<string, string>();
  const tensors = [...file.tensors].map(([name, { storage, view }]): TensorInFile => {
    const { elements, offset, shape, strides } = view;
    const memory = [storage.key, elements.name, offset, shape, strides].join(" ");
    const sameAs = first.get(memory);
    if (sameAs === undefined) first.set(memory, name);
    return { name, shape, ...(sameAs === undefined ? {} : { sameAs }) };
  });
  return { tensors, read: (name) => file.read(name) };
}
