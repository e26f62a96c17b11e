import type { Shape } from "../../graph/program.js";

/** Values of the "f32" type: Float64Array when the executor is an oracle, Float32Array when it is an opponent. */
export type Floats = Float32Array | Float64Array;

/** One operand or result with its memory. */
export interface Buffer {
  readonly shape: Shape;
  readonly data: Floats | Int32Array;
}

/** An op bound to its memory, for a kernel. */
export interface KernelCall {
  /** Null where an optional operand is absent. */
  readonly operands: readonly (Buffer | null)[];
  /** Null where nobody reads the result. */
  readonly results: readonly (Buffer | null)[];
  readonly attributes: readonly number[];
  /** Makes temporary floats of the executor's precision, filled with zeros. */
  readonly zeros: (length: number) => Floats;
}

/** Computes an op. Named as in lib/graph/ops. */
export type Kernel = (call: KernelCall) => void;

/** The floats of an operand that is always there. */
export function floatsOf(call: KernelCall, operand: number): Floats {
  return (call.operands[operand] as Buffer).data as Floats;
}

/** The floats of an optional operand. */
export function optionalFloats(call: KernelCall, operand: number): Floats | null {
  return (call.operands[operand]?.data as Floats | undefined) ?? null;
}

export function integersOf(call: KernelCall, operand: number): Int32Array {
  return (call.operands[operand] as Buffer).data as Int32Array;
}

export function shapeOf(call: KernelCall, operand: number): Shape {
  return (call.operands[operand] as Buffer).shape;
}

/** The floats of a result that is always there. */
export function resultOf(call: KernelCall, result: number): Floats {
  return (call.results[result] as Buffer).data as Floats;
}

/** The floats of an optional result. */
export function optionalResultOf(call: KernelCall, result: number): Floats | null {
  return (call.results[result]?.data as Floats | undefined) ?? null;
}

/** The size of the last axis. */
export function lastOf(shape: Shape): number {
  return shape[shape.length - 1] ?? 1;
}
