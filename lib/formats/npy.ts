import type { FileHandle } from "node:fs/promises";
import { describe, InputError } from "../errors.js";
import { checkOption, text } from "../options.js";
import { openPlainFile } from "../plainFile.js";
import { writeFileAtomically } from "./atomicFile.js";
import { expectMemoryFor, readPart } from "./binaryFile.js";
import { float16ToFloat32 } from "./floats.js";
import type { NpyHeader } from "./npyHeader.js";
import { encodeNpyHeader, npyDamaged, parseNpyHeader, prefixBytes, prefixOf } from "./npyHeader.js";
import type { TensorValues } from "./tensorValues.js";

/** An array of numbers with its shape. */
export interface NumberArray {
  readonly shape: readonly number[];
  /** Row-major. Floats of 16 bits are read as Float32Array, which holds them exactly, and truth values as Uint8Array. */
  readonly values: TensorValues;
}

/**
 * Reads an array from a .npy file of NumPy (format versions 1.0 to 3.0): floats of 16, 32 and 64 bits, integers of 8 to 64 bits and
 * truth values, in either byte order, and in C or Fortran order; the values come in C order. A file of Python objects is refused,
 * as reading it would run a program.
 * @throws FileError if the file is missing, cut off, no .npy file, or holds something else than numbers.
 */
export async function readNpy(file: string): Promise<NumberArray> {
  const handle = await openPlainFile(checkOption("readNpy", "the file", file, text()));
  try {
    const { header, dataStart } = await readHeader(handle, file);
    const { shape, type, elements } = header;
    const { size } = await handle.stat();
    const [length, there] = [elements * type.bytes, size - dataStart];
    const promise = `its header promises ${elements} elements of ${type.bytes} bytes, ${length} in all, and there are ${there}`;
    if (there < length) throw npyDamaged(file, `it is cut off: ${promise}`);
    if (there > length) throw npyDamaged(file, `there is something after the array: ${promise}`);
    // 16-bit floats are there in both types while they are read, and Fortran order in both orders.
    expectMemoryFor(file, "its values", length * (type.kind === "f2" ? 3 : 1) * (header.fortran ? 2 : 1));
    const cutOff = (what: string) => npyDamaged(file, what);
    const bytes = await readPart(handle, { file, start: dataStart, length, cutOff });
    const values = decode(bytes, header);
    return { shape, values: header.fortran ? inRowOrder(values, shape) : values };
  } finally {
    await handle.close();
  }
}

/**
 * Writes an array to a .npy file (format version 1.0, C order, little-endian), whole or not at all.
 * @throws InputError if the values are not as many as the shape says.
 */
export async function writeNpy(file: string, array: NumberArray): Promise<void> {
  const { shape, values } = (array ?? {}) as Partial<NumberArray>;
  const kind = Object.entries(arrays).find(([, TypedArray]) => values instanceof TypedArray)?.[0];
  if (kind === undefined || !values)
    throw new InputError(`writeNpy: expected a typed array of numbers, got ${describe(values)}.`);
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new InputError(`writeNpy: expected a shape of whole numbers, got ${describe(shape)}.`);
  }
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements !== values.length) {
    throw new InputError(`writeNpy: the shape [${shape}] has ${elements} elements, and there are ${values.length}.`);
  }
  await writeFileAtomically(file, async (sink) => {
    await sink.append(encodeNpyHeader(kind, shape));
    await sink.append(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  });
}

async function readHeader(handle: FileHandle, file: string): Promise<{ header: NpyHeader; dataStart: number }> {
  const { size } = await handle.stat();
  const cutOff = (what: string) => npyDamaged(file, what);
  if (size < prefixBytes) throw cutOff(`it is cut off: expected at least ${prefixBytes} bytes, got ${size}`);
  const first = Buffer.from(await readPart(handle, { file, start: 0, length: prefixBytes, cutOff }));
  const { start, length, encoding } = prefixOf(first, file);
  const dataStart = start + length;
  if (dataStart > size) throw cutOff(`it is cut off: expected ${dataStart} bytes of header, got ${size}`);
  const text = Buffer.from(await readPart(handle, { file, start, length, cutOff })).toString(encoding);
  return { header: parseNpyHeader(text, file), dataStart };
}

/** The arrays of the types that JavaScript has, by NumPy's letters. */
const arrays = {
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
} as const;

function decode(bytes: ArrayBuffer, { type }: NpyHeader): TensorValues {
  if (type.bigEndian) swap(Buffer.from(bytes), type.bytes);
  if (type.kind === "f2") return float16ToFloat32(new Uint16Array(bytes));
  if (type.kind === "b1") return new Uint8Array(bytes);
  return new arrays[type.kind as keyof typeof arrays](bytes);
}

function swap(bytes: Buffer, width: number): void {
  if (width === 2) bytes.swap16();
  else if (width === 4) bytes.swap32();
  else if (width === 8) bytes.swap64();
}

/** The values of an array in Fortran order, whose first index changes fastest, in C order. */
function inRowOrder(values: TensorValues, shape: readonly number[]): TensorValues {
  if (shape.length < 2) return values;
  const ordered = new (values.constructor as Uint8ArrayConstructor)(values.length);
  const source = values as Uint8Array;
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < ordered.length; to++) {
    ordered[to] = source[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      from += stride;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      from -= stride * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return ordered;
}
