import { expect, test } from "vitest";
import { constant } from "../../lib/nn/initializers.js";
import { Parameter } from "../../lib/nn/parameter.js";

test("a weight has a name, a shape with a size, and an initializer", () => {
  for (const name of ["", 5, null, ["w"]]) {
    expect(() => new Parameter(name as never, [2], constant(0))).toThrow(/^Parameter: expected name to be /);
  }
  for (const shape of [[0], [2, -1], [2 ** 16, 2 ** 16], "2"]) {
    expect(() => new Parameter("w", shape as never, constant(0))).toThrow(/w/);
  }
  expect(() => new Parameter("w", [2], "zeros" as never)).toThrow(/^w: expected initializer to be /);
});

test("whole numbers are frozen whatever was asked for, other weights where it was", () => {
  const isFrozen = (options: object) => new Parameter("w", [2], constant(0), options).frozen;
  expect([{}, { frozen: true }, { dtype: "i32" }, { dtype: "i32", frozen: true }].map(isFrozen)).toEqual([
    false,
    true,
    true,
    true,
  ]);
});
