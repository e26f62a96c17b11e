import { expect } from "vitest";
import type { SearchResult } from "../../lib/search/index.js";

/** The same hypotheses, with numbers that differ by rounding alone. */
export function expectSame(found: readonly SearchResult[], wanted: readonly SearchResult[], context = "") {
  expect(found.length).toBe(wanted.length);
  for (const [sentence, { hypotheses, tree }] of wanted.entries()) {
    const where = `${context} sentence ${sentence}`;
    const own = found[sentence] as SearchResult;
    expect(
      own.hypotheses.map(({ ids, ended }) => ({ ids, ended })),
      where,
    ).toEqual(hypotheses.map(({ ids, ended }) => ({ ids, ended })));
    expect(
      own.tree?.map(({ id, parent }) => [id, parent]),
      where,
    ).toEqual(tree?.map(({ id, parent }) => [id, parent]));
    const numbers = ({ hypotheses, tree = [] }: SearchResult) => [
      ...hypotheses.flatMap(({ score, logProbabilities }) => [score, ...logProbabilities]),
      ...tree.flatMap(({ score, logProbability }) => [score, logProbability]),
    ];
    const expected = numbers(wanted[sentence] as SearchResult);
    numbers(own).forEach((value, i) => {
      const target = expected[i] as number;
      expect(Math.abs(value - target), where).toBeLessThan(2e-5 * (1 + Math.abs(target)));
    });
    for (const [i, { attention }] of hypotheses.entries()) {
      const weights = own.hypotheses[i]?.attention?.map((row) => Array.from(row));
      expect(
        weights?.map(({ length }) => length),
        where,
      ).toEqual(attention?.map(({ length }) => length));
      const target = attention?.flatMap((row) => Array.from(row));
      for (const [k, weight] of (weights ?? []).flat().entries()) expect(weight).toBeCloseTo(target?.[k] as number, 5);
    }
  }
}
