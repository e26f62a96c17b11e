import { expect, test } from "vitest";
import { InputError, ShapeError } from "../../lib/errors.js";
import type { Executor, Values } from "../../lib/executor/executor.js";
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
}
