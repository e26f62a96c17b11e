import { expect, test } from "vitest";
import type { Executor } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { wasmExecutors } from "../wasm.js";

const executors: Executor[] = [nativeExecutor(), new ReferenceExecutor(), ...wasmExecutors];

test.each(executors.map((executor) => [executor.name, executor] as const))(
  "%s: a run that is asked to check names the first op that wrote what is not finite, and no run else",
  async (_, executor) => {
    const graph = new Graph();
    const x = graph.feed("x", "f32", [3]);
    graph.output("y", ops.tanh(ops.square(ops.exp(x))));
    const program = graph.program();
    const executable = executor.compile(program, executor.createStore());
    const run = async (values: number[], check: boolean) => {
      const { nonFinite, outputs } = await executable.run({ x: Float32Array.from(values) }, { check });
      return { op: nonFinite === null ? null : program.ops[nonFinite]?.name, y: Array.from(outputs.y as Float32Array) };
    };
    // The square of exp(50) is no longer a float32; its tangent is 1.
    const overflow = [0, 50, 1];
    if (executor.name !== "reference") expect((await run(overflow, true)).op).toBe("square");
    expect((await run([0, Number.POSITIVE_INFINITY, 1], true)).op).toBe("exp");
    expect((await run([0, 1, -1], true)).op).toBeNull();
    expect(await run([0, Number.POSITIVE_INFINITY, 0], false)).toEqual({
      op: null,
      y: [expect.closeTo(Math.tanh(1), 6), 1, expect.closeTo(Math.tanh(1), 6)],
    });
    const infinite = { x: Float32Array.of(0, Number.POSITIVE_INFINITY, 0) };
    const { outputs } = await executable.replay(infinite, { steps: 1, carry: {} });
    expect(outputs.y?.[1]).toBe(1);
  },
);
