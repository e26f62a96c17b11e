import { expect, test } from "vitest";
import { FiniteVariables } from "../../lib/executor/finiteVariables.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import type { VariableSpec } from "../../lib/graph/program.js";

const a: VariableSpec = { name: "a", dtype: "f32", shape: [2, 2] };
const b: VariableSpec = { name: "b", dtype: "f32", shape: [3] };
const count: VariableSpec = { name: "count", dtype: "i32", shape: [2] };
const infinite = Number.POSITIVE_INFINITY;

test.each([nativeExecutor(), new ReferenceExecutor()].map((executor) => [executor.name, executor] as const))(
  "%s: of some variables the first that holds a NaN or an infinity is named",
  async (_, executor) => {
    const store = executor.createStore();
    const finite = new FiniteVariables({ executor, store });
    for (const variable of [a, b, count]) store.declare(variable);
    expect([await finite.firstOther([]), await finite.firstOther([count])]).toEqual([null, null]);
    expect(await finite.firstOther([count, a, b])).toBeNull();
    await store.write("b", Float32Array.of(0, Number.NaN, 1));
    expect([await finite.firstOther([a, count, b]), await finite.firstOther([a])]).toEqual(["b", null]);
    await store.write("a", Float32Array.of(1, 2, 3, -infinite));
    expect([await finite.firstOther([a, b]), await finite.firstOther([b, a])]).toEqual(["a", "b"]);
    // Finite numbers, whose squares have no finite sum in float32; and infinities that cancel out.
    await store.write("a", Float32Array.of(3e38, -3e38, 0, 1));
    expect(await finite.firstOther([a])).toBeNull();
    await store.write("b", Float32Array.of(infinite, -infinite, 1));
    expect(await finite.firstOther([a, b])).toBe("b");
  },
);
