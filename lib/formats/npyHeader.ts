import { FileError, quote } from "../errors.js";

/** Description of the array in a .npy file. */
export interface NpyHeader {
  readonly type: NpyType;
  /** Whether the first index changes fastest. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** The product of the shape. */
  readonly elements: number;
}

/** The type of the elements. */
export interface NpyType {
  /** NumPy's letter and bytes: "f4". */
  readonly kind: string;
  readonly bytes: number;
  readonly bigEndian: boolean;
}

/** Bytes that every .npy file has at least: magic, version, and the longer form of the header's length. */
export const prefixBytes = 12;
/** Bytes of a header at most: as NumPy, which reads longer ones only when told that they can be trusted. */
const largestHeader = 10_000;
/** Axes at most, as in NumPy 2. */
const mostAxes = 64;
/** Data begins at a multiple of this. */
const alignment = 64;
const magic = Buffer.from("\x93NUMPY", "latin1");
const kinds = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"];

/** Where the header stands. @throws FileError unless a file begins so. */
export function prefixOf(bytes: Buffer, file: string): { start: number; length: number; encoding: "latin1" | "utf8" } {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    const zip = bytes.subarray(0, 4).equals(Buffer.from("PK\x03\x04", "latin1"));
    const hint = zip ? "a .npz archive: unpack it, and take one of the .npy files in it" : "not a .npy file";
    throw new FileError(`${file} is ${hint}. Arrays are saved with numpy.save.`);
  }
  const [major, minor] = [bytes[6] as number, bytes[7] as number];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new FileError(`${file} is a .npy file of version ${major}.${minor}, and Ostinato reads 1.0 to 3.0.`);
  }
  const length = major === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  if (length > largestHeader) throw npyDamaged(file, `it promises a header of ${length} bytes`);
  return { start: major === 1 ? 10 : 12, length, encoding: major === 3 ? "utf8" : "latin1" };
}

/** Entries of the Python dictionary that a header is. */
const entry = /\s*(?:'(\w+)'|"(\w+)")\s*:\s*(?:'([^']*)'|"([^"]*)"|(True|False)|\(([^()]*)\))\s*(?:,|(?=\}))/y;

/** Reads the text of a header, a Python dictionary, without running it. @throws FileError for anything else. */
export function parseNpyHeader(text: string, file: string): NpyHeader {
  const dictionary = text.trim();
  if (!dictionary.startsWith("{")) throw npyDamaged(file, `its header is ${quote(dictionary)}`);
  const entries = new Map<string, { text: string | undefined; flag: string | undefined; shape: string | undefined }>();
  entry.lastIndex = 1;
  let end = 1;
  for (let match = entry.exec(dictionary); match; match = entry.exec(dictionary)) {
    const [, name, name2, text, text2, flag, shape] = match;
    entries.set((name ?? name2) as string, { text: text ?? text2, flag, shape });
    end = entry.lastIndex;
  }
  if (/'descr'\s*:\s*\[/.test(dictionary)) {
    throw new FileError(`${file} holds records with named fields. Save each field as an array of its own.`);
  }
  if (dictionary.slice(end).trim() !== "}") throw npyDamaged(file, `its header is ${quote(dictionary)}`);
  const [descr, fortran, shape] = ["descr", "fortran_order", "shape"].map((name) => entries.get(name));
  if (descr?.text === undefined || fortran?.flag === undefined || shape?.shape === undefined || entries.size !== 3) {
    throw npyDamaged(file, `its header should say descr, fortran_order and shape, and is ${quote(dictionary)}`);
  }
  const sizes = shapeOf(shape.shape, file);
  const elements = sizes.reduce((product, size) => product * size, 1);
  const type = typeOf(descr.text, file);
  if (elements * type.bytes > Number.MAX_SAFE_INTEGER) {
    throw npyDamaged(file, `its header promises an array of shape (${shape.shape})`);
  }
  return { type, fortran: fortran.flag === "True", shape: sizes, elements };
}

/** A header of version 1.0, padded so that the data is aligned. */
export function encodeNpyHeader(kind: string, shape: readonly number[]): Buffer {
  const order = kind.endsWith("1") ? "|" : "<";
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${order}${kind}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const start = magic.length + 4;
  const length = Math.ceil((start + text.length + 1) / alignment) * alignment - start;
  const bytes = Buffer.alloc(start + length, " ");
  magic.copy(bytes);
  bytes.set([1, 0, length & 0xff, length >> 8], magic.length);
  bytes.write(text, start, "latin1");
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}

/** An error for a file whose content is not what it should be. */
export function npyDamaged(file: string, what: string): FileError {
  return new FileError(`${file} is damaged or not a .npy file: ${what}. Copy it again from where it came.`);
}

function shapeOf(text: string, file: string): number[] {
  const parts = text.split(",").map((part) => part.trim());
  // A tuple of one ends with a comma, and may end so in any case.
  if (parts.at(-1) === "") parts.pop();
  const sizes = parts.map((part) => (/^\d{1,16}L?$/.test(part) ? Number.parseInt(part, 10) : Number.NaN));
  if (sizes.length <= mostAxes && sizes.every(Number.isSafeInteger)) return sizes;
  throw npyDamaged(file, `its header has the shape (${text})`);
}

function typeOf(descr: string, file: string): NpyType {
  const [, order, kind = "", width = ""] = /^([<>|=]?)([a-zA-Z?])(\d*)$/.exec(descr) ?? [];
  const name = kind === "?" ? "b1" : kind + width;
  if (kinds.includes(name)) return { kind: name, bytes: Number(name.slice(1)), bigEndian: order === ">" };
  if (kind === "O") {
    throw new FileError(
      `${file} holds Python objects, which only a program that runs what is in the file could read. Save numbers: ` +
        "array.astype(numpy.float32).",
    );
  }
  throw new FileError(
    `${file} holds elements of type ${quote(descr)}, which Ostinato does not read. Convert them: array.astype(numpy.float32).`,
  );
}
