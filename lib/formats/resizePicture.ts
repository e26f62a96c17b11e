import { completeOptions, table, whole } from "../options.js";
import type { NumberArray } from "./npy.js";
import type { Picture } from "./picture.js";
import { expectPicture } from "./picture.js";

const side = whole({ minimum: 1, maximum: 16_384 });

const rules = table("resizePicture", {
  /** Rows of pixels. */
  rows: side,
  /** Columns of pixels. */
  columns: side,
});

/**
 * A picture of another size. Each pixel is a mean of those around its place, with weights that fall off linearly over one pixel of the
 * coarser of the two pictures (bilinear, as Pillow's resize): small pictures of large ones have no stray pixels.
 */
export function resizePicture(picture: NumberArray, size: { rows: number; columns: number }): Picture {
  const { rows, columns } = completeOptions("resizePicture", size, rules);
  const { shape, values } = expectPicture("resizePicture", picture);
  const [height, width] = shape;
  if (rows === height && columns === width) return { shape, values };
  // Along the rows, then along the columns, both rounded to bytes.
  const wide = new Uint8Array(height * columns * 3);
  const across = weightsOf(width, columns);
  for (let y = 0; y < height; y++) {
    mix(
      values,
      wide,
      across,
      (x) => 3 * (y * width + x),
      (x) => 3 * (y * columns + x),
    );
  }
  const result = new Uint8Array(rows * columns * 3);
  const down = weightsOf(height, rows);
  for (let x = 0; x < columns; x++) {
    mix(
      wide,
      result,
      down,
      (y) => 3 * (y * columns + x),
      (y) => 3 * (y * columns + x),
    );
  }
  return { shape: [rows, columns, 3], values: result };
}

/** The pixels that one pixel is made of: the first, and their weights. */
interface Mixture {
  readonly first: number;
  readonly weights: readonly number[];
}

function weightsOf(from: number, to: number): Mixture[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(from, Math.floor(centre + reach + 0.5));
    const raw = Array.from({ length: end - first }, (_, k) => {
      return Math.max(0, 1 - Math.abs((first + k + 0.5 - centre) / reach));
    });
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}

function mix(
  from: Uint8Array,
  to: Uint8Array,
  mixtures: readonly Mixture[],
  fromPlace: (i: number) => number,
  toPlace: (i: number) => number,
): void {
  for (const [i, { first, weights }] of mixtures.entries()) {
    for (let colour = 0; colour < 3; colour++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += (weights[k] as number) * (from[fromPlace(first + k) + colour] as number);
      }
      to[toPlace(i) + colour] = Math.min(255, Math.floor(sum + 0.5));
    }
  }
}
