/** The commonest item of a list, and its share. */
export function majorityOf(truth: readonly (string | readonly string[])[]): {
  label: string | string[];
  accuracy: number;
} {
  const counts = new Map<string, number>();
  for (const item of truth) {
    const key = JSON.stringify(typeof item === "string" ? item : [...item].sort());
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [[key, count]] = [...counts].sort((a, b) => b[1] - a[1]) as [[string, number]];
  return { label: JSON.parse(key), accuracy: count / truth.length };
}
