import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { describe, InputError, quote } from "../errors.js";
import { openPlainFile } from "../plainFile.js";
import type { AtomicOptions, Sink } from "./atomicFile.js";
import { writeFileAtomically } from "./atomicFile.js";
import { chunkBytes, expectMemoryFor, readPart } from "./binaryFile.js";
import type { SafetensorsHeader, SafetensorsType, TensorEntry } from "./safetensorsHeader.js";
import { damaged, elementBytes, encodeHeader, largestHeader, parseHeader, shapeText } from "./safetensorsHeader.js";
import type { TensorValues } from "./tensorValues.js";
import { decodeElements, typedArrays, widened } from "./tensorValues.js";

export type { SafetensorsHeader } from "./safetensorsHeader.js";

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * F64, F32, I8 to I64 or U8 to U64 in the file, by the type of the array. Floats of 8 and 16 bits are read as Float32Array,
   * which holds them exactly, and BOOL as Uint8Array.
   */
  readonly values: TensorValues;
  /** To write a Uint16Array as BF16: its values are the upper halves of floats. */
  readonly type?: "BF16";
}

export interface SafetensorsContent {
  metadata: Record<string, string>;
  /** In the order of the file. */
  tensors: NamedTensor[];
  /** Whether the file has a digest, and, unless tensors were left, is known to be as it was written. Files of other tools have none. */
  verified: boolean;
  /** The tensors that were left in the file; null if there are none. To be closed. */
  left: LeftTensors | null;
}

/** Tensors that were left in their file, which stays open. */
export class LeftTensors {
  readonly #handle: FileHandle;
  readonly #begins: ReadonlyMap<string, number>;

  /** @param begins the byte of the file with which each tensor begins, by its name. */
  constructor(handle: FileHandle, begins: ReadonlyMap<string, number>) {
    this.#handle = handle;
    this.#begins = begins;
  }

