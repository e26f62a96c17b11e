import { expect, test } from "vitest";
import { Graph, ops } from "../../lib/graph/index.js";
import type { Program } from "../../lib/graph/program.js";
import { expectProgram } from "../../lib/graph/programRule.js";

/** h = w * x + h, step by step over the rows of x: a loop, rows, and a variable. */
function example(): Program {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [3, 2]);
  const w = graph.variable({ name: "w", dtype: "f32", shape: [2] });
  const h = graph.feed("h", "f32", [2]);
  const scan = ops.scan({ inputs: { x }, state: { h } }, ({ x: row }, { h: sum }) => ({
    state: { h: ops.add(ops.multiply(row, w), sum) },
  }));
  graph.output("sum", scan.last.h);
  return graph.program();
}

/** The example with a part replaced. */
function altered(change: (program: Program) => object): Program {
  const program = structuredClone(example());
  return { ...program, ...change(program) };
}

test("a program that a Graph recorded is one, also after it was written as JSON and read", () => {
  expect(() => expectProgram(example())).not.toThrow();
  expect(() => expectProgram(JSON.parse(JSON.stringify(example())))).not.toThrow();
});

test("what is no program at all is told who makes one", () => {
  for (const other of [undefined, null, 5, "program", () => {}]) {
    expect(() => expectProgram(other as never)).toThrow(
      /compile: expected program to be a Program, of Graph.program\(\)/,
    );
  }
});

test("a value may be there from before the first op, and gone before it, as a feed that nothing reads; no earlier", () => {
  const graph = new Graph();
  graph.feed("unread", "f32", [2]);
  graph.output("y", ops.tanh(graph.feed("x", "f32", [2])));
  expect(() => expectProgram(graph.program())).not.toThrow();
  const lasting = (first: number, last: number) =>
    altered(({ values }) => ({
      values: values.map((value) =>
        value.storage.kind === "arena" ? { ...value, storage: { ...value.storage, first, last } } : value,
      ),
    }));
  expect(() => expectProgram(lasting(-1, -1))).not.toThrow();
  expect(() => expectProgram(lasting(-2, 0))).toThrow(/storage\.first/);
  expect(() => expectProgram(lasting(0, -2))).toThrow(/storage\.last/);
});

test("a saved value has rows", () => {
  const scalar = (program: Program) => ({
    values: program.values.map((value, i) => (i === 0 ? { ...value, dtype: "saved", shape: [] } : value)),
  });
  expect(() => expectProgram(altered(scalar))).toThrow(/compile: the saved value 0 of the program has no rows/);
});

test("a part of another kind is named", () => {
  expect(() => expectProgram(altered(() => ({ ops: {} })))).toThrow(/compile: .*program\.ops/);
  expect(() => expectProgram(altered(() => ({ arenaBytes: -1 })))).toThrow(/compile: .*program\.arenaBytes/);
  expect(() => expectProgram(altered(() => ({ more: 1 })))).toThrow(/compile: .*program\.more/);
});

test("a value, a variable or a loop that a program names and does not have is named", () => {
  const port = { name: "sum", value: 99 };
  const count = example().values.length;
  const missing = `compile: the program names value 99 of ${count}.`;
  expect(() => expectProgram(altered(() => ({ outputs: [port] })))).toThrow(missing);
  expect(() => expectProgram(altered(() => ({ feeds: [port] })))).toThrow(missing);
  const last = (value: number) => altered(() => ({ outputs: [{ name: "sum", value }] }));
  expect(() => expectProgram(last(count - 1))).not.toThrow();
  expect(() => expectProgram(last(count))).toThrow(`names value ${count} of ${count}.`);
  expect(() => expectProgram(altered(() => ({ variables: [] })))).toThrow(
    'w is the variable "w", which the program does not have.',
  );
  const loopOf = (begin: number, end: number) =>
    altered(({ loops }) => ({ loops: loops.map((loop) => ({ ...loop, begin, end })) }));
  const { length } = example().ops;
  expect(() => expectProgram(loopOf(0, length))).not.toThrow();
  expect(() => expectProgram(loopOf(1, 1))).toThrow(`a loop has the ops 1 to 1 of ${length}.`);
  expect(() => expectProgram(loopOf(0, length + 1))).toThrow(`a loop has the ops 0 to ${length + 1} of ${length}.`);
});

test("rows and views lie in the arena, or in what does; those of each other lie nowhere", () => {
  const rowsOf = (of: (id: number) => number) =>
    altered(({ values }) => ({
      values: values.map((value) =>
        value.storage.kind === "rows" ? { ...value, storage: { ...value.storage, of: of(value.id) } } : value,
      ),
    }));
  expect(() => expectProgram(rowsOf((id) => id))).toThrow(/the memory of .* is not in the arena/);
  const view = altered(({ values }) => ({
    values: values.map((value) => ({ ...value, storage: { kind: "view" as const, of: value.id } })),
  }));
  expect(() => expectProgram(view)).toThrow(/the memory of .* is not in the arena/);
  const { id } = example().values.find(({ storage }) => storage.kind === "variable") as { id: number };
  expect(() => expectProgram(rowsOf(() => id))).toThrow(/the memory of .* is not in the arena/);
});
