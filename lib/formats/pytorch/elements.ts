import type { SafetensorsType } from "../safetensorsHeader.js";

/** The type of a tensor's elements. */
export interface Elements {
  /** PyTorch's name: "float32". */
  readonly name: string;
  readonly bytes: number;
  /** The name in safetensors files; null for a type that is not read. */
  readonly type: SafetensorsType | null;
}

/** The types of PyTorch by their names in the module torch. */
export const dtypes: ReadonlyMap<string, Elements> = new Map(
  (
    [
      ["float64", 8, "F64"],
      ["float32", 4, "F32"],
      ["float16", 2, "F16"],
      ["bfloat16", 2, "BF16"],
      ["float8_e4m3fn", 1, "F8_E4M3"],
      ["float8_e5m2", 1, "F8_E5M2"],
      ["float8_e4m3fnuz", 1, null],
      ["float8_e5m2fnuz", 1, null],
      ["int64", 8, "I64"],
      ["int32", 4, "I32"],
      ["int16", 2, "I16"],
      ["int8", 1, "I8"],
      ["uint64", 8, "U64"],
      ["uint32", 4, "U32"],
      ["uint16", 2, "U16"],
      ["uint8", 1, "U8"],
      ["bool", 1, "BOOL"],
      ["complex32", 4, null],
      ["complex64", 8, null],
      ["complex128", 16, null],
    ] as const
  ).map(([name, bytes, type]) => [name, { name, bytes, type }]),
);

/** The classes of typed storages, whose elements are of these types. */
const storageTypes: Readonly<Record<string, string>> = {
  DoubleStorage: "float64",
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
  ComplexFloatStorage: "complex64",
  ComplexDoubleStorage: "complex128",
};

/** The elements of a class of storages; undefined for a class that is none. Those of an untyped storage are bytes. */
export function storageElements(name: string): Elements | undefined {
  return dtypes.get(name === "UntypedStorage" ? "uint8" : (storageTypes[name] ?? ""));
}
