import type { FileHandle } from "node:fs/promises";
import { FileError, quote } from "../../errors.js";
import { expectMemoryFor, readPart } from "../binaryFile.js";
import type { TensorValues } from "../tensorValues.js";
import { decodeElements, widened } from "../tensorValues.js";
import { isLegacy, openLegacyWeights } from "./legacyWeights.js";
import { tensorsByName } from "./stateDict.js";
import type { StoredTensor } from "./storedTensor.js";
import { extentOf, gathered } from "./storedTensor.js";
import type { StoredWeights } from "./storedWeights.js";
import { damagedWeights } from "./storedWeights.js";
import { openZippedWeights } from "./zippedWeights.js";

/** Values of all tensors of a file in bytes at most, for each byte of the file: views of one storage are read one by one. */
const mostGrowth = 16;

/** Whether a file begins like those that torch.save writes, or wrote once. */
export function isPyTorchFile(head: Buffer): boolean {
  return isZip(head) || isPickle(head) || isTar(head);
}

/** Bytes of a beginning by which files are told apart. */
export const headBytes = 262;

const isZip = (head: Buffer) => head.toString("latin1", 0, 4) === "PK\x03\x04";
const isTar = (head: Buffer) => head.toString("latin1", 257, 262) === "ustar";
/** A safetensors file may begin with the same bytes, its header's length; then a brace comes after 8 of them. */
const isPickle = ([first, protocol = 0, ...rest]: Buffer) =>
  first === 0x80 && protocol >= 2 && protocol <= 5 && rest[6] !== 0x7b;

/**
 * The tensors of a file that torch.save wrote: a state_dict, or a checkpoint that has some in dictionaries and lists. It is read without
 * running anything of it: see `readPickle`.
 */
export class PyTorchFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #weights: StoredWeights;

  private constructor(file: string, handle: FileHandle, weights: StoredWeights, size: number) {
    this.#file = file;
    this.#handle = handle;
    this.#weights = weights;
    this.tensors = tensorsByName(weights.value, { file, most: weights.most });
    const bytes = [...this.tensors.values()].reduce((sum, { view }) => sum + bytesOf(view), 0);
    if (bytes > mostGrowth * size) throw damagedWeights(file, `its tensors have ${bytes} bytes, and it has ${size}`);
  }

  /** @throws FileError for a file that torch.save did not write, or that holds more than plain data. The caller closes the handle. */
  static async open(file: string, handle: FileHandle, head: Buffer): Promise<PyTorchFile> {
    const { size } = await handle.stat();
    return new PyTorchFile(file, handle, await openWeights({ file, handle, size }, head), size);
  }

  /** The values of a tensor, row-major. @throws FileError for a type that is not read, or if they are not in the file. */
  async read(name: string): Promise<TensorValues> {
    const { storage, view } = this.tensors.get(name) as StoredTensor;
    const { elements, offset, shape, strides } = view;
    const file = this.#file;
    const { type, bytes } = elements;
    if (type === null) {
      throw new FileError(`${file}: ${quote(name)} is of type ${elements.name}, which Ostinato does not read.`);
    }
    if (shape.includes(0)) return decodeElements(type, new ArrayBuffer(0));
    const place = await this.#weights.placeOf(storage.key);
    if (place.length < storage.length * storage.elements.bytes) {
      throw damagedWeights(
        file,
        `the storage ${storage.key} has ${place.length} bytes instead of ${storage.length * storage.elements.bytes}`,
      );
    }
    const length = extentOf(shape, strides) * bytes;
    expectMemoryFor(file, `the values of ${quote(name)}`, 2 * length * widened(type));
    const cutOff = (what: string) => damagedWeights(file, what);
    const data = await readPart(this.#handle, { file, start: place.start + offset * bytes, length, cutOff });
    if (this.#weights.bigEndian) swap(Buffer.from(data), bytes);
    return gathered(decodeElements(type, data), view);
  }
}

async function openWeights(
  archive: { file: string; handle: FileHandle; size: number },
  head: Buffer,
): Promise<StoredWeights> {
  const { file } = archive;
  if (isZip(head)) return openZippedWeights(archive);
  if (isLegacy(head)) return openLegacyWeights(archive);
  const written = isTar(head) ? "a tar archive of PyTorch before 0.2" : "a pickle, but none that torch.save wrote";
  throw new FileError(
    `${file} is ${written}. Load it in Python and save it again: torch.save(model.state_dict(), "weights.pt").`,
  );
}

function bytesOf({ shape, elements }: StoredTensor["view"]): number {
  return shape.reduce((product, size) => product * size, elements.bytes);
}

function swap(data: Buffer, bytes: number): void {
  if (bytes === 2) data.swap16();
  if (bytes === 4) data.swap32();
  if (bytes === 8) data.swap64();
}
