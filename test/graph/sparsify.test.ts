import { expect, test } from "vitest";
import { nativeExecutor } from "../../lib/executor/native.js";
import { Graph, ops } from "../../lib/graph/index.js";
import { numbers } from "./case.js";

const bits = (values: ArrayBufferView) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** Places by size, the largest first, NaN before all, and of equal ones those that stand first. */
function largestFirst(values: Float32Array): number[] {
  const sizes = values.map((value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.abs(value)));
  const isNaNAt = (i: number) => Number(Number.isNaN(values[i]));
  const difference = (a: number, b: number) => (a === b ? 0 : b - a);
  return Array.from(values.keys()).sort(
    (a, b) => isNaNAt(b) - isNaNAt(a) || difference(sizes[a] as number, sizes[b] as number) || a - b,
  );
}

function divided(values: Float32Array, places: readonly number[]) {
  const [sent, rest] = [new Float32Array(values.length), Float32Array.from(values)];
  for (const i of places) {
    sent[i] = values[i] as number;
    rest[i] = 0;
  }
  return { sent, rest };
}

async function run(x: Float32Array, residual: Float32Array, k: number) {
  const graph = new Graph();
  const shape = [x.length];
  const { sent, rest } = ops.sparsify(graph.feed("x", "f32", shape), {
    residual: graph.feed("residual", "f32", shape),
    k,
  });
  graph.output("sent", sent);
  graph.output("rest", rest);
  const executor = nativeExecutor();
  const { outputs } = await executor.compile(graph.program(), executor.createStore()).run({ x, residual });
  return outputs as { sent: Float32Array; rest: Float32Array };
}

// More than two of the pieces that threads take.
const n = 140_003;

test("the k largest of a large tensor are those that sorting finds, to the bit, and the others wait", async () => {
  const x = Float32Array.from(numbers(n, 5));
  const residual = Float32Array.from(numbers(n, 6));
  const sum = x.map((value, i) => value + (residual[i] as number));
  const order = largestFirst(sum);
  for (const k of [1, 2000, 131_072, n]) {
    const wanted = divided(sum, order.slice(0, k));
    const { sent, rest } = await run(x, residual, k);
    expect(bits(sent).equals(bits(wanted.sent)), `k ${k}`).toBe(true);
    expect(bits(rest).equals(bits(wanted.rest)), `k ${k}`).toBe(true);
  }
});

test("of equal sizes those that stand first are sent, whatever their sign; infinities and NaNs go before all numbers", async () => {
  const few = [0.5, -0.5, 0.25, 0, -2, 2];
  const x = Float32Array.from({ length: n }, (_, i) => few[(i * 7919) % few.length] as number);
  x[n - 1] = Number.NaN;
  x[70_000] = Number.NEGATIVE_INFINITY;
  const residual = new Float32Array(n);
  const order = largestFirst(x);
  for (const k of [1, 2, 3, 40_000, 90_000, n - 3]) {
    const wanted = divided(x, order.slice(0, k));
    const { sent, rest } = await run(x, residual, k);
    expect(sent[n - 1], `k ${k}`).toBeNaN();
    expect(bits(sent).equals(bits(wanted.sent)), `k ${k}`).toBe(true);
    expect(bits(rest).equals(bits(wanted.rest)), `k ${k}`).toBe(true);
  }
});

test("more than there is cannot be sent", () => {
  const x = new Graph().feed("x", "f32", [3]);
  expect(() => ops.sparsify(x, { residual: x, k: 4 })).toThrow("has 3 numbers, which are fewer than k 4");
});
