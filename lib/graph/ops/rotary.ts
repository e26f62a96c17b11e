import { ShapeError } from "../../errors.js";
import { completeOptions, optional, real, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";

export const rotaryOperation = defineOperation({
  name: "rotary",
  operands: ["x", "positions? i32"],
  results: ["y"],
  attributes: ["heads", "size", "base", "direction"],
  // The inverse of a rotation is its transpose.
  gradient: (seen, { dy }) => ({ dx: turn({ ...seen, x: dy, direction: -seen.direction }) }),
});

interface Turn {
  x: Tensor;
  positions: Tensor | null;
  heads: number;
  size: number;
  base: number;
  direction: number;
}

function turn({ x, positions, ...attributes }: Turn): Tensor {
  const { heads, size, base, direction } = attributes;
  return x.graph.record(rotaryOperation, { x, positions }, { y: x }, { heads, size, base, direction }).y;
}

const rules = {
  x: operand,
  positions: operandIfAny,
  heads: whole({ minimum: 1 }),
  size: optional(whole({ minimum: 1 })),
  base: real({ above: 0, initial: 10_000 }),
};

/**
 * Rotary positions (Su et al. 2021, equation 34): of each head's D features, the pair i and i + D/2 is turned by the angle
 * position · base^(-2i/D), so that products of queries and keys depend on how far they are apart.
 *
 * @param operands.x [T,B,W]: heads side by side in the first `size` features; the others, such as values, stay as they are.
 * @param operands.positions i32 [B], the position of step 0 of each row. Absent: 0.
 * @param operands.heads a divisor of `size`, D = size/heads even.
 * @param operands.size features that are turned. Default: all.
 * @returns [T,B,W]
 */
export function rotary(operands: {
  x: Tensor;
  positions?: Tensor | null;
  heads: number;
  size?: number;
  base?: number;
}): Tensor {
  const { x, positions, heads, base, ...sizes } = completeOptions("rotary", operands, rules);
  const { W } = matchShapes("rotary", [
    ["x", x, "T B W"],
    ["positions?", positions, "B", "i32"],
  ]) as { W: number };
  const { size = W } = sizes;
  if (size > W || size % (2 * heads) !== 0) {
    throw new ShapeError(
      `rotary: expected at most ${W} features, a multiple of 2 · ${heads} heads, got ${size} for ${x}.`,
    );
  }
  return turn({ x, positions, heads, size, base, direction: 1 });
}
