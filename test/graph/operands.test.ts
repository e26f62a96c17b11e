import { expect, test } from "vitest";
import { OstinatoError } from "../../lib/errors.js";
import * as ops from "../../lib/graph/ops/index.js";

const functions = Object.entries(ops).filter(([, op]) => typeof op === "function");

test("every op refuses what is no tensor by an error of its own", () => {
  expect(functions.length).toBeGreaterThan(70);
  for (const [name, op] of functions) {
    for (const operand of ["x", undefined, {}, [1]]) {
      for (const rest of [[], [0, 1], [{}]]) {
        const call = () => (op as (...operands: unknown[]) => unknown)(operand, ...rest);
        expect(call, `${name}(${JSON.stringify(operand)})`).toThrow(OstinatoError);
      }
    }
  }
});
