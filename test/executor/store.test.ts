import { expect, test } from "vitest";
import { InputError, OptionError, ShapeError } from "../../lib/errors.js";
import { AddonExecutor } from "../../lib/executor/addonExecutor.js";
import type { Executor, Values } from "../../lib/executor/executor.js";
import { loadAddon } from "../../lib/executor/loadAddon.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph, ops } from "../../lib/graph/index.js";
import { firstValues, type VariableSpec } from "../../lib/graph/program.js";
import { wasmExecutors } from "../wasm.js";

const weight: VariableSpec = { name: "w", dtype: "f32", shape: [2, 3] };
const values = [1, 2, 3, 4, 5, 6];

const executors: Executor[] = [new ReferenceExecutor({ precision: "float32" }), nativeExecutor(), ...wasmExecutors];

for (const executor of executors) {
  const filled = async () => {
    const store = executor.createStore();
    store.declare(weight);
    await store.write("w", executor.floats.from(values));
    return store;
  };

  test(`${executor.name}: a variable that is declared again as it is keeps its values`, async () => {
    const store = await filled();
    store.declare({ ...weight, shape: [2, 3] });
    expect([...(await store.read("w"))]).toEqual(values);
  });

  test(`${executor.name}: a variable begins with its first values, or with zeros, whether it is read or run first`, async () => {
    const first = { ...weight, [firstValues]: async () => Float32Array.from(values) };
    const graph = new Graph();
    graph.output("y", ops.square(graph.variable(first)));
    const store = executor.createStore();
    store.declare({ ...weight, name: "zeros" });
    const { outputs } = await executor.compile(graph.program(), store).run({});
    expect([...(outputs.y as Values)]).toEqual(values.map((value) => value ** 2));
    expect([...(await store.read("w"))]).toEqual(values);
    expect([...(await store.read("zeros"))]).toEqual([0, 0, 0, 0, 0, 0]);
    const other = executor.createStore();
    other.declare(first);
    expect([...(await other.read("w"))]).toEqual(values);
  });

  test(`${executor.name}: a variable that is declared again as another one is refused, and keeps its values`, async () => {
    const store = await filled();
    for (const [again, text] of [
      [{ ...weight, shape: [3, 2] }, "f32[3,2]"],
      [{ ...weight, shape: [2, 4] }, "f32[2,4]"],
      [{ ...weight, shape: [6] }, "f32[6]"],
      [{ ...weight, dtype: "i32" }, "i32[2,3]"],
    ] as [VariableSpec, string][]) {
      const message = `Store: variable "w" is f32[2,3], not ${text}.`;
      expect(() => store.declare(again)).toThrow(new ShapeError(message));
      // The same by way of a program.
      const graph = new Graph();
      const other = graph.variable(again);
      graph.output("y", again.dtype === "i32" ? ops.copy(other) : ops.square(other));
      expect(() => executor.compile(graph.program(), store)).toThrow(new ShapeError(message));
    }
    expect([...(await store.read("w"))]).toEqual(values);
  });

  test(`${executor.name}: unknown names and the wrong number of values are input errors`, async () => {
    const store = await filled();
    await expect(store.read("v")).rejects.toThrow(new InputError('Store: there is no variable "v".'));
    await expect(store.write("v", executor.floats.of(1))).rejects.toThrow(InputError);
    for (const count of [0, 5, 7]) {
      await expect(store.write("w", new executor.floats(count))).rejects.toThrow(
        new InputError(`Store: expected 6 values for "w", got ${count}.`),
      );
    }
    expect([...(await store.read("w"))]).toEqual(values);
  });

  test(`${executor.name}: what a reader or a writer does with his array afterwards changes no variable`, async () => {
    const store = await filled();
    const own = executor.floats.from(values);
    const writing = store.write("w", own);
    own.fill(0);
    await writing;
    (await store.read("w")).fill(-1);
    expect([...(await store.read("w"))]).toEqual(values);
  });

  test(`${executor.name}: whole numbers are read as whole numbers, floats in the executor's type`, async () => {
    const store = await filled();
    store.declare({ name: "ids", dtype: "i32", shape: [3] });
    expect(await store.read("ids")).toEqual(Int32Array.of(0, 0, 0));
    await store.write("ids", Int32Array.of(7, -2, 2 ** 31 - 1));
    expect(await store.read("ids")).toEqual(Int32Array.of(7, -2, 2 ** 31 - 1));
    expect(await store.read("w")).toEqual(executor.floats.from(values));
  });

  test(`${executor.name}: a program needs a store of its executor`, () => {
    const graph = new Graph();
    graph.output("y", ops.square(graph.variable(weight)));
    const program = graph.program();
    const others = executors.filter((other) => other !== executor).map((other) => other.createStore());
    for (const store of [...others, new ReferenceExecutor({ precision: "float64" }).createStore()]) {
      expect(() => executor.compile(program, store)).toThrow(
        new OptionError("compile: expected a store of this executor: createStore()."),
      );
    }
  });

  test(`${executor.name}: quantize rounds each row of a matrix of floats that are finite, and refuses what else there is`, async () => {
    const store = await filled();
    const rounded = async (type: "bfloat16" | "int8", ...weights: number[]) => {
      await store.write("w", executor.floats.from(weights));
      await store.quantize("w", type);
      return [...(await store.read("w"))];
    };
    // 8 bits of mantissa: steps of 1/128 from 1 to 2.
    expect(await rounded("bfloat16", 1.01, 2, 3, 4, -1.01, 6)).toEqual([1.0078125, 2, 3, 4, -1.0078125, 6]);
    // 127 steps to the largest of a row: of 1 in the first, of 2 in the second.
    expect(await rounded("int8", 1, -127, 3.2, -254, 3.2, 2)).toEqual([1, -127, 3, -254, 4, 2]);
    store.declare({ name: "vector", dtype: "f32", shape: [3] });
    store.declare({ name: "ids", dtype: "i32", shape: [2, 2] });
    for (const [name, text] of [
      ["vector", "f32[3]"],
      ["ids", "i32[2,2]"],
    ] as const) {
      const message = `quantize: expected a matrix of f32 values, got ${name} ${text}.`;
      await expect(store.quantize(name, "int8")).rejects.toThrow(new ShapeError(message));
    }
    await expect(store.quantize("w", "int3" as "int8")).rejects.toThrow("quantize: expected type to be ");
    await expect(store.quantize("v", "int8")).rejects.toThrow(new InputError('Store: there is no variable "v".'));
    for (const wrong of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      await expect(rounded("int8", 1, 2, 3, 4, wrong, 6)).rejects.toThrow(InputError);
      expect([...(await store.read("w"))]).toEqual([1, 2, 3, 4, wrong, 6]);
    }
  });
}

test("a store in C++ is for the addon that keeps it, whichever executor has that", () => {
  const graph = new Graph();
  graph.output("y", ops.square(graph.feed("x", "f32", [1])));
  const program = graph.program();
  const other = new AddonExecutor("other", { ...loadAddon() });
  expect(() => nativeExecutor().compile(program, nativeExecutor().createStore())).not.toThrow();
  expect(() => nativeExecutor().compile(program, other.createStore())).toThrow("expected a store of this executor");
  expect(() => other.compile(program, nativeExecutor().createStore())).toThrow("expected a store of this executor");
});
