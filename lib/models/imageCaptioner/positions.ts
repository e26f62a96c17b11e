import type { Initializer } from "../../nn/initializers.js";
import type { GridShape } from "./grid.js";

/** Size of the first values, beside features of about 1. */
const scale = 0.5;

/**
 * First values of the vectors of regions, [S,1,M]: each feature grows evenly along the rows and the columns, in a direction of its own, so
 * that which of two regions is further up or to the left is a matter of a sum from the start.
 */
export function slopes({ rows, columns }: Pick<GridShape, "rows" | "columns">): Initializer {
  const along = (i: number, count: number) => (count === 1 ? 0 : (2 * i) / (count - 1) - 1);
  return ([S, , M], random) => {
    const directions = Array.from({ length: M as number }, () => [random.normal(), random.normal()] as const);
    return Float32Array.from({ length: (S as number) * (M as number) }, (_, i) => {
      const [region, feature] = [Math.floor(i / (M as number)), i % (M as number)];
      const [down, across] = directions[feature] as readonly [number, number];
      const [y, x] = [along(Math.floor(region / columns), rows), along(region % columns, columns)];
      return scale * (down * y + across * x);
    });
  };
}
