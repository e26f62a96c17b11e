import { expect, test } from "vitest";
import { Graph, ops } from "../../lib/graph/index.js";
import { programText } from "../../lib/graph/programText.js";

test("a program prints its ops with names, shapes, layers and stacks, and its loops indented", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [3, 2, 4]);
  const weight = graph.variable({ name: "weight", dtype: "f32", shape: [4, 4] });
  const { last } = graph.within("encoder", () =>
    ops.scan({ inputs: { x }, state: { h: graph.zeros([2, 4]) }, reverse: true }, (inputs, { h }) => ({
      state: { h: ops.tanh(ops.add(inputs.x, ops.linear(h, weight))) },
    })),
  );
  const { losses } = ops.linearCrossEntropy({ x: last.h, weight, targets: graph.feed("targets", "i32", [2]) });
  graph.output("losses", losses);
  const program = graph.program();
  expect(String(program)).toBe(
    `
feed x = %0 f32[3,2,4]
feed targets = %1 i32[2]
variable zeros[2,4] = %2 f32[2,4]
stack %3 f32[4,2,4]
variable weight = %6 f32[4,4]
%4 f32[2,4] in %3[3] = copy(x: %2)  # encoder
loop of 3 steps, from the last to the first
  %7 f32[2,4] = linear(x: %3[step + 1], weight: %6, bias: none)  # encoder
  %9 f32[2,4] = add(a: %0[step], b: %7)  # encoder
  %10 f32[2,4] in %3[step] = tanh(x: %9)  # encoder
%12 f32[2], %13 f32[], %14 f32[2,2] unread, %15 f32[2,4] unread = linearCrossEntropy(x: %3[0], weight: %6, bias: none, targets: %1)
output losses = %12`.trim(),
  );
  expect(structuredClone(program)).toEqual(program);
});

test("a loop that goes forwards says no more than its steps", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [2, 3]);
  const { states } = ops.scan({ inputs: { x }, state: { h: graph.zeros([3]) } }, (inputs, { h }) => ({
    state: { h: ops.add(inputs.x, h) },
  }));
  graph.output("states", states.h);
  const lines = String(graph.program()).split("\n");
  expect(lines).toContain("loop of 2 steps");
  expect(lines.find((line) => line.includes("= add("))).toMatch(
    /^ {2}%\d+ f32\[3\] in %(\d+)\[step \+ 1\] = add\(a: %0\[step\], b: %\1\[step\]\)$/,
  );
});

test("a path is a name and a function that records under it, and a mistake leaves the path as it was", () => {
  const graph = new Graph();
  expect(() => graph.within("layer", 5 as never)).toThrow(/Graph\.within: expected record to be .*, got 5/);
  expect(() => graph.within("", () => {})).toThrow(/Graph\.within: expected name/);
  const x = graph.feed("x", "f32", [2]);
  graph.output("y", ops.tanh(x));
  expect(String(graph.program())).not.toContain("layer");
});

test("an op that the catalogue lacks has its operands by their places", () => {
  const graph = new Graph();
  graph.output("y", ops.tanh(graph.feed("x", "f32", [2])));
  const program = graph.program();
  const renamed = { ...program, ops: program.ops.map((op) => ({ ...op, name: "tangent" })) };
  expect(programText(renamed)).toBe("feed x = %0 f32[2]\n%1 f32[2] = tangent(0: %0)\noutput y = %1");
});
