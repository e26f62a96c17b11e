import { expect, test } from "vitest";
import { placeValues } from "../../lib/executor/arena.js";
import { Graph, ops } from "../../lib/graph/index.js";
import type { Storage, Value } from "../../lib/graph/program.js";

test("values take the lowest place that is free while they live, the largest first, each on lines of 64 bytes", () => {
  const graph = new Graph();
  graph.output("y", ops.tanh(graph.feed("x", "f32", [1])));
  // By value: its bytes, and the first and last op of its life.
  const lives = [
    [100, 0, 1],
    [200, 1, 2],
    [64, 2, 3],
    [130, 0, 0],
    [1, 3, 4],
  ];
  const arena = lives.map(([, first = 0, last = 0]): Storage => ({ kind: "arena", first, last }));
  const others: Storage[] = [{ kind: "variable", name: "w" }, { kind: "none" }, { kind: "view", of: 0 }];
  const values = [...arena, ...others].map(
    (storage, id): Value => ({ id, dtype: "f32", shape: [], storage, name: `value ${id}` }),
  );
  const { offsets, bytes } = placeValues({ ...graph.program(), values }, ({ id }) => lives[id]?.[0] ?? 1e6);
  // 256 bytes of value 1 live with 128 of value 0 and 64 of value 2, which follow them; value 4 finds their place free.
  expect([...offsets].sort(([a], [b]) => a - b)).toEqual([
    [0, 256],
    [1, 0],
    [2, 256],
    [3, 0],
    [4, 0],
  ]);
  expect(bytes).toBe(384);
});
