import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { FileError } from "../errors.js";
import { orientationOf, upright } from "./orientation.js";
import type { Picture } from "./picture.js";
import { resizePicture } from "./resizePicture.js";

/** Pixels that an image may have: a small file can claim any number. */
const mostPixels = 100_000_000;
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
 * The picture of a file's bytes, upright, and of another size where one is asked for. It takes as long as it takes: see `readImage`.
 * @throws FileError if they are damaged, of another format, or have more than 100 million pixels.
 */
export function decodePicture(
  bytes: Buffer,
  { file, size }: { file: string; size?: { rows: number; columns: number } | undefined },
): Picture {
  const picture = pictureIn(bytes, file);
  return size ? resizePicture(picture, size) : picture;
}

function pictureIn(bytes: Buffer, file: string): Picture {
  if (bytes.subarray(0, 8).equals(pngMagic)) return readPNG(bytes, file);
  if (bytes.subarray(0, 3).equals(jpegMagic)) return readJPEG(bytes, file);
  const head = bytes.toString("latin1", 0, 16);
  const [name = "no image"] = others.find(([, begins]) => begins.test(head)) ?? [];
  throw new FileError(`${file} is ${name}: expected a PNG or a JPEG. Convert it to one of them.`);
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
    return upright(withoutAlpha(width, height, data), orientationOf(bytes));
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
