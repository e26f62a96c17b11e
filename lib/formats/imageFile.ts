import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { FileError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, object, optional, table, text, whole } from "../options.js";
import { openPlainFile } from "../plainFile.js";
import { readPart } from "./binaryFile.js";
import type { Picture } from "./picture.js";
import { decodeElsewhere } from "./pictureThread.js";

/** Bytes of a file that is read at once. */
const mostBytes = 2 ** 28;

const side = whole({ minimum: 1, maximum: 16_384 });

const rules = table("readImage", {
  /** Size that the picture is resized to, as `resizePicture` does. Default: it stays as it is. */
  size: optional(object({ rows: side, columns: side })),
});

/** Options of `readImage`. @interface */
export type ReadImageOptions = OptionsOf<typeof rules>;

/**
 * Reads a PNG or JPEG image in a thread of its own: the event loop stays free. What is transparent in it is seen on white, and a photo
 * that a camera has turned is upright (the orientation of its Exif data).
 * @throws FileError if the file is missing, damaged, of another format, or has more than 100 million pixels.
 */
export async function readImage(file: string, options: ReadImageOptions = {}): Promise<Picture> {
  const { size } = completeOptions("readImage", options, rules);
  const handle = await openPlainFile(checkOption("readImage", "the file", file, text()));
  try {
    const { size: length } = await handle.stat();
    if (length > mostBytes)
      throw new FileError(`${file} has ${length} bytes: expected an image of at most ${mostBytes}.`);
    const cutOff = (what: string) => new FileError(`${file} is a damaged image: ${what}.`);
    const bytes = new Uint8Array(await readPart(handle, { file, start: 0, length, cutOff }));
    return await decodeElsewhere(bytes, { file, size });
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
