import type { ClassifierVocabulary, LabelledText } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import type { Store } from "../../executor/executor.js";
import { classificationScores } from "../../metrics/index.js";
import { abortSignal, optional, value } from "../../options.js";
import { inTurns } from "../inTurns.js";
import { bagOfWords } from "./bagOfWords.js";
import { encodeExample, expectExamples, labelIds, labelsOf, placeOf } from "./examples.js";
import type { EncodedInput } from "./inputs.js";
import type { LinearExample, LinearInput } from "./linearModel.js";
import { LinearModel } from "./linearModel.js";

export const fitRules = {
  validation: optional(value<readonly LabelledText[]>("a list of { text, label }", Array.isArray)),
  signal: abortSignal,
};

/** Options of `fitLinear`. */
export interface FitLinearOptions {
  /** Texts that say which pass over the others is best. Default: none, and 5 passes. */
  validation?: readonly LabelledText[];
  /** Signal that stops the work. Default: none. */
  signal?: AbortSignal;
}

/** How well a linear model does. */
export interface LinearScores {
  /** "a linear bag of words", "a linear model of the mean frame" */
  name: string;
  accuracy: number;
  macroF1: number;
}

/** The classifier that it stands beside. */
interface Classifier {
  readonly tokenizer: ClassifierVocabulary;
  readonly network: { readonly config: { readonly linearRows: number; readonly multiLabel: boolean } };
  readonly store: Store;
  readonly labels: readonly string[];
}

/** Fits the linear model of a classifier. @throws OptionError where there is no room for it, InputError for a label that is not known. */
export async function fitLinearBaseline(
  classifier: Classifier,
  {
    examples,
    validation,
    signal,
  }: { examples: readonly LabelledText[]; validation: readonly LabelledText[]; signal: AbortSignal | undefined },
): Promise<void> {
  const { tokenizer, labels, store, network } = classifier;
  const { linearRows: rows, multiLabel } = network.config;
  if (rows === 0) {
    throw new OptionError(
      "fitLinear: this model has no room for it: create it with linearRows, the rows of its table.",
      ["linearRows"],
    );
  }
  const read = (list: readonly LabelledText[]) => {
    expectExamples("fitLinear", list);
    const count = list.length;
    const one = (example: LabelledText, index: number): LinearExample => {
      labelIds(example, placeOf(example, index, count), { tokenizer, multiLabel });
      // Words need no numbers of tokens.
      const encoded = tokenizer.features ? encodeExample(example, { index, count }, { tokenizer, multiLabel }) : null;
      return { input: inputOf(classifier, example, encoded), labels: labelsOf(example) };
    };
    return inTurns(list, one, signal);
  };
  const [learnt, held] = [await read(examples), await read(validation)];
  const { weight, bias } = await LinearModel.fit(learnt, { labels, multiLabel, rows, validation: held, signal });
  await store.write("linear.weight", weight);
  await store.write("linear.bias", bias);
}

/** The scores of the linear model of a classifier; null where none is fitted. */
export async function scoreLinearBaseline(
  classifier: Classifier,
  {
    examples,
    encoded,
    truth,
    labelOf,
    signal,
  }: {
    examples: readonly LabelledText[];
    encoded: readonly EncodedInput[];
    truth: readonly (string | readonly string[])[];
    labelOf: (probabilities: Float32Array) => string | string[];
    signal: AbortSignal | undefined;
  },
): Promise<LinearScores | null> {
  const { tokenizer, labels, store, network } = classifier;
  const { linearRows, multiLabel } = network.config;
  const model = linearRows === 0 ? null : await LinearModel.in(store, { labels, multiLabel });
  if (!model) return null;
  const found = await inTurns(
    examples,
    (example, i) => labelOf(model.probabilities(inputOf(classifier, example, encoded[i] as EncodedInput))),
    signal,
  );
  const { accuracy, macroF1 } = classificationScores(found, truth, labels);
  const name = tokenizer.features ? "a linear model of the mean frame" : "a linear bag of words";
  return { name, accuracy, macroF1 };
}

/** An example as the linear model reads it. @param encoded an example of vectors as numbers. */
function inputOf(
  { tokenizer, network }: Classifier,
  { text }: LabelledText,
  encoded: EncodedInput | null,
): LinearInput {
  const { features } = tokenizer;
  if (!features) return bagOfWords(text, network.config.linearRows);
  return meanFrame(encoded?.values as Float32Array, features.size);
}

/** The mean over the frames of a sequence of vectors, [T,I] on the model's scale, as the rows 0 to I - 1. */
export function meanFrame(frames: Float32Array, I: number): LinearInput {
  const values = new Float32Array(I);
  const T = frames.length / I;
  for (const [k, value] of frames.entries()) values[k % I] = (values[k % I] as number) + value / T;
  return { rows: Array.from(values.keys()), values };
}