  /** Where a tensor begins, and the descriptor of the file; null if it was not left. */
  get(name: string): { fd: number; begin: number } | null {
    const begin = this.#begins.get(name);
    return begin === undefined ? null : { fd: this.#handle.fd, begin };
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** The digest stands in the metadata under this name. While it is computed, zeros stand in its place. */
const digestName = "sha256";
const noDigest = "0".repeat(64);

/**
 * Writes tensors to a safetensors file (https://huggingface.co/docs/safetensors), atomically. The SHA-256 of the whole
 * file, with zeros where it stands itself, goes into the metadata: `readSafetensors` finds any byte that changed.
 * Values are taken as they are when their turn comes; they must not change meanwhile.
 */
export async function writeSafetensors(
  file: string,
  {
    tensors,
    metadata = {},
    complete,
  }: { tensors: Iterable<NamedTensor>; metadata?: Readonly<Record<string, string>> } & Pick<AtomicOptions, "complete">,
): Promise<void> {
  const ordered = inFileOrder(tensors);
  const entries = layOut(ordered);
  const header = encodeHeader({ metadata: { ...metadata, [digestName]: noDigest }, entries });
  const place = header.indexOf(digestPattern(noDigest)) + digestPattern("").length - 1;
  const write = async (sink: Sink) => {
    const hash = createHash("sha256").update(header);
    await sink.append(header);
    const chunk = Buffer.alloc(chunkBytes);
    for (const { values } of ordered) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        // A copy, so that the digest is of what is written even if someone changes the values meanwhile.
        const part = chunk.subarray(0, Math.min(chunkBytes, bytes.length - at));
        part.set(bytes.subarray(at, at + part.length));
        hash.update(part);
        await sink.append(part);
      }
    }
    await sink.overwrite(Buffer.from(hash.digest("hex")), place);
  };
  await writeFileAtomically(file, write, complete ? { complete } : {});
}

/**
 * Reads a safetensors file.
 * @param options.check looks at the header before any data is read, and may throw.
 * @param options.leave says which tensors stay in the file. If one does, the digest is not compared, as that would read all of it.
 * @throws FileError if the file is missing, cut off, altered or not a safetensors file.
 */
export async function readSafetensors(
  file: string,
  {
    check,
    leave = () => false,
  }: { check?: (header: SafetensorsHeader) => void; leave?: (entry: TensorEntry) => boolean } = {},
): Promise<SafetensorsContent> {
  const handle = await openPlainFile(file);
  let left: LeftTensors | null = null;
  try {
    const { header, bytes } = await readHeader(handle, file);
    check?.(header);
    const begins = new Map(header.entries.filter(leave).map(({ name, start }) => [name, bytes.length + start]));
    expectMemoryFor(file, "its tensors", memoryOf(header));
    const { [digestName]: digest, ...metadata } = header.metadata;
    const hash =
      digest === undefined || begins.size > 0 ? null : createHash("sha256").update(withoutDigest(bytes, digest));
    const tensors: NamedTensor[] = [];
    const cutOff = (what: string) => damaged(file, what);
    for (const entry of header.entries) {
      if (begins.has(entry.name)) continue;
      const data = await readPart(handle, {
        file,
        start: bytes.length + entry.start,
        length: entry.end - entry.start,
        hash,
        cutOff,
      });
      tensors.push({ name: entry.name, shape: entry.shape, values: decodeElements(entry.type, data) });
    }
    if (hash && hash.digest("hex") !== digest) {
      throw damaged(
        file,
        `its content was changed after it was written: the SHA-256 is not ${quote(digest as string)} ` +
          `(if you changed it on purpose, take "${digestName}" out of its metadata)`,
      );
    }
    if (begins.size > 0) left = new LeftTensors(handle, begins);
    return { metadata, tensors, verified: digest !== undefined, left };
  } finally {
    if (!left) await handle.close();
  }
}

/** Reads the header alone. @throws FileError as readSafetensors does. */
export async function readSafetensorsHeader(file: string): Promise<SafetensorsHeader> {
  const handle = await openPlainFile(file);
  try {
    return (await readHeader(handle, file)).header;
  } finally {
    await handle.close();
  }
}

async function readHeader(handle: FileHandle, file: string): Promise<{ header: SafetensorsHeader; bytes: Buffer }> {
  const { size } = await handle.stat();
  if (size < 8) throw damaged(file, `it is cut off: expected at least 8 bytes, got ${size}`);
  const cutOff = (what: string) => damaged(file, what);
  const lengthBytes = await readPart(handle, { file, start: 0, length: 8, cutOff });
  const length = Number(Buffer.from(lengthBytes).readBigUInt64LE(0));
  if (length > largestHeader) throw damaged(file, `its first 8 bytes promise a header of ${length} bytes`);
  if (8 + length > size) throw damaged(file, `it is cut off: expected ${8 + length} bytes of header, got ${size}`);
  const bytes = Buffer.from(await readPart(handle, { file, start: 0, length: 8 + length, cutOff }));
  return { header: parseHeader(bytes.subarray(8), { file, dataBytes: size - 8 - length }), bytes };
}

/** Bytes of memory that reading takes. */
function memoryOf({ entries }: SafetensorsHeader): number {
  return entries.reduce((sum, { type, start, end }) => sum + (end - start) * widened(type), 0);
}

function typeOf({ name, values, type }: NamedTensor): SafetensorsType {
  if (type === "BF16" && values instanceof Uint16Array) return type;
  const own = Object.entries(typedArrays).find(([, TypedArray]) => values instanceof TypedArray);
  if (own && type === undefined) return own[0] as keyof typeof typedArrays;
  throw new InputError(
    `Tensor ${quote(name)}: expected a typed array${type === undefined ? "" : ", a Uint16Array for BF16"}, got ${describe(values)}.`,
  );
}

/** Wide elements first, so that each tensor lies at a multiple of its element. */
function inFileOrder(tensors: Iterable<NamedTensor>): NamedTensor[] {
  return [...tensors].sort((a, b) => elementBytes[typeOf(b)] - elementBytes[typeOf(a)]);
}

function layOut(tensors: readonly NamedTensor[]): TensorEntry[] {
  const names = new Set<string>();
  let end = 0;
  return tensors.map((tensor) => {
    const { name, shape, values } = tensor;
    const elements = shape.reduce((product, size) => product * size, 1);
    if (elements !== values.length) {
      throw new InputError(
        `Tensor ${quote(name)}: its shape ${shapeText(shape)} has ${elements} elements, its values ${values.length}.`,
      );
    }
    if (names.has(name) || name === "__metadata__") throw new InputError(`There are two tensors ${quote(name)}.`);
    names.add(name);
    const start = end;
    end += values.byteLength;
    return { name, type: typeOf(tensor), shape, start, end };
  });
}

function digestPattern(digest: string): string {
  return `"${digestName}":"${digest}"`;
}

/** The header with zeros in place of the digest. */
function withoutDigest(header: Buffer, digest: string): Buffer {
  const place = header.indexOf(digestPattern(digest));
  if (place < 0) return header;
  const copy = Buffer.from(header);
  copy.write(digestPattern(noDigest), place);
  return copy;
}
