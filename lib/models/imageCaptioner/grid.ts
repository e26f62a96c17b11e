import { describe, InputError } from "../../errors.js";
import type { NumberArray } from "../../formats/index.js";

/** The size of an image: of a grid of features, or of pixels. */
export interface GridShape {
  readonly rows: number;
  readonly columns: number;
  /** Features of a region, or colours of a pixel. */
  readonly channels: number;
}

/** "7 x 7 x 128" */
export function gridText({ rows, columns, channels }: GridShape): string {
  return `${rows} x ${columns} x ${channels}`;
}

/**
 * The size of an array as an image: [rows,columns,channels]; [S,channels] are the regions of a square, or a row of them; [channels] is
 * one vector for the whole image.
 * @param place of the image, for messages. @throws InputError for anything else.
 */
export function gridShapeOf(image: NumberArray, place: string): GridShape {
  const { shape, values } = (image ?? {}) as Partial<NumberArray>;
  const isArray = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 1);
  const elements = isArray ? shape.reduce((product, size) => product * size, 1) : -1;
  if (!isArray || !ArrayBuffer.isView(values) || (values as Float32Array).length !== elements) {
    throw new InputError(`${place}: expected an image { shape, values }, got ${describe(image)}.`);
  }
  const [a, b, c] = shape as number[];
  if (shape.length === 3) return { rows: a as number, columns: b as number, channels: c as number };
  if (shape.length === 1) return { rows: 1, columns: 1, channels: a as number };
  if (shape.length !== 2) {
    throw new InputError(
      `${place}: expected an image of shape [rows,columns,channels] or [regions,channels], got [${shape}].`,
    );
  }
  const side = Math.round(Math.sqrt(a as number));
  const [rows, columns] = side * side === a ? [side, side] : [1, a as number];
  return { rows, columns, channels: b as number };
}

/**
 * Copies an image to a place of a batch. Bytes without a sign are colours, 0 to 255, and become -1 to 1; other numbers stay.
 * @throws InputError for a NaN or an infinity.
 */
export function copyGrid({ values }: NumberArray, to: Float32Array, offset: number, place: string): void {
  if (values instanceof Uint8Array) {
    for (let i = 0; i < values.length; i++) to[offset + i] = (values[i] as number) / 127.5 - 1;
    return;
  }
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!Number.isFinite(value)) throw new InputError(`${place}: element ${i} of the image is ${value}.`);
    to[offset + i] = value;
  }
}
