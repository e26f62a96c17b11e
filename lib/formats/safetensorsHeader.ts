import { describe, FileError, InputError } from "../errors.js";

/** Bytes of one element. F16 can be read, not written. */
export const elementBytes = { F64: 8, I64: 8, F32: 4, I32: 4, BF16: 2, F16: 2, U8: 1, I8: 1 } as const;

export type SafetensorsType = keyof typeof elementBytes;

/** Where a tensor lies in the data that follows the header. */
export interface TensorEntry {
  readonly name: string;
  readonly type: SafetensorsType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their data, which they fill without a gap. */
  readonly entries: readonly TensorEntry[];
}

/** The same limit as in the reference implementation: a header that claims more is not a header. */
export const largestHeader = 100_000_000;

/** The header as bytes: its length as u64, then JSON, padded with blanks so that the data begins at a multiple of 8. */
export function encodeHeader({ metadata, entries }: SafetensorsHeader): Buffer {
  const json = Object.fromEntries<unknown>([
    ["__metadata__", metadata],
    ...entries.map(({ name, type, shape, start, end }) => [name, { dtype: type, shape, data_offsets: [start, end] }]),
  ] as [string, unknown][]);
  const text = Buffer.from(JSON.stringify(json));
  if (text.length > largestHeader) {
    throw new InputError(
      `A safetensors header may have ${largestHeader} bytes; this metadata makes it ${text.length}.`,
    );
  }
  const padded = Math.ceil(text.length / 8) * 8;
  const bytes = Buffer.alloc(8 + padded, " ");
  bytes.writeBigUInt64LE(BigInt(padded), 0);
  text.copy(bytes, 8);
  return bytes;
}

/**
 * Reads and checks the JSON of a header.
 * @param file only for messages.
 * @param dataBytes what the file holds after the header.
 * @throws FileError unless every tensor is described soundly and all together fill the data exactly.
 */
export function parseHeader(json: string, { file, dataBytes }: { file: string; dataBytes: number }): SafetensorsHeader {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch (cause) {
    throw damaged(file, `its header is not JSON: ${(cause as Error).message}`, cause);
  }
  if (!isObject(header)) throw damaged(file, `its header is ${describe(header)}, not an object`);
  const { __metadata__: metadata = {}, ...tensors } = header;
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw damaged(file, "its __metadata__ is not an object of texts");
  }
  const entries = Object.entries(tensors).map(([name, entry]) => parseEntry(file, name, entry));
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.start !== end) {
      throw damaged(file, `tensor "${entry.name}" begins at byte ${entry.start} of the data, expected ${end}`);
    }
    end = entry.end;
  }
  if (end > dataBytes) {
    throw damaged(file, `it is cut off: its header promises ${end} bytes of data, and there are ${dataBytes}`);
  }
  if (end < dataBytes) throw damaged(file, `it has ${dataBytes} bytes of data, and its header describes only ${end}`);
  return { metadata: metadata as Record<string, string>, entries };
}

function parseEntry(file: string, name: string, entry: unknown): TensorEntry {
  const which = `the header of tensor "${name}"`;
  if (!isObject(entry)) throw damaged(file, `${which} is ${describe(entry)}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(elementBytes, dtype)) {
    throw damaged(file, `${which} has dtype ${describe(dtype)}; can be read: ${Object.keys(elementBytes).join(", ")}`);
  }
  const type = dtype as SafetensorsType;
  if (!Array.isArray(shape) || !shape.every(isSize)) throw damaged(file, `${which} has no proper shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw damaged(file, `${which} has no proper data_offsets`);
  }
  const [start, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => product * size, 1) * elementBytes[type];
  if (end - start !== bytes) {
    throw damaged(file, `${which} has shape [${shape}] of ${type}, ${bytes} bytes, but ${end - start} bytes of data`);
  }
  return { name, type, shape, start, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** An error for a file whose content is not what it should be. */
export function damaged(file: string, what: string, cause?: unknown): FileError {
  return new FileError(
    `${file} is damaged or not a safetensors file: ${what}. Copy it again from where it came.`,
    cause,
  );
}
