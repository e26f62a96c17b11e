import type { Shape } from "../../graph/program.js";
import { expectIds } from "./embedding.js";
import type { Floats, Zeros } from "./kernel.js";
import { expectLengths } from "./lengths.js";
import { multiplyTransposed, transposed } from "./matmul.js";

/** The sizes and the order of steps of a recurrent op. */
export interface Sequence {
  T: number;
  B: number;
  I: number;
  H: number;
  /** The rows of the table of input products that x stands for, if it holds ids. */
  ids: Int32Array | null;
  /** Time steps in the order in which they are walked. */
  order: readonly number[];
  /** Whether row b has a token at step t. */
  valid: (t: number, b: number) => boolean;
}

/** Operands and attributes that the recurrent ops and their gradients have in common. */
interface RecurrentCall {
  x: Floats | Int32Array;
  lengths: Int32Array | null;
  reverse: number;
  shapes: Record<"x" | "h0" | "weight_ih", Shape>;
}

/** @throws InputError for a length outside 0..T, or an id outside the table. */
export function sequenceOf(operation: string, { x, lengths, reverse, shapes }: RecurrentCall): Sequence {
  const ids = x instanceof Int32Array ? x : null;
  const [T, B] = shapes.x as [number, number];
  const I = ids ? shapes.weight_ih[0] : shapes.x[2];
  if (ids) expectIds(operation, ids, { minimum: 0, V: I as number });
  const H = shapes.h0[1] as number;
  expectLengths(lengths, T, "the number of steps of x");
  const forward = Array.from({ length: T }, (_, t) => t);
  return {
    T,
    B,
    I: I as number,
    H,
    ids,
    order: reverse ? forward.reverse() : forward,
    valid: (t, b) => lengths === null || t < (lengths[b] as number),
  };
}

/** x_t W_ihᵀ + b_ih for all steps at once: [T,B,rows]. With ids the product is a row of the table. */
export function inputProducts(
  { T, B, I, ids }: Sequence,
  {
    x,
    weight_ih: weight,
    bias_ih: bias,
    rows,
    zeros,
  }: { x: Floats | Int32Array; weight_ih: Floats; bias_ih: Floats | null; rows: number; zeros: Zeros },
): Floats {
  const into = zeros(T * B * rows);
  if (bias) for (let at = 0; at < into.length; at += rows) into.set(bias, at);
  if (ids) {
    for (const [n, id] of ids.entries()) {
      for (let r = 0; r < rows; r++)
        into[n * rows + r] = (into[n * rows + r] as number) + (weight[id * rows + r] as number);
    }
    return into;
  }
  multiplyTransposed(x as Floats, weight, into, { M: T * B, N: rows, K: I, accumulate: true });
  return into;
}

/**
 * The parts of a backward pass that are the same for all cells: gradients of x, where somebody reads it, and of the input
 * weights or the table, from the gradient of the pre-activations [T,B,rows].
 */
export function inputGradients(
  { T, B, I, ids, valid }: Sequence,
  call: {
    x: Floats | Int32Array;
    weight_ih: Floats;
    dx: Floats | Int32Array | null;
    dweight_ih: Floats;
    zeros: Zeros;
  },
  { da, rows, dbias }: { da: Floats; rows: number; dbias: Floats },
): void {
  const { weight_ih: weight, dweight_ih: dweight, zeros } = call;
  const N = T * B;
  const turned = transposed(da, N, rows, zeros(N * rows));
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
  const [x, dx] = [call.x as Floats, call.dx as Floats | null];
  if (dx) multiplyTransposed(da, transposed(weight, rows, I, zeros(rows * I)), dx, { M: N, N: I, K: rows });
  const columns = transposed(x, N, I, zeros(N * I));
  // The padding may hold anything: it must not be multiplied, not even by 0.
  for (let n = 0; n < N; n++) {
    if (!valid(Math.floor(n / B), n % B)) for (let i = 0; i < I; i++) columns[i * N + n] = 0;
  }
  multiplyTransposed(turned, columns, dweight, { M: rows, N: I, K: N });
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
  { T, B, H }: Sequence,
  {
    da,
    before,
    rows,
    dweight_hh: dweight,
    zeros,
  }: {
    da: Floats;
    before: Floats;
    rows: number;
    dweight_hh: Floats;
    zeros: Zeros;
  },
): void {
  const N = T * B;
  const turned = transposed(da, N, rows, zeros(N * rows));
  multiplyTransposed(turned, transposed(before, N, H, zeros(N * H)), dweight, { M: rows, N: H, K: N });
}
