import { FileError, InputError, quote } from "../errors.js";
import { list, object, record, text, tuple, whole } from "../options.js";
import { parseJson } from "./json.js";
import { expectShape } from "./jsonFile.js";
import { anyObject } from "./shapes.js";

/** Bytes of one element of each type that can be read. Floats of 8 and 16 bits are read, and only BF16 of them is written. */
export const elementBytes = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  BF16: 2,
  F16: 2,
  I16: 2,
  U16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

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

/** The header as bytes: its length as u64, then JSON, padded with spaces so that the data begins at a multiple of 8. */
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

const entryShape = object({
  dtype: text(),
  shape: list(whole({ maximum: Number.MAX_SAFE_INTEGER })),
  data_offsets: tuple(whole({ maximum: Number.MAX_SAFE_INTEGER }), whole({ maximum: Number.MAX_SAFE_INTEGER })),
});

const metadataShape = record(text({ empty: true }));

/**
 * Reads and checks the JSON of a header.
 * @param options.file only for messages.
 * @param options.dataBytes what the file holds after the header.
 * @throws FileError unless every tensor is described soundly and all together fill the data exactly.
 */
export function parseHeader(json: Buffer, { file, dataBytes }: { file: string; dataBytes: number }): SafetensorsHeader {
  const header = parseJson(json, `${file}, header`);
  expectShape(`${file}, header`, header, anyObject);
  const { __metadata__: metadata = {}, ...tensors } = header;
  expectShape(`${file}, header: __metadata__`, metadata, metadataShape);
  const entries = Object.entries(tensors).map(([name, entry]) => parseEntry(file, name, entry));
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.start !== end) {
      throw damaged(file, `tensor ${quote(entry.name)} begins at byte ${entry.start} of the data, expected ${end}`);
    }
    end = entry.end;
  }
  if (end > dataBytes) {
    throw damaged(file, `it is cut off: its header promises ${end} bytes of data, and there are ${dataBytes}`);
  }
  if (end < dataBytes) throw damaged(file, `it has ${dataBytes} bytes of data, and its header describes only ${end}`);
  return { metadata, entries };
}

function parseEntry(file: string, name: string, entry: unknown): TensorEntry {
  const which = `the header of tensor ${quote(name)}`;
  expectShape(`${file}, ${which}`, entry, entryShape);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!Object.hasOwn(elementBytes, dtype)) {
    throw new FileError(
      `${file}: tensor ${quote(name)} is of type ${quote(dtype)}, which Ostinato does not read. ` +
        `Convert it to one of ${Object.keys(elementBytes).join(", ")}, or leave it out.`,
    );
  }
  const type = dtype as SafetensorsType;
  const [start, end] = offsets;
  const bytes = shape.reduce((product, size) => product * size, 1) * elementBytes[type];
  if (end - start !== bytes) {
    throw damaged(
      file,
      `${which} has shape ${shapeText(shape)} of ${type}, ${bytes} bytes, but ${end - start} bytes of data`,
    );
  }
  return { name, type, shape, start, end };
}

/** A shape for a message: "[2,3]". */
export function shapeText(shape: readonly number[]): string {
  return shape.length > 8 ? `[${shape.slice(0, 8)},... ${shape.length} axes]` : `[${shape}]`;
}

/** An error for a file whose content is not what it should be. */
export function damaged(file: string, what: string): FileError {
  return new FileError(`${file} is damaged or not a safetensors file: ${what}. Copy it again from where it came.`);
}
