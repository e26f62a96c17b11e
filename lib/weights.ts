/**
 * Types that the weights of a finished model can be kept in: "bfloat16" has float32's range and 8 bits of mantissa; "int8"
 * is a whole number from -127 to 127 times a scale for each row of a matrix, its largest absolute value / 127.
 */
export const weightTypes = ["bfloat16", "int8"] as const;
/** The name of a smaller type of weights. @useDeclaredType */
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
  const values = new Float32Array(length);
  if (packed.type === "bfloat16") {
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < length; i++) bits[i] = (packed.values[i] as number) << 16;
    return values;
  }
  const columns = length / packed.scales.length;
  for (const [row, scale] of packed.scales.entries()) {
    for (let i = row * columns; i < (row + 1) * columns; i++) values[i] = scale * (packed.values[i] as number);
  }
  return values;
}

function packBFloat16(values: ArrayLike<number>): PackedWeights {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i] as number;
    halves[i] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return { type: "bfloat16", values: halves };
}

/** Beside 1.5 * 2^23 a float32 has no room for a fraction: adding it rounds to the nearest whole number, or even one. */
const noFraction = 12_582_912;

function packInt8(values: ArrayLike<number>, rows: number): PackedWeights {
  const columns = values.length / rows;
  const packed = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let largest = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const size = Math.abs(Math.fround(values[i] as number));
      if (size > largest) largest = size;
    }
    const scale = Math.fround(largest / 127);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const whole = Math.fround(Math.fround(Math.fround(values[i] as number) / scale) + noFraction) - noFraction;
      packed[i] = Math.min(127, Math.max(-127, whole));
    }
  }
  return { type: "int8", values: packed, scales };
}
