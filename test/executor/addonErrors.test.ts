import { expect, test } from "vitest";
import { FileError, InputError, OptionError, OstinatoError } from "../../lib/errors.js";
import { named, ownError } from "../../lib/executor/addonErrors.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { Graph, ops } from "../../lib/graph/index.js";

const failure = (code: string | undefined, message = "no", op?: number) =>
  Object.assign(new Error(message), code === undefined ? {} : { code }, op === undefined ? {} : { op });

test.each([
  ["ERR_OSTINATO_INPUT", InputError, "ERR_OSTINATO_INPUT"],
  ["ERR_OSTINATO_OPTION", OptionError, "ERR_OSTINATO_OPTION"],
  ["ERR_OSTINATO_FILE", FileError, "ERR_OSTINATO_FILE"],
  ["ERR_OSTINATO_MEMORY", OstinatoError, "ERR_OSTINATO_MEMORY"],
  ["ENOENT", OstinatoError, "ERR_OSTINATO_ADDON"],
  [undefined, OstinatoError, "ERR_OSTINATO_ADDON"],
])("an error of the addon with the code %s has its message, and a class and a code of ours", (code, Class, own) => {
  const error = ownError(failure(code));
  expect(error).toBeInstanceOf(Class);
  expect(error).toMatchObject({ message: "no", code: own });
  expect(() =>
    named(() => {
      throw failure(code);
    }),
  ).toThrow(expect.objectContaining({ message: "no", code: own }));
  expect(ownError(error)).toBe(error);
});

test("what an op refuses begins with its layer, once", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [2]);
  const y = graph.within("encoder", () => ops.tanh(x));
  graph.output("y", ops.square(y));
  const program = graph.program();
  const messageOf = (message: string, op?: number) =>
    ownError(failure("ERR_OSTINATO_INPUT", message, op), program).message;
  expect(messageOf("tanh: x is odd", 0)).toBe("encoder: x is odd");
  expect(messageOf("x is odd", 0)).toBe("encoder: x is odd");
  expect(messageOf("square: x is odd", 1)).toBe("square: x is odd");
  expect(messageOf("the run was refused")).toBe("the run was refused");
});

test("an error of a run begins with its message, and the rest of its stack is the caller's", async () => {
  const graph = new Graph();
  graph.output("y", ops.embedding(graph.feed("table", "f32", [2, 1]), graph.feed("ids", "i32", [1])));
  const executor = nativeExecutor();
  const executable = executor.compile(graph.program(), executor.createStore());
  const error: Error = await executable
    .run({ table: Float32Array.of(1, 2), ids: Int32Array.of(9) })
    .catch((cause) => cause);
  const [first, ...calls] = (error.stack ?? "").split("\n");
  expect(first).toBe("InputError: embedding: id 9 at position 0 is outside the table of 2 rows");
  expect(calls.every((line) => line.startsWith("    at "))).toBe(true);
  expect(calls[0]).toContain("addonExecutor");
  expect(calls.join()).toContain("addonErrors.test");
});
