import { expect, test } from "vitest";
import type { Communicator } from "../../lib/executor/communicator.js";
import type { Executor } from "../../lib/executor/executor.js";
import { Programs } from "../../lib/executor/programs.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import type { Graph } from "../../lib/graph/graph.js";

function model() {
  const executor = new ReferenceExecutor();
  return { executor, store: executor.createStore() };
}

test("a program is recorded once for its key, and again only when many others have been used since", () => {
  const programs = new Programs(model());
  const recorded: string[] = [];
  const use = (key: string) =>
    programs.get(key, (graph) => {
      recorded.push(key);
      graph.output("x", graph.feed("x", "f32", [1]));
    });
  const first = use("first");
  for (let i = 0; i < 600; i++) {
    use(`${i}`);
    if (i < 300) expect(use("first")).toBe(first);
  }
  expect(recorded.filter((key) => key === "first")).toHaveLength(1);
  expect(use("first")).toBe(first);
  for (let i = 600; i < 1200; i++) use(`${i}`);
  use("first");
  expect(recorded.filter((key) => key === "first")).toHaveLength(2);
});

test("variables stay known when their program is no longer kept, so that a checkpoint misses none", () => {
  const programs = new Programs(model());
  const record = (name: string) => (graph: Graph) =>
    graph.output("x", graph.variable({ name, dtype: "f32", shape: [2] }));
  for (let i = 0; i < 600; i++) programs.get(`${i}`, record(`state/${i % 7}`));
  programs.get("more", record("more"));
  expect(programs.variables.map(({ name }) => name)).toEqual([
    ...Array.from({ length: 7 }, (_, i) => `state/${i}`),
    "more",
  ]);
});

test("programs are recorded for training where that is asked, and of some rows of a batch where others have the rest", () => {
  const recorded = (options?: { training: boolean }) => {
    const graphs: Graph[] = [];
    const programs = new Programs(model(), options);
    const record = (graph: Graph) => {
      graphs.push(graph);
      graph.output("x", graph.feed("x", "f32", [1]));
    };
    programs.get("all", record);
    programs.get("some", record, { first: 2, of: 6 });
    return graphs.map(({ training, rows }) => [training, rows?.first, rows?.of]);
  };
  expect(recorded({ training: true })).toEqual([
    [true, undefined, undefined],
    [true, 2, 6],
  ]);
  expect(recorded().map(([training]) => training)).toEqual([false, false]);
});

test("programs add over the ranks that they are given", () => {
  const own = { rank: 0, size: 2, gather: async () => [] } as unknown as Communicator;
  const { executor, store } = model();
  const seen: unknown[] = [];
  const watched: Executor = {
    ...{ name: "watched", floats: executor.floats, createStore: () => executor.createStore() },
    compile(program, store, options) {
      seen.push(options?.communicator);
      return executor.compile(program, store, options);
    },
  };
  for (const options of [{ communicator: own }, {}]) {
    new Programs({ executor: watched, store }, options).get("x", (graph) =>
      graph.output("x", graph.feed("x", "f32", [1])),
    );
  }
  expect(seen).toEqual([own, undefined]);
});
