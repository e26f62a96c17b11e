import type { LabelledText } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { expectExamples, labelsOf } from "./examples.js";

/**
 * The commonest label of texts, or where they may have several their commonest set of labels: a classifier keeps that of the texts that it
 * learns from (`majority`), and `evaluate` says how well it does alone.
 * @throws InputError for texts without a label.
 */
export function majorityOf(examples: readonly LabelledText[]): string[] {
  expectExamples("majorityOf", examples);
  const counts = new Map<string, number>();
  for (const example of examples) {
    const key = keyOf(labelsOf(example));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [commonest] = [...counts].sort((a, b) => b[1] - a[1]);
  return commonest ? JSON.parse(commonest[0]) : [];
}

/** How well texts are labelled by giving all of them the same. */
export function scoreMajority(
  majority: readonly string[],
  examples: readonly LabelledText[],
  several: boolean,
): { label: string | string[]; accuracy: number } {
  const key = keyOf(majority);
  const right = examples.filter((example) => keyOf(labelsOf(example)) === key).length;
  return { label: several ? [...majority] : (majority[0] as string), accuracy: right / examples.length };
}

/** @throws OptionError for labels that the model does not have, and for several, or none, where a text has one. */
export function expectMajority(
  majority: readonly string[] | undefined,
  { labels, multiLabel }: { labels: readonly string[]; multiLabel?: boolean | undefined },
): void {
  if (majority === undefined) return;
  const stranger = majority.find((label) => !labels.includes(label));
  if (stranger !== undefined) {
    throw new OptionError(
      `SequenceClassifier: expected majority to be of the labels, got ${JSON.stringify(stranger)}.`,
      ["majority"],
    );
  }
  if (multiLabel || majority.length === 1) return;
  throw new OptionError(
    `SequenceClassifier: expected majority to be one label, as a text has one, got ${majority.length}.`,
    ["majority"],
  );
}

function keyOf(labels: readonly string[]): string {
  return JSON.stringify([...new Set(labels)].sort());
}
