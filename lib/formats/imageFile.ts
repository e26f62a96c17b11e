import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { FileError, InputError } from "../errors.js";
import { checkOption, text } from "../options.js";
import { openPlainFile } from "../plainFile.js";
import { readPart } from "./binaryFile.js";
import type { NumberArray } from "./npy.js";

/** The colours of an image: [rows,columns,3], red, green and blue from 0 to 255. */
export interface Picture extends NumberArray {
  readonly shape: readonly [rows: number, columns: number, colours: number];
  readonly values: Uint8Array;
}

/** Pixels that an image may have: a small file can claim any number. */
const mostPixels = 100_000_000;
/** Bytes of a file that is read at once. */
const mostBytes = 2 ** 28;
/** Memory that decoding a JPEG may take, in MiB. */
const decodingMemory = 1024;

/** Formats that people try, by the bytes that they begin with. */
const others: readonly (readonly [name: string, begins: RegExp])[] = [
  ["a GIF", /^GIF8/],
  ["a WebP", /^RIFF.{4}WEBP/s],
  ["a BMP", /^BM/],
  ["a TIFF", /^(II\*\0|MM\0\*)/],
  ["an SVG or HTML page", /^\s*</],
  ["a HEIC or AVIF photo", /^.{4}ftyp/s],
];

/**
 * Reads a PNG or JPEG image; what is transparent in it is seen on white.
 * @throws FileError if the file is missing, damaged, of another format, or has more than 100 million pixels.
 */
export async function readImage(file: string): Promise<Picture> {
  const handle = await openPlainFile(checkOption("readImage", "the file", file, text()));
  try {
    const { size } = await handle.stat();
    if (size > mostBytes) throw new FileError(`${file} has ${size} bytes: expected an image of at most ${mostBytes}.`);
    const cutOff = (what: string) => unreadable(file, what);
    const bytes = Buffer.from(await readPart(handle, { file, start: 0, length: size, cutOff }));
    if (bytes.subarray(0, 8).equals(pngMagic)) return readPNG(bytes, file);
    if (bytes.subarray(0, 3).equals(jpegMagic)) return readJPEG(bytes, file);
    const head = bytes.toString("latin1", 0, 16);
    const [name = "no image"] = others.find(([, begins]) => begins.test(head)) ?? [];
    throw new FileError(`${file} is ${name}: expected a PNG or a JPEG. Convert it to one of them.`);
  } finally {
    await handle.close();
  }
}

/** A picture as the bytes of a file: PNG, which changes nothing, or JPEG, which is small. */
export function encodePicture({ shape: [height, width], values }: Picture, format: "png" | "jpeg"): Buffer {
  const data = Buffer.alloc(width * height * 4, 255);
  for (let i = 0; i < width * height; i++) data.set(values.subarray(3 * i, 3 * i + 3), 4 * i);
  if (format === "jpeg") return Buffer.from(jpeg.encode({ width, height, data }, 88).data);
  const png = new PNG({ width, height });
  png.data = data;
  return PNG.sync.write(png, { colorType: 2 });
}

const pngMagic = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const jpegMagic = Buffer.from("\xff\xd8\xff", "latin1");

function readPNG(bytes: Buffer, file: string): Picture {
  // The header chunk comes first: width and height.
  if (bytes.length < 33) throw unreadable(file, "it is cut off");
  expectSize(file, bytes.readUInt32BE(16), bytes.readUInt32BE(20));
  try {
    const { width, height, data } = PNG.sync.read(bytes);
    return withoutAlpha(width, height, data);
  } catch (cause) {
    throw unreadable(file, reasonOf(cause), cause);
  }
}

function readJPEG(bytes: Buffer, file: string): Picture {
  try {
    const { width, height, data } = jpeg.decode(bytes, {
      useTArray: true,
      maxResolutionInMP: mostPixels / 1e6,
      maxMemoryUsageInMB: decodingMemory,
    });
    return withoutAlpha(width, height, data);
  } catch (cause) {
    throw unreadable(file, reasonOf(cause), cause);
  }
}

function withoutAlpha(width: number, height: number, data: Uint8Array): Picture {
  const values = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const alpha = (data[4 * i + 3] as number) / 255;
    for (let k = 0; k < 3; k++) values[3 * i + k] = Math.round((data[4 * i + k] as number) * alpha + 255 * (1 - alpha));
  }
  return { shape: [height, width, 3], values };
}

function expectSize(file: string, width: number, height: number): void {
  if (width * height <= mostPixels) return;
  throw new FileError(`${file} says that it has ${width} x ${height} pixels: expected at most ${mostPixels}.`);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function unreadable(file: string, what: string, cause?: unknown): FileError {
  return new FileError(
    `${file} is a damaged image: ${what.replace(/\.$/, "")}. Copy it again from where it came.`,
    cause,
  );
}

/** @throws InputError unless it is a picture: bytes of three colours. */
export function expectPicture(who: string, picture: NumberArray): Picture {
  const { shape, values } = (picture ?? {}) as Partial<NumberArray>;
  if (values instanceof Uint8Array && Array.isArray(shape) && shape.length === 3 && shape[2] === 3) {
    if (values.length === shape.reduce((product, size) => product * size, 1)) return picture as Picture;
  }
  throw new InputError(`${who}: expected a picture, { shape: [rows, columns, 3], values: a Uint8Array of as many }.`);
}
