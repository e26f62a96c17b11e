import { InputError } from "../../errors.js";
import { expectIds } from "./embedding.js";
import type { Buffer, Floats, KernelCall } from "./kernel.js";
import { shapeOf } from "./kernel.js";
import { multiplyTransposed, transposed } from "./matmul.js";

/** The sizes and the order of steps of a recurrent op. */
export interface Sequence {
  T: number;
  B: number;
  I: number;
  H: number;
  /** The rows of the table of input products that x stands for, if it holds ids. */
  ids: Int32Array | null;
  /** Hidden units in saved values, a multiple of 16. */
  padded: number;
  /** Time steps in the order in which they are walked. */
  order: readonly number[];
  /** Whether row b has a token at step t. */
  valid: (t: number, b: number) => boolean;
}

/** @throws InputError for a length outside 0..T, or an id outside the table. */
export function sequenceOf(
  operation: string,
  call: KernelCall,
  at: { x: number; h0: number; weight: number; lengths: number; reverse: number },
): Sequence {
  const x = call.operands[at.x] as Buffer;
  const ids = x.data instanceof Int32Array ? x.data : null;
  const [T, B] = x.shape as [number, number];
  const I = ids ? shapeOf(call, at.weight)[0] : x.shape[2];
  if (ids) expectIds(operation, ids, { minimum: 0, V: I as number });
  const H = (call.operands[at.h0] as Buffer).shape[1] as number;
  const lengths = call.operands[at.lengths]?.data ?? null;
  if (lengths) expectLengths(lengths, T);
  const forward = Array.from({ length: T }, (_, t) => t);
  return {
    T,
    B,
    I: I as number,
    H,
    ids,
    padded: Math.ceil(H / 16) * 16,
    order: call.attributes[at.reverse] ? forward.reverse() : forward,
    valid: (t, b) => lengths === null || t < (lengths[b] as number),
  };
}

/** @throws InputError for a length outside 0..T. */
export function expectLengths(lengths: Floats | Int32Array, T: number): void {
  for (const [b, length] of lengths.entries()) {
    if (length >= 0 && length <= T) continue;
    throw new InputError(`length ${length} of row ${b} is outside 0..${T}.`);
  }
}

/** x_t W_ihᵀ + b_ih for all steps at once: [T,B,rows]. With ids the product is a row of the table. */
export function inputProducts(
  { T, B, I, ids }: Sequence,
  { x, weight, bias, rows, into }: { x: Floats; weight: Floats; bias: Floats | null; rows: number; into: Floats },
): Floats {
  if (bias) for (let at = 0; at < into.length; at += rows) into.set(bias, at);
  if (ids) {
    for (const [n, id] of ids.entries()) {
      for (let r = 0; r < rows; r++)
        into[n * rows + r] = (into[n * rows + r] as number) + (weight[id * rows + r] as number);
    }
    return into;
  }
  multiplyTransposed(x, weight, into, { M: T * B, N: rows, K: I, accumulate: true });
  return into;
}

/**
 * The parts of a backward pass that are the same for all cells: gradients of x, where somebody reads it, and of the input
 * weights or the table, from the gradient of the pre-activations [T,B,rows].
 */
export function inputGradients(
  call: KernelCall,
  { T, B, I, ids }: Sequence,
  parts: { x: Floats; weight: Floats; da: Floats; rows: number; dx: Floats | null; dweight: Floats; dbias: Floats },
): void {
  const { x, weight, da, rows, dx, dweight, dbias } = parts;
  const N = T * B;
  const turned = transposed(da, N, rows, call.zeros(N * rows));
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let n = 0; n < N; n++) sum += turned[r * N + n] as number;
    dbias[r] = sum;
  }
  if (ids) {
    dweight.fill(0);
    for (const [n, id] of ids.entries()) {
      for (let r = 0; r < rows; r++)
        dweight[id * rows + r] = (dweight[id * rows + r] as number) + (da[n * rows + r] as number);
    }
    return;
  }
  if (dx) multiplyTransposed(da, transposed(weight, rows, I, call.zeros(rows * I)), dx, { M: N, N: I, K: rows });
  multiplyTransposed(turned, transposed(x, N, I, call.zeros(N * I)), dweight, { M: rows, N: I, K: N });
}

/** The state before each step of the walk: [T,B,H], from the outputs y and h0. */
export function statesBefore({ T, B, H, order, valid }: Sequence, y: Floats, h0: Floats, into: Floats): Floats {
  const state = h0.slice();
  for (let i = 0; i < T; i++) {
    const t = order[i] as number;
    into.set(state, t * B * H);
    for (let b = 0; b < B; b++) {
      if (valid(t, b)) state.set(y.subarray((t * B + b) * H, (t * B + b + 1) * H), b * H);
    }
  }
  return into;
}

/** dweight [rows,H] = sum over steps of daᵀ h, both [T,B,...]. */
export function recurrentWeightGradient(
  call: KernelCall,
  { T, B, H }: Sequence,
  { da, before, rows, dweight }: { da: Floats; before: Floats; rows: number; dweight: Floats },
): void {
  const N = T * B;
  const turned = transposed(da, N, rows, call.zeros(N * rows));
  multiplyTransposed(turned, transposed(before, N, H, call.zeros(N * H)), dweight, { M: rows, N: H, K: N });
}
