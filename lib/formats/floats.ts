/** bfloat16, the upper half of a float32, to float32: exact. */
export function bfloat16ToFloat32(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] as number) << 16;
  return new Float32Array(bits.buffer);
}

/** IEEE 754 binary16 to float32: exact. */
export function float16ToFloat32(halves: Uint16Array): Float32Array {
  const float = floatOf({ exponentBits: 5, fractionBits: 10 });
  return Float32Array.from(halves, float);
}

/**
 * 8-bit floats to float32: exact. E4M3 is the one without infinities, whose largest number is 448; E5M2 is the upper half of
 * a binary16 (Micikevicius et al. 2022).
 */
export function float8ToFloat32(bytes: Uint8Array, type: "E4M3" | "E5M2"): Float32Array {
  const float = floatOf(type === "E5M2" ? { exponentBits: 5, fractionBits: 2 } : { exponentBits: 4, fractionBits: 3 });
  const table = Float32Array.from({ length: 256 }, (_, byte) => {
    if (type === "E5M2") return float(byte);
    return (byte & 0x7f) === 0x7f ? Number.NaN : (finiteE4M3(byte) ?? float(byte));
  });
  return Float32Array.from(bytes, (byte) => table[byte] as number);
}

/** The largest exponent of E4M3 is one like the others. */
function finiteE4M3(byte: number): number | undefined {
  if ((byte & 0x78) !== 0x78) return undefined;
  return (byte & 0x80 ? -1 : 1) * (1 + (byte & 7) / 8) * 2 ** 8;
}

/** Reads sign, exponent and fraction as IEEE 754 does. */
function floatOf({ exponentBits, fractionBits }: { exponentBits: number; fractionBits: number }) {
  const largest = 2 ** exponentBits - 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  const steps = 2 ** fractionBits;
  return (bits: number): number => {
    const sign = bits >> (exponentBits + fractionBits) ? -1 : 1;
    const exponent = (bits >> fractionBits) & largest;
    const fraction = bits & (steps - 1);
    if (exponent === 0) return sign * (fraction / steps) * 2 ** (1 - bias);
    if (exponent === largest) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (1 + fraction / steps) * 2 ** (exponent - bias);
  };
}
