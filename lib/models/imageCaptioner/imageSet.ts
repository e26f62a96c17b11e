import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { ImageCaptions } from "../../data/index.js";
import { readLines } from "../../data/index.js";
import { counted, describe, FileError, InputError, OptionError, quote } from "../../errors.js";
import type { NumberArray, TensorValues } from "../../formats/index.js";
import { readImage, readNpy, readSafetensors } from "../../formats/index.js";
import type { OptionsOf } from "../../options.js";
import {
  abortSignal,
  checkOption,
  completeOptions,
  either,
  list,
  nearestName,
  option,
  optional,
  table,
  text,
  whole,
} from "../../options.js";
import type { CaptionedImage } from "./captionData.js";
import { gridShapeOf } from "./grid.js";

export const imageSetRules = table("ImageSet.open", {
  /** Side of the square that photos of a folder are resized to, in pixels. Default: photos stay as they are. */
  imageSize: option(optional(whole({ minimum: 1, maximum: 4096 })), { flag: null, aka: ["image_size", "img_size"] }),
  /** Signal that stops the reading. Default: none. */
  signal: abortSignal,
});

/** Options of `ImageSet.open`. @interface */
export type ImageSetOptions = OptionsOf<typeof imageSetRules>;

const pathsRule = either(text({ as: "path" }), list(text({ as: "path" })));

/** Images by their names: photos of a folder, rows of an array in a file, or tensors by name. */
export class ImageSet {
  readonly #folders: readonly string[];
  readonly #arrays: ReadonlyMap<string, NumberArray>;
  readonly #paths: readonly string[];
  readonly #imageSize: number | null;

  private constructor(parts: {
    paths: readonly string[];
    folders: readonly string[];
    arrays: ReadonlyMap<string, NumberArray>;
    imageSize: number | null;
  }) {
    if (!(parts?.arrays instanceof Map)) throw new OptionError("ImageSet: use await ImageSet.open(path).");
    this.#paths = parts.paths;
    this.#folders = parts.folders;
    this.#arrays = parts.arrays;
    this.#imageSize = parts.imageSize;
  }

  /**
   * Images of one place or of several:
   *
   * - a folder of photos (PNG or JPEG) or of .npy arrays, one for each image, found by their names;
   * - a .npy array [images,rows,columns,channels], [images,regions,channels] or [images,channels]: NAME.names.txt beside NAME.npy has
   *   the name of each image, a line each; without it they are called 0, 1, 2 ...
   * - a .safetensors file with a tensor for each image, by its name.
   *
   * @throws FileError for a file that cannot be read or holds something else, or if there are not as many names as images.
   */
  static async open(paths: string | readonly string[], options: ImageSetOptions = {}): Promise<ImageSet> {
    const { imageSize, signal } = completeOptions("ImageSet.open", options, imageSetRules);
    const places = [checkOption("ImageSet.open", "the path", paths, pathsRule)].flat();
    const folders: string[] = [];
    const arrays = new Map<string, NumberArray>();
    for (const path of places) {
      signal?.throwIfAborted();
      if ((await stat(path).catch(() => null))?.isDirectory()) {
        folders.push(path);
        continue;
      }
      for (const [name, image] of await arraysIn(path)) {
        if (arrays.has(name)) throw new FileError(`${path}: there is another image called ${quote(name)}.`);
        arrays.set(name, image);
      }
    }
    return new ImageSet({ paths: places, folders, arrays, imageSize: imageSize ?? null });
  }

  /** Names of the images in arrays; those of folders are not looked for. */
  get names(): string[] {
    return [...this.#arrays.keys()];
  }

  /**
   * An image by its name.
   * @param place of the name, for messages. @throws InputError if there is none, FileError if it cannot be read.
   */
  async image(name: string, place?: string): Promise<NumberArray> {
    return this.#find(checkOption("ImageSet.image", "the name", name, text()), { place });
  }

  /** @param options.hint more to say where there is no such image. */
  async #find(name: string, { place, hint = "" }: { place?: string | undefined; hint?: string }): Promise<NumberArray> {
    const before = place === undefined ? "" : `${place}: `;
    const known = this.#arrays.get(name);
    if (known) return known;
    for (const folder of this.#folders) {
      const file = [join(folder, name), join(folder, `${name}.npy`)].find((path) => existsSync(path));
      if (file === undefined) continue;
      try {
        return await this.#read(file);
      } catch (cause) {
        throw cause instanceof FileError ? new FileError(`${before}${cause.message}`, cause) : cause;
      }
    }
    const nearest = nearestName(name, this.names);
    throw new InputError(
      `${before}there is no image ${quote(name)} in ${this.#paths.join(", ")}` +
        `${nearest === undefined ? "." : `; did you mean ${nearest}?`}${hint}`,
    );
  }

  /** The images of a table of captions. @throws InputError for a row whose image is not here: it names the line. */
  async captioned(images: readonly ImageCaptions[], options: { signal?: AbortSignal } = {}): Promise<CaptionedImage[]> {
    const { signal } = completeOptions("ImageSet.captioned", options, { signal: abortSignal });
    if (!Array.isArray(images)) {
      throw new InputError(`ImageSet.captioned: expected what readCaptionTable gives, got ${describe(images)}.`);
    }
    const found: CaptionedImage[] = [];
    for (const [i, entry] of (images as ImageCaptions[]).entries()) {
      const { image: name, captions, places } = entry ?? {};
      signal?.throwIfAborted();
      checkOption("ImageSet.captioned", "the name of an image", name, text());
      const hint = i === 0 && places ? " If that row names the columns, say so (header: true; --header)." : "";
      const image = await this.#find(name, { place: places?.[0], hint });
      found.push({ image, captions, name, ...(places ? { places } : {}) });
    }
    return found;
  }

  async #read(file: string): Promise<NumberArray> {
    if (/\.npy$/i.test(file)) return readNpy(file);
    const side = this.#imageSize;
    return readImage(file, side === null ? {} : { size: { rows: side, columns: side } });
  }
}

async function arraysIn(path: string): Promise<[name: string, image: NumberArray][]> {
  if (/\.safetensors$/i.test(path)) {
    const { tensors } = await readSafetensors(path);
    return tensors.map(({ name, shape, values }) => [name, { shape, values }]);
  }
  const images = rowsOf(await readNpy(path), path);
  const file = `${path.replace(/\.npy$/i, "")}.names.txt`;
  if (!existsSync(file)) return images.map((image, i) => [String(i), image]);
  const names = (await readLines(file)).map((line) => line.trim());
  if (names.length !== images.length) {
    throw new FileError(
      `${file} has ${counted(names.length, "name")}, and ${path} has ${counted(images.length, "image")}: expected as many.`,
    );
  }
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0) {
    throw new FileError(`${file}, line ${twice + 1}: the name ${quote(names[twice] as string)} is there twice.`);
  }
  return images.map((image, i) => [names[i] as string, image]);
}

/** The parts of an array along its first axis; no values are copied. */
function rowsOf({ shape, values }: NumberArray, path: string): NumberArray[] {
  const [N = 0, ...own] = shape;
  if (shape.length < 2 || shape.length > 4 || values.length === 0) {
    throw new FileError(
      `${path}: expected an array [images,rows,columns,channels], [images,regions,channels] or [images,channels], got [${shape}].`,
    );
  }
  const size = values.length / N;
  const images = Array.from({ length: N }, (_, i) => ({
    shape: own,
    values: values.subarray(i * size, (i + 1) * size) as TensorValues,
  }));
  gridShapeOf(images[0] as NumberArray, path);
  return images;
}
