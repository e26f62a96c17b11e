import { expect, test } from "vitest";
import { packWeights, unpackWeights } from "../lib/weights.js";

test("bfloat16 keeps the upper half of a float32, rounded to the nearest, or to the even of two as near", () => {
  // 1 is 3f800000; one step of bfloat16 beyond it is 2^-7.
  const values = [1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -23, -2, 1 + 2 ** -7 - 2 ** -23];
  const packed = packWeights(values, 2, "bfloat16");
  expect(packed).toEqual({ type: "bfloat16", values: Uint16Array.of(0x3f80, 0x3f80, 0x3f82, 0x3f81, 0xc000, 0x3f81) });
  expect([...unpackWeights(packed)]).toEqual([1, 1, 1 + 2 ** -6, 1 + 2 ** -7, -2, 1 + 2 ** -7]);
});

test("int8 has a scale for each row, and rounds to the nearest whole number, or to the even of two as near", () => {
  const rows = [
    [127, -127, 63.5, 62.5, 0.4],
    [0, 0, 0, 0, 0],
    [3, -1, 1, 2, -254],
  ];
  const packed = packWeights(rows.flat(), 3, "int8");
  const values = Int8Array.of(...[127, -127, 64, 62, 0], ...[0, 0, 0, 0, 0], ...[2, 0, 0, 1, -127]);
  expect(packed).toEqual({ type: "int8", values, scales: Float32Array.of(1, 0, 2) });
  expect([...unpackWeights(packed)]).toEqual([...[127, -127, 64, 62, 0], ...[0, 0, 0, 0, 0], ...[4, 0, 0, 2, -254]]);
});
