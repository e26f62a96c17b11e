/** Lengths are rounded up to multiples of this: few programs, little padding. */
const lengthMultiple = 4;

/** The length that sequences of a length are padded to. */
export function paddedLength(length: number): number {
  return Math.ceil(length / lengthMultiple) * lengthMultiple;
}

/** Sequences side by side: ids i32 [T,B] with 0 as padding, lengths i32 [B]. @param longest that no sequence is padded beyond. */
export function sideBySide(
  sequences: readonly Int32Array[],
  longest = Number.POSITIVE_INFINITY,
): {
  T: number;
  B: number;
  ids: Int32Array;
  lengths: Int32Array;
} {
  const B = sequences.length;
  const T = Math.min(paddedLength(sequences.reduce((most, { length }) => Math.max(most, length), 0)), longest);
  const ids = new Int32Array(T * B);
  for (const [b, tokens] of sequences.entries()) for (const [t, token] of tokens.entries()) ids[t * B + b] = token;
  return { T, B, ids, lengths: Int32Array.from(sequences, ({ length }) => length) };
}

/** Sequences of vectors side by side: frames f32 [T,B,I] with 0 as padding, lengths i32 [B]; B may be more than there are. */
export function framesSideBySide(
  sequences: readonly { readonly length: number; readonly values: Float32Array }[],
  { T, B, I }: { T: number; B: number; I: number },
): { frames: Float32Array; lengths: Int32Array } {
  const frames = new Float32Array(T * B * I);
  const lengths = new Int32Array(B);
  for (const [b, { values, length }] of sequences.entries()) {
    lengths[b] = length;
    for (let t = 0; t < length; t++) frames.set(values.subarray(t * I, (t + 1) * I), (t * B + b) * I);
  }
  return { frames, lengths };
}

/** The numbers of sequences in batches, those of similar lengths together. */
export function byLength(sequences: readonly { readonly length: number }[], batchSize: number): number[][] {
  const order = sequences.map((_, i) => i);
  const lengthOf = (i: number) => (sequences[i] as { length: number }).length;
  order.sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, i) =>
    order.slice(i * batchSize, (i + 1) * batchSize),
  );
}

/**
 * Products of few rows, and the last rows of others, are summed in another order. So that a sequence is read with the same bits
 * whatever is read beside it, empty ones are added: at least `spareRows`, up to a multiple of `rowMultiple`, and so many that there
 * are `fewestPlaces`.
 */
export const spareRows = 3;
const [rowMultiple, fewestPlaces] = [16, 65];

/** The number of rows, empty ones among them, with which sequences of T steps each have the same bits as alone. */
export function steadyRows(sequences: number, T: number): number {
  const fewest = Math.max(sequences + spareRows, fewestPlaces / T);
  return Math.ceil(fewest / rowMultiple) * rowMultiple;
}
