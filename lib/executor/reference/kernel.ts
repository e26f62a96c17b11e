import type { All, NameIn, Operation } from "../../graph/operation.js";
import type { Shape } from "../../graph/program.js";
import type { Communicator } from "../communicator.js";

/** Values of the "f32" type: Float64Array when the executor is an oracle, Float32Array when it is an opponent. */
export type Floats = Float32Array | Float64Array;

/** One operand or result with its memory. */
export interface Buffer {
  readonly shape: Shape;
  readonly data: Floats | Int32Array;
}

type ArrayOf<Entry extends string> = Entry extends `${string} i32`
  ? Int32Array
  : Entry extends `${string} any`
    ? Floats | Int32Array
    : Floats;

/** Operands or results by name: null where an operand is absent or nobody reads a result. */
type Arrays<Entries extends readonly string[]> = {
  readonly [Entry in Entries[number] as NameIn<Entry>]: Entry extends `...${string}`
    ? readonly Floats[]
    : Entry extends `${string}?${string}`
      ? ArrayOf<Entry> | null
      : ArrayOf<Entry>;
};

type Shapes<Entries extends readonly string[]> = {
  readonly [Entry in Entries[number] as NameIn<Entry>]: Entry extends `...${string}` ? readonly Shape[] : Shape;
};

/** A kernel's arguments: the op's operands, results and attributes by name. */
export type Call<Op> =
  Op extends Operation<infer O, infer R, infer A>
    ? Arrays<O> &
        Arrays<R> &
        All<A, number> & {
          readonly shapes: Shapes<O> & Shapes<R>;
          readonly zeros: Zeros;
          /** The ranks of a distributed training. */
          readonly communicator: Communicator | undefined;
        }
    : never;

/** Makes temporary floats of the executor's precision, filled with zeros. */
export type Zeros = (length: number) => Floats;

/** Computes an op; what waits for other ranks gives a promise. Named as the op. */
export type Kernel = (call: never) => Promise<void> | undefined;

/** The size of the last axis. */
export function lastOf(shape: Shape): number {
  return shape[shape.length - 1] ?? 1;
}
