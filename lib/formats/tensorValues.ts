import { bfloat16ToFloat32, float8ToFloat32, float16ToFloat32 } from "./floats.js";
import type { SafetensorsType } from "./safetensorsHeader.js";
import { elementBytes } from "./safetensorsHeader.js";

export type TensorValues =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** The arrays of the types that JavaScript has. */
export const typedArrays = {
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
} as const;

/** Elements of a file as numbers. */
export function decodeElements(type: SafetensorsType, data: ArrayBuffer): TensorValues {
  switch (type) {
    case "BF16":
      return bfloat16ToFloat32(new Uint16Array(data));
    case "F16":
      return float16ToFloat32(new Uint16Array(data));
    case "F8_E4M3":
      return float8ToFloat32(new Uint8Array(data), "E4M3");
    case "F8_E5M2":
      return float8ToFloat32(new Uint8Array(data), "E5M2");
    case "BOOL":
      return new Uint8Array(data);
    default:
      return new typedArrays[type](data);
  }
}

/** Bytes of memory that decoding takes for each byte of the file: floats of 8 and 16 bits are there as float32, too, while it goes on. */
export function widened(type: SafetensorsType): number {
  const grows = type === "BF16" || type === "F16" || type.startsWith("F8");
  return grows ? 1 + 4 / elementBytes[type] : 1;
}
