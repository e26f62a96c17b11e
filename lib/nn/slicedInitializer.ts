import type { Shape } from "../graph/program.js";
import type { RandomSource } from "../random/source.js";
import type { Initializer } from "./initializers.js";

/** Elements of a slice. */
export const sliceLength = 16384;

/** An initializer that can work a slice at a time. */
export function sliced(slices: NonNullable<Initializer["slices"]>): Initializer {
  const whole = (shape: Shape, random: RandomSource) => {
    const work = slices(shape, random);
    let step = work.next();
    while (!step.done) step = work.next();
    return step.value;
  };
  return Object.assign(whole, { slices });
}
