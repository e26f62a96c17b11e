import { InputError } from "../errors.js";
import type { NumberArray } from "./npy.js";

/** The colours of an image: [rows,columns,3], red, green and blue from 0 to 255. */
export interface Picture extends NumberArray {
  readonly shape: readonly [rows: number, columns: number, colours: number];
  readonly values: Uint8Array;
}

/** @throws InputError unless it is a picture: bytes of three colours. */
export function expectPicture(who: string, picture: NumberArray): Picture {
  const { shape, values } = (picture ?? {}) as Partial<NumberArray>;
  if (values instanceof Uint8Array && Array.isArray(shape) && shape.length === 3 && shape[2] === 3) {
    if (values.length === shape.reduce((product, size) => product * size, 1)) return picture as Picture;
  }
  throw new InputError(`${who}: expected a picture, { shape: [rows, columns, 3], values: a Uint8Array of as many }.`);
}
