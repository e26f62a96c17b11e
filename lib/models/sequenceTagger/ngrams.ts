/** Rows of the table of n-grams. */
export const ngramBuckets = 2 ** 17;

/** N-grams of a token: with the one before, with the one after, and with both. */
export const ngramKinds = 3;

/** Stands for a token beyond the beginning or the end. */
const none = -1;

/**
 * Row of each token's n-grams in their table, i32 [T,B,3]: a hash of the numbers of the tokens and of the kind of n-gram.
 * @param ids i32 [T,B] of the tokens. @param lengths [B]; the n-grams of what lies behind them are in row 0.
 */
export function ngramRows(ids: Int32Array, lengths: Int32Array): Int32Array {
  const B = lengths.length;
  const rows = new Int32Array(ids.length * ngramKinds);
  for (const [b, length] of lengths.entries()) {
    for (let t = 0; t < length; t++) {
      const at = t * B + b;
      const own = ids[at] as number;
      const before = t > 0 ? (ids[at - B] as number) : none;
      const after = t < length - 1 ? (ids[at + B] as number) : none;
      const withBefore = mixed(0, before, own);
      for (const [kind, hash] of [withBefore, mixed(1, own, after), mixed(2, withBefore, after)].entries()) {
        rows[at * ngramKinds + kind] = hash % ngramBuckets;
      }
    }
  }
  return rows;
}

/** 32 bits that three numbers have been mixed into, by the last steps of MurmurHash3 (Appleby 2011). */
function mixed(kind: number, first: number, second: number): number {
  let hash = Math.imul(first + 1, 0x9e3779b1) ^ Math.imul(second + 1, 0x85ebca6b) ^ Math.imul(kind + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
