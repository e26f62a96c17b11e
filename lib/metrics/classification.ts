import { counted, describe, InputError } from "../errors.js";

/** How well one label is found. */
export interface LabelScore {
  label: string;
  /** Share of the items that were given the label which have it, 0 to 1; 0 where none was. */
  precision: number;
  /** Share of the items with the label that were given it, 0 to 1; 0 where there is none. */
  recall: number;
  /** 2 P R / (P + R); 0 where both are. */
  f1: number;
  /** Items with the label. */
  support: number;
}

export interface ClassificationScores {
  /** Items. */
  count: number;
  /** Share of items whose labels are exactly right, 0 to 1. */
  accuracy: number;
  /** Mean of the labels' F1: each label counts the same. */
  macroF1: number;
  /** F1 of all labels of all items together; with one label each it is the accuracy. */
  microF1: number;
  labels: LabelScore[];
  /** [truth][prediction]: items of each label that were given each label; null where items have several labels. */
  confusion: number[][] | null;
}

/**
 * Accuracy, and precision, recall and F1 of each label, as scikit-learn's `classification_report` computes them. An item has one
 * label, or a list of them.
 * @param labels all labels, in the order of the result. @throws InputError if there are no items, not as many predictions, or a
 *   label is not known.
 */
export function classificationScores(
  predicted: readonly (string | readonly string[])[],
  truth: readonly (string | readonly string[])[],
  labels: readonly string[],
): ClassificationScores {
  const who = "classificationScores";
  if (![predicted, truth, labels].every(Array.isArray)) {
    throw new InputError(`${who}: expected arrays of predictions, true labels, and all labels.`);
  }
  if (labels.length === 0 || new Set(labels).size < labels.length || !Array.from(labels).every(isText)) {
    throw new InputError(`${who}: expected labels that are texts, all different, got ${describe(labels)}.`);
  }
  if (truth.length === 0 || predicted.length !== truth.length) {
    throw new InputError(
      `${who}: got ${counted(predicted.length, "prediction")} for ${counted(truth.length, "item")}.`,
    );
  }
  const ids = new Map(labels.map((label, id) => [label, id]));
  const idsOf = (item: string | readonly string[]): number[] =>
    [item].flat().map((label) => {
      const id = ids.get(label as string);
      if (id === undefined) throw new InputError(`${who}: ${describe(label)} is not among the labels.`);
      return id;
    });
  const [given, wanted, right] = [0, 0, 0].map(() => new Array<number>(labels.length).fill(0)) as [
    number[],
    number[],
    number[],
  ];
  const one = [predicted, truth].every((items) => items.every((item) => typeof item === "string"));
  const confusion = one ? labels.map(() => new Array<number>(labels.length).fill(0)) : null;
  const add = (counts: number[], id: number) => {
    counts[id] = (counts[id] as number) + 1;
  };
  let exact = 0;
  for (const [i, item] of truth.entries()) {
    const [guess, own] = [new Set(idsOf(predicted[i] as string)), new Set(idsOf(item))];
    for (const id of guess) add(given, id);
    for (const id of own) add(wanted, id);
    for (const id of own) if (guess.has(id)) add(right, id);
    if (guess.size === own.size && [...own].every((id) => guess.has(id))) exact++;
    if (confusion) add(confusion[[...own][0] as number] as number[], [...guess][0] as number);
  }
  const scores = labels.map((label, id) => ({
    label,
    ...scoreOf(right[id] as number, { given: given[id] as number, wanted: wanted[id] as number }),
    support: wanted[id] as number,
  }));
  const sum = (counts: readonly number[]) => counts.reduce((total, n) => total + n, 0);
  return {
    count: truth.length,
    accuracy: exact / truth.length,
    macroF1: sum(scores.map(({ f1 }) => f1)) / labels.length,
    microF1: scoreOf(sum(right), { given: sum(given), wanted: sum(wanted) }).f1,
    labels: scores,
    confusion,
  };
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function scoreOf(right: number, { given, wanted }: { given: number; wanted: number }) {
  const [precision, recall] = [given > 0 ? right / given : 0, wanted > 0 ? right / wanted : 0];
  return { precision, recall, f1: right > 0 ? (2 * right) / (given + wanted) : 0 };
}
