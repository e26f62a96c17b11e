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

test("a weight has at most 2^31 - 1 numbers, and keeps what it is under another name", () => {
  expect(new Parameter("w", [2 ** 31 - 1], constant(0)).shape).toEqual([2 ** 31 - 1]);
  expect(() => new Parameter("w", [2 ** 31], constant(0))).toThrow(
    "w: shape [2147483648] has 2147483648 weights, 8 GiB",
  );
  for (const shape of [[2.5], [2, Number.NaN], undefined, { length: 1 }])
    expect(() => new Parameter("w", shape as never, constant(0))).toThrow(/^w: expected shape to be /);
  const table = new Parameter("w", [2], constant(0), { table: true });
  expect([table.table, new Parameter("w", [2], constant(0)).table]).toEqual([true, false]);
  expect(table.frozenAs("v")).toMatchObject({ name: "v", shape: [2], frozen: true, dtype: "f32" });
  expect(() => table.in(5 as never)).toThrow("w: expected graph to be a Graph");
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
