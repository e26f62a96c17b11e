import type { ClassifierVocabulary, LabelledText } from "../../data/index.js";
import { counted, describe, InputError } from "../../errors.js";
import { inPlace } from "../inPlace.js";
import type { EncodedInput } from "./inputs.js";
import { encodeInput } from "./inputs.js";

/** An input as numbers, with the numbers of its labels. */
export interface Encoded extends EncodedInput {
  readonly labels: Int32Array;
}

/** The name of an example in messages. */
export function placeOf({ place }: LabelledText, index: number, count: number): string {
  return place ?? `text ${index + 1} of ${count}`;
}

/** @throws InputError unless it is a list of texts with labels. */
export function expectExamples(owner: string, examples: readonly LabelledText[]): void {
  if (!Array.isArray(examples))
    throw new InputError(`${owner}: expected a list of { text, label }, got ${describe(examples)}.`);
  for (const [i, example] of examples.entries()) {
    const { text, label } = (example ?? {}) as Partial<LabelledText>;
    const place = placeOf((example ?? {}) as LabelledText, i, examples.length);
    if (typeof text !== "string")
      throw new InputError(`${owner}: expected ${place} to have a text, got ${describe(text)}.`);
    if ([label].flat().every((name) => typeof name === "string")) continue;
    throw new InputError(`${owner}: expected the label of ${place} to be a text, got ${describe(label)}.`);
  }
}

/** The labels of an example. */
export function labelsOf({ label }: LabelledText): readonly string[] {
  return typeof label === "string" ? [label] : label;
}

/** The numbers of an example's labels. @throws InputError for one that is not known, and for several where there is one. */
export function labelIds(
  example: LabelledText,
  place: string,
  { tokenizer, multiLabel }: { tokenizer: ClassifierVocabulary; multiLabel: boolean },
): Int32Array {
  const names = [...new Set(labelsOf(example))];
  if (!multiLabel && names.length !== 1) {
    throw new InputError(
      `${place} has ${counted(names.length, "label")}, and the model gives each text one. Set multiLabel.`,
    );
  }
  return Int32Array.from(names, (name) => inPlace(place, () => tokenizer.labels.id(name)));
}

/** The labels of texts as a batch has them: i32 [B], or f32 [B,C] of zeros and ones where a text may have several. */
export function targetsOf(
  examples: readonly Encoded[],
  { classes: C, multiLabel }: { classes: number; multiLabel: boolean },
): Int32Array | Float32Array {
  if (!multiLabel) return Int32Array.from(examples, ({ labels }) => labels[0] as number);
  const targets = new Float32Array(examples.length * C);
  for (const [b, { labels }] of examples.entries()) for (const id of labels) targets[b * C + id] = 1;
  return targets;
}

/** An example as numbers. @throws InputError that names its place. */
export function encodeExample(
  example: LabelledText,
  at: { index: number; count: number },
  options: { tokenizer: ClassifierVocabulary; multiLabel: boolean },
): Encoded {
  const place = placeOf(example, at.index, at.count);
  const { sequence, text } = example;
  return {
    ...encodeInput(sequence ?? text, options.tokenizer, { place, ...at }),
    labels: labelIds(example, place, options),
  };
}
