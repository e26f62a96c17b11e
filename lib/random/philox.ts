/**
 * Philox4x32-10: random words that are a function of a counter and a key (Salmon et al. 2011, "Parallel random numbers: as
 * easy as 1, 2, 3"). native/base/philox.h computes the same bits.
 *
 * @param counter four 32-bit words.
 * @param key two 32-bit words.
 * @param out receives four words.
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  // By index: taking an array apart costs as much as two rounds.
  let c0 = counter[0];
  let c1 = counter[1];
  let c2 = counter[2];
  let c3 = counter[3];
  let k0 = key[0];
  let k1 = key[1];
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(c0, 0xd2511f53);
    const low0 = Math.imul(c0, 0xd2511f53);
    const high1 = multiplyHigh(c2, 0xcd9e8d57);
    const low1 = Math.imul(c2, 0xcd9e8d57);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * The upper 32 bits of the product of two unsigned 32-bit numbers, from four 16-bit products. No sum reaches 2^32, for
 * (2^16 - 1)^2 + (2^16 - 1) = (2^16 - 1) 2^16: every step is exact as a double and as 32 bits.
 */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (cross >>> 16)) | 0;
}

/** A uniform number in [0, 1) from one word: its upper 24 bits, exact in float32. */
export function uniform01(word: number): number {
  return (word >>> 8) * 2 ** -24;
}
