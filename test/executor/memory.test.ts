import { totalmem } from "node:os";
import { afterEach, expect, test, vi } from "vitest";
import { OptionError } from "../../lib/errors.js";
import { expectMemory, expectProgramFits, memoryLimit } from "../../lib/executor/memory.js";
import { Graph, ops } from "../../lib/graph/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("there is as much memory as the machine has, or less where a container allows less", () => {
  const allowed = vi.spyOn(process, "constrainedMemory");
  for (const [bytes, limit] of [
    [0, totalmem()],
    [2 ** 60, totalmem()],
    [5000, 5000],
  ] as const) {
    allowed.mockReturnValue(bytes);
    expect(memoryLimit()).toBe(limit);
  }
  expectMemory(5000, "It", "Take less.");
  expect(() => expectMemory(7_250_000, "It", "Take less.")).toThrow(
    new OptionError("It would need 7.25 MB of memory, and there are 5 kB. Take less."),
  );
});

test.each([
  [2, "2 bytes"],
  [999, "999 bytes"],
  [1000, "1 kB"],
  [1_250_000, "1.25 MB"],
  [1_234_500, "1.23 MB"],
  [2.5e9, "2.5 GB"],
  [1e12, "1 TB"],
  [3e15, "3 PB"],
  [3e18, "3 EB"],
  [5e21, "5000 EB"],
])("%d bytes are %s", (bytes, text) => {
  vi.spyOn(process, "constrainedMemory").mockReturnValue(1);
  expect(() => expectMemory(bytes, "It", "Take less.")).toThrow(
    `It would need ${text} of memory, and there are 1 bytes.`,
  );
});

test("a program needs its variables, of 4 bytes a number, and what its ops read and write besides", () => {
  vi.spyOn(process, "constrainedMemory").mockReturnValue(200);
  const graph = new Graph();
  const [a, b] = [3, 7].map((n) => graph.variable({ name: `${n}`, dtype: "f32", shape: [2, n] }));
  graph.output("y", ops.concat([a, b] as Tensor[], 1));
  const program = graph.program();
  expectProgramFits(program, 120);
  expect(() => expectProgramFits(program, 121)).toThrow("compile: the program would need 201 bytes of memory");
});

test("where nobody may ask, or there is nobody to ask, only what numbers can count is too much", () => {
  vi.stubGlobal("process", {
    getBuiltinModule() {
      throw new Error("this needs a permission");
    },
  });
  expect(memoryLimit()).toBe(Number.MAX_SAFE_INTEGER);
  for (const own of [{}, undefined]) {
    vi.stubGlobal("process", own);
    expect(memoryLimit()).toBe(Number.MAX_SAFE_INTEGER);
  }
  vi.unstubAllGlobals();
});
