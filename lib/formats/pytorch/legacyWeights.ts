import { FileError } from "../../errors.js";
import { readPart } from "../binaryFile.js";
import { stateDictGlobal } from "./globals.js";
import type { PickleSource } from "./pickle.js";
import { readPickle } from "./pickle.js";
import type { PickleValue } from "./pickleValue.js";
import type { Place } from "./storages.js";
import { Storages } from "./storages.js";
import type { TensorStorage } from "./storedTensor.js";
import type { StoredWeights } from "./storedWeights.js";
import { damagedWeights, largestPickle } from "./storedWeights.js";
import type { OpenArchive } from "./zipArchive.js";

/** The first object of such a file, after the opcode of the protocol: LONG1, ten bytes, and a magic number, the lowest byte first. */
const beginning = Buffer.from([0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]);

/** Whether a pickle begins as torch.save wrote it before PyTorch 1.6. */
export function isLegacy(head: Buffer): boolean {
  return head.subarray(2, 2 + beginning.length).equals(beginning);
}

/**
 * The weights of a file as torch.save wrote it before PyTorch 1.6: pickles of a magic number, a version, the system, the object and the
 * keys of its storages, then each storage, a count of elements before it.
 */
export async function openLegacyWeights({ file, handle, size }: OpenArchive): Promise<StoredWeights> {
  const damaged = (what: string) => damagedWeights(file, what);
  const head = { file, start: 0, length: Math.min(size, largestPickle), cutOff: damaged };
  const bytes = Buffer.from(await readPart(handle, head));
  const storages = new Storages(damaged);
  const source: PickleSource = {
    ...{ file, bytes },
    global: (module, name) => stateDictGlobal(file, module, name),
    persistent: (id) => storages.of(id),
  };
  let end = 0;
  const next = (): PickleValue => {
    const { value, end: after } = readPickle(source, end);
    end = after;
    return value;
  };
  const [, version, system, value, keys] = [next(), next(), next(), next(), next()];
  if (version !== 1001) throw new FileError(`${file} is of a version of PyTorch that is not known.`);
  if (!Array.isArray(keys)) throw damaged("it has no list of its storages");
  const places = new Map<string, Place>();
  for (const key of keys as readonly PickleValue[]) {
    const storage = typeof key === "string" ? storages.byKey.get(key) : undefined;
    if (!storage) throw damaged("it lists a storage that no tensor has");
    const counter = await readPart(handle, { file, start: end, length: 8, cutOff: damaged });
    const start = end + counter.byteLength;
    places.set(storage.key, placeOf(storage, { start, count: Buffer.from(counter).readBigInt64LE(), size, damaged }));
    end = start + storage.length * storage.elements.bytes;
  }
  return {
    ...{ value, most: bytes.length },
    bigEndian: system instanceof Map && system.get("little_endian") === false,
    placeOf: async (key) => {
      const place = places.get(key);
      if (!place) throw damaged(`there is no storage ${key} in it`);
      return place;
    },
  };
}

function placeOf(
  { key, length, elements }: TensorStorage,
  there: { start: number; count: bigint; size: number; damaged: (what: string) => FileError },
): Place {
  const { start, count, size, damaged } = there;
  const bytes = length * elements.bytes;
  if (Number(count) !== length || start + bytes > size) {
    throw damaged(`expected ${length} elements of the storage ${key} at byte ${start}, got ${count} in ${size} bytes`);
  }
  return { start, length: bytes };
}
