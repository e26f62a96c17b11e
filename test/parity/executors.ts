import { expect } from "vitest";
import type { Executor, Values } from "../../lib/executor/executor.js";
import { loadAddon } from "../../lib/executor/loadAddon.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import type { DType } from "../../lib/graph/program.js";
import { wasmExecutors } from "../wasm.js";
import type { FigureTensor } from "./figure.js";
import { numbers } from "./figure.js";

export interface Subject {
  readonly name: string;
  readonly executor: () => Executor;
  /**
   * Largest allowed error of one element, relative to the largest element of its tensor: a gradient that is a sum of many
   * terms of both signs carries the rounding of the terms, not of the sum.
   */
  readonly tolerance: number;
}

/**
 * The executors that must agree with PyTorch's float64; the native one with the kernels of every tier that this CPU can run.
 * The figures have 11 significant digits, so 1e-9 leaves nothing but rounding. In float32, whose unit is 6e-8, the worst
 * error seen in any tier is 4e-7.
 */
export const subjects: readonly Subject[] = [
  { name: "reference, float64", executor: () => new ReferenceExecutor({ precision: "float64" }), tolerance: 1e-9 },
  { name: "reference, float32", executor: () => new ReferenceExecutor({ precision: "float32" }), tolerance: 1e-6 },
  ...loadAddon()
    .info()
    .kernels.available.map((tier) => ({
      name: `native, ${tier} kernels`,
      executor: () => {
        loadAddon().setKernels(tier);
        return nativeExecutor();
      },
      tolerance: 1e-6,
    })),
  ...wasmExecutors.map((executor) => ({ name: "WebAssembly", executor: () => executor, tolerance: 1e-6 })),
];

/** Numbers of a figure in the type that an executor takes. */
export function valuesFor(executor: Executor, tensor: FigureTensor, dtype: DType = "f32"): Values {
  return dtype === "i32" ? Int32Array.from(tensor.data) : executor.floats.from(numbers(tensor));
}

/** Reports the worst element of a tensor: its name, its place and both values. */
export function expectClose(name: string, actual: Values | undefined, expected: FigureTensor, tolerance: number): void {
  const wanted = numbers(expected);
  expect(actual?.length, `elements of ${name}`).toBe(wanted.length);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) if (errorAt(i) > errorAt(worst)) worst = i;
  expect(
    errorAt(worst),
    `${name}[${worst}] of [${expected.shape}]: got ${actual?.[worst]}, PyTorch has ${wanted[worst]}; error relative to the largest element`,
  ).toBeLessThanOrEqual(tolerance);

  function errorAt(i: number): number {
    const error = Math.abs((actual?.[i] as number) - (wanted[i] as number)) / scale;
    // NaN would compare as "not larger" and pass unseen.
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
}
