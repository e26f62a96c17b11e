import { expect } from "vitest";
import type { BleuOptions, BleuScore, ChrfOptions, ChrfScore } from "../../lib/metrics/index.js";
import { readFigures } from "../parity/figure.js";

interface Corpus {
  name: string;
  hypotheses: string[];
  references: string[][];
  bleu: ({ options: BleuOptions } & BleuScore)[];
  /** By hypothesis, with default options. */
  sentenceBleu: number[];
  chrf: ({ options: ChrfOptions } & ChrfScore)[];
  /** By hypothesis, chrF2++. */
  sentenceChrf: number[];
}

/** Figures that sacreBLEU computed, as test/parity/sacrebleu_figures.py wrote it. */
export const corpora = readFigures<{ cases: Corpus[] }>("sacrebleu").cases;

/** The same names, texts and counts; fractions may differ by `tolerance`. */
export function expectSame(actual: object, expected: object, tolerance = 1e-9): void {
  expect(Object.keys(actual)).toEqual(expect.arrayContaining(Object.keys(expected)));
  expect(Object.keys(actual).length).toBe(Object.keys(expected).length);
  for (const [name, value] of Object.entries(expected)) {
    const found = (actual as Record<string, unknown>)[name];
    if (typeof value === "object") expectSame(found as object, value, tolerance);
    else if (typeof value === "number")
      expect(Math.abs((found as number) - value), `${name}: ${found}, expected ${value}`).toBeLessThanOrEqual(
        tolerance,
      );
    else expect(found, name).toBe(value);
  }
}
