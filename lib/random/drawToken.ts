/**
 * The token at fraction u of the distribution that a row of logits stands for; null if every token is impossible. Tokens stand in
 * order of falling probability where top-k or top-p pick the best of them, and in order of their ids where all take part.
 */
export function drawToken(
  row: Float32Array | Float64Array,
  { temperature, topK, topP, u }: { temperature: number; topK: number; topP: number; u: number },
): number | null {
  const order = [...row.keys()].filter((v) => (row[v] as number) > Number.NEGATIVE_INFINITY);
  order.sort((a, c) => (row[c] as number) - (row[a] as number) || a - c);
  const best = order[0];
  if (best === undefined) return null;
  if (temperature === 0) return best;
  const all = (topK === 0 || topK >= row.length) && topP >= 1;
  let kept = all ? [...order].sort((a, c) => a - c) : topK > 0 ? order.slice(0, topK) : order;
  const largest = row[best] as number;
  const weight = (v: number) => Math.exp(((row[v] as number) - largest) / temperature);
  let total = kept.reduce((sum, v) => sum + weight(v), 0);
  if (topP < 1) {
    let reached = 0;
    const enough = kept.findIndex((v) => (reached += weight(v)) >= topP * total);
    if (enough >= 0) kept = kept.slice(0, enough + 1);
    total = reached;
  }
  let left = u * total;
  for (const v of kept) {
    left -= weight(v);
    if (left < 0) return v;
  }
  return kept[kept.length - 1] as number;
}
