/**
 * Types that the weights of a finished model can be kept in: "bfloat16" has float32's range and 8 bits of mantissa; "int8"
 * is a whole number from -127 to 127 times a scale for each row of a matrix, its largest absolute value / 127.
 */
export const weightTypes = ["bfloat16", "int8"] as const;
export type WeightType = (typeof weightTypes)[number];

/** A matrix [rows, columns] in a smaller type. */
export type PackedWeights =
  | { readonly type: "bfloat16"; readonly values: Uint16Array }
  | { readonly type: "int8"; readonly values: Int8Array; readonly scales: Float32Array };

/** Rounds to nearest even. Values must be finite. */
export function packWeights(values: ArrayLike<number>, rows: number, type: WeightType): PackedWeights {
  return type === "bfloat16" ? packBFloat16(values) : packInt8(values, rows);
}

/** The numbers that were packed. */
export function unpackWeights(packed: PackedWeights): Float32Array {
  const { length } = packed.values;
  if (packed.type === "bfloat16") {
    const bits = Uint32Array.from(packed.values, (half) => half << 16);
    return new Float32Array(bits.buffer);
  }
  const columns = length / packed.scales.length;
  return Float32Array.from(packed.values, (value, i) => value * (packed.scales[Math.floor(i / columns)] as number));
}

function packBFloat16(values: ArrayLike<number>): PackedWeights {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return { type: "bfloat16", values: Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16) };
}

function packInt8(values: ArrayLike<number>, rows: number): PackedWeights {
  const columns = values.length / rows;
  const packed = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let most = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++)
      most = Math.max(most, Math.abs(Math.fround(values[i] as number)));
    const scale = Math.fround(most / 127);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const whole = roundHalfToEven(Math.fround(Math.fround(values[i] as number) / scale));
      packed[i] = Math.min(127, Math.max(-127, whole));
    }
  }
  return { type: "int8", values: packed, scales };
}

function roundHalfToEven(x: number): number {
  const whole = Math.round(x);
  return Math.abs(x % 1) === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
}
