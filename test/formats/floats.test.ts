import { expect, test } from "vitest";
import { bfloat16ToFloat32, float8ToFloat32, float16ToFloat32 } from "../../lib/formats/floats.js";
import { dtypes, storageElements } from "../../lib/formats/pytorch/elements.js";

test("binary16 has the values that IEEE 754 gives its bits", () => {
  const bits = [0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3555, 0x3c00, 0xbc01, 0x7bff, 0x7c00, 0xfc00, 0x7e00];
  expect([...float16ToFloat32(Uint16Array.from(bits))]).toEqual([
    ...[0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 0.333251953125, 1, -1.0009765625, 65504],
    ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
  ]);
});

test("bfloat16 is the upper half of a float32", () => {
  const bits = [0x0000, 0x0001, 0x3f80, 0xc049, 0x7f80, 0x7fc0];
  expect([...bfloat16ToFloat32(Uint16Array.from(bits))]).toEqual([
    0,
    2 ** -133,
    1,
    -3.140625,
    Number.POSITIVE_INFINITY,
    Number.NaN,
  ]);
});

test("the floats of 8 bits have the values of Micikevicius et al. (2022), table 1", () => {
  const e4m3 = [0x00, 0x01, 0x07, 0x08, 0x38, 0xb8, 0x77, 0x78, 0x7e, 0xfe, 0x7f, 0xff];
  expect([...float8ToFloat32(Uint8Array.from(e4m3), "E4M3")]).toEqual([
    ...[0, 2 ** -9, 0.875 * 2 ** -6, 2 ** -6, 1, -1, 240, 256, 448, -448, Number.NaN, Number.NaN],
  ]);
  const e5m2 = [0x00, 0x01, 0x03, 0x04, 0x3c, 0xbc, 0x7b, 0x7c, 0xfc, 0x7d];
  expect([...float8ToFloat32(Uint8Array.from(e5m2), "E5M2")]).toEqual([
    ...[0, 2 ** -16, 0.75 * 2 ** -14, 2 ** -14, 1, -1, 57344],
    ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
  ]);
});

test("PyTorch's types have their sizes, and the names that safetensors has for those that are read", () => {
  const rows = [...dtypes].map(([name, own]) => `${name} ${own.bytes} ${own.type}${own.name === name ? "" : " ?"}`);
  expect(rows).toEqual([
    ...[
      "float64 8 F64",
      "float32 4 F32",
      "float16 2 F16",
      "bfloat16 2 BF16",
      "float8_e4m3fn 1 F8_E4M3",
      "float8_e5m2 1 F8_E5M2",
    ],
    ...["float8_e4m3fnuz 1 null", "float8_e5m2fnuz 1 null", "int64 8 I64", "int32 4 I32", "int16 2 I16", "int8 1 I8"],
    ...["uint64 8 U64", "uint32 4 U32", "uint16 2 U16", "uint8 1 U8", "bool 1 BOOL"],
    ...["complex32 4 null", "complex64 8 null", "complex128 16 null"],
  ]);
  const storages = [
    "Double",
    "Float",
    "Half",
    "BFloat16",
    "Long",
    "Int",
    "Short",
    "Char",
    "Byte",
    "Bool",
    "ComplexFloat",
    "ComplexDouble",
    "Other",
  ];
  expect(storages.map((name) => storageElements(`${name}Storage`)?.name)).toEqual([
    ...[
      "float64",
      "float32",
      "float16",
      "bfloat16",
      "int64",
      "int32",
      "int16",
      "int8",
      "uint8",
      "bool",
      "complex64",
      "complex128",
      undefined,
    ],
  ]);
  expect(storageElements("UntypedStorage")?.name).toBe("uint8");
});
