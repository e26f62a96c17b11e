import { describe, OptionError } from "../errors.js";
import type { Rule } from "../options.js";
import { largestInt32, value } from "../options.js";

/**
 * A Program is the narrow waist of Ostinato: a plain, typed list of coarse ops with known shapes. Layers and models
 * only record programs; executors only run them.
 *
 * Dimensions: B batch, T time, I input, H hidden, E embedding, V vocabulary, N rows, F features. Row-major.
 */
export type DType = "f32" | "i32";

/** The type of a value. Saved values are floats that an op keeps for its gradient, in a layout and a size of the executor's choice. */
export type ValueType = DType | "saved";

/** Sizes of a tensor, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

export type Storage =
  /**
   * A place in the executor's arena, from before op `first` until after op `last`, by number: -1 for what is fed, the number of ops
   * for what is read at the end.
   */
  | { readonly kind: "arena"; readonly first: number; readonly last: number }
  /** The memory of another value, under another shape. */
  | { readonly kind: "view"; readonly of: number }
  /**
   * In the memory of another value, whose first axis is time: from row `index` on, or, if it `moves`, in row `index` + step of
   * the loop that its ops are in.
   */
  | { readonly kind: "rows"; readonly of: number; readonly index: number; readonly moves: boolean }
  /** A variable of the store: parameters, optimizer moments, carried state. It outlives the run. */
  | { readonly kind: "variable"; readonly name: string }
  /** A result that nobody reads: the kernel must not write it. */
  | { readonly kind: "none" };

export interface Value {
  readonly id: number;
  readonly dtype: ValueType;
  readonly shape: Shape;
  readonly storage: Storage;
  /** Layer path and op, for messages: "encoder.0/lstm". */
  readonly name: string;
}

export interface Op {
  /** Name in the catalogue (lib/graph/ops). */
  readonly name: string;
  /** Value ids; null where an optional operand is absent. */
  readonly operands: readonly (number | null)[];
  readonly results: readonly number[];
  /** In the order that the catalogue declares. */
  readonly attributes: readonly number[];
  /** The layer that recorded the op. */
  readonly path: string;
}

/** Ops begin to end - 1 run once for each step from 0 to steps - 1, or, `reverse`, from steps - 1 to 0. */
export interface LoopRange {
  readonly begin: number;
  readonly end: number;
  readonly steps: number;
  readonly reverse: boolean;
}

/**
 * Key of what makes the first values of a variable. A symbol, so that programs are plain data: where one came from a file or
 * another thread, its variables begin with zeros.
 */
export const firstValues = Symbol("firstValues");

export interface VariableSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Asked by a store that does not have the variable yet. Default: zeros. */
  readonly [firstValues]?: () => Promise<Float32Array | Int32Array>;
}

export interface Port {
  readonly name: string;
  readonly value: number;
}

export interface Program {
  readonly values: readonly Value[];
  readonly ops: readonly Op[];
  /** In the order of their ops, which do not overlap. */
  readonly loops: readonly LoopRange[];
  /** Values that the caller supplies for each run, scalars (learning rate, dropout seed) among them. */
  readonly feeds: readonly Port[];
  readonly outputs: readonly Port[];
  readonly variables: readonly VariableSpec[];
}

/** Number of elements of a shape. @throws OptionError for what is no list. */
export function elementsOf(shape: Shape): number {
  expectList(shape);
  let n = 1;
  for (const size of shape) n *= size;
  return n;
}

/** Number of rows of a shape: elements of all axes but the last. */
export function rowsOf(shape: Shape): number {
  return elementsOf(shape.slice(0, -1));
}

/** A shape as it stands in messages: [32,50,64]. */
export function shapeText(shape: Shape): string {
  expectList(shape);
  return `[${shape.join(",")}]`;
}

function expectList(shape: unknown): void {
  if (!Array.isArray(shape)) throw new OptionError(`expected a shape, an array of sizes, got ${describe(shape)}.`);
}

/** Most dimensions of a tensor. */
const mostDimensions = 6;

/** Rule of a shape: at most 2^31 - 1 elements in all, which is what kernels can count. */
export const shapeRule: Rule<Shape> = value(
  `an array of at most ${mostDimensions} whole numbers above 0, with at most 2^31 - 1 elements in all`,
  (shape) =>
    Array.isArray(shape) &&
    shape.length <= mostDimensions &&
    shape.every((size) => Number.isInteger(size) && size > 0) &&
    elementsOf(shape) <= largestInt32,
);

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
