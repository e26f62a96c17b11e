import { counted, describe, InputError } from "../errors.js";

/** For each hypothesis its reference, or several of them, one as good as the other. */
export type TextReferences = readonly (string | readonly string[])[];

/** Checks that every hypothesis has an entry among the references, and that there is one. */
export function expectPartners(owner: string, hypotheses: readonly unknown[], references: readonly unknown[]): void {
  for (const [name, list] of Object.entries({ hypotheses, references })) {
    if (!Array.isArray(list)) throw new InputError(`${owner}: expected ${name} in an array, got ${describe(list)}.`);
  }
  const [count, others] = [hypotheses.length, references.length];
  if (count === 0)
    throw new InputError(`${owner}: got 0 hypotheses and ${others} references: expected at least one pair.`);
  if (count === others) return;
  const turned = references.every((list) => Array.isArray(list) && list.length === count);
  const hint =
    turned && others > 0
      ? ` Each has ${counted(count, "text")}: turn them round, references[i] is for hypothesis i.`
      : "";
  throw new InputError(
    `${owner}: expected the references of every hypothesis, got ${count === 1 ? "1 hypothesis" : `${count} hypotheses`} and ${counted(others, "reference")}.${hint}`,
  );
}

/** Checks texts and gives the references of each hypothesis as a list. */
export function expectTexts(owner: string, hypotheses: readonly string[], references: TextReferences): string[][] {
  expectPartners(owner, hypotheses, references);
  return hypotheses.map((hypothesis, i) => {
    const entry = references[i] as string | readonly string[];
    const list = Array.isArray(entry) ? [...entry] : [entry as string];
    if (list.length === 0) throw new InputError(`${owner}: hypothesis ${i} of ${hypotheses.length} has 0 references.`);
    for (const [name, text] of [["hypothesis", hypothesis], ...list.map((reference) => ["reference", reference])]) {
      if (typeof text !== "string") {
        throw new InputError(
          `${owner}: expected ${name} ${i} of ${hypotheses.length} to be a text, got ${describe(text)}.`,
        );
      }
    }
    return list;
  });
}

/** "nrefs:2", or "nrefs:var" where hypotheses have different numbers of references, as sacreBLEU's signatures begin. */
export function referenceSignature(references: readonly (readonly string[])[]): string {
  const count = references[0]?.length;
  return `nrefs:${references.every((list) => list.length === count) ? count : "var"}`;
}
