import type { Command } from "commander";
import type { LabelledText } from "../data/index.js";
import { ClassifierVocabulary, FrameFeatures, Labels } from "../data/index.js";
import { InputError } from "../errors.js";
import { bagRows } from "../models/sequenceClassifier/bagOfWords.js";
import { LabelledData, labelledRules } from "../models/sequenceClassifier/data.js";
import type { SequenceClassifierNetwork } from "../models/sequenceClassifier/network.js";
import { classifierRules } from "../models/sequenceClassifier/network.js";
import { SequenceClassifier } from "../models/sequenceClassifier/sequenceClassifier.js";
import type { Completed, OptionsOf } from "../options.js";
import { pick, table, without } from "../options.js";
import { cellOptions } from "./cells.js";
import { executorFrom } from "./executor.js";
import { optionsIn } from "./options.js";
import type { Printer } from "./print.js";
import { count, oneCell } from "./print.js";
import { readingOf } from "./reading.js";
import { tokenizerOfTexts } from "./tokenizers.js";
import type { TrainingOptions } from "./training.js";
import { tokenRules } from "./trainingParts.js";
import { readOf } from "./writeLabelReport.js";

export const dataFlags = table("texts of a classifier", {
  ...tokenRules,
  ...pick(labelledRules, "batchSize", "maximumLength", "long", "balanced", "wordDropout"),
});

export const modelFlags = without(
  classifierRules,
  "vocabularySize",
  "input",
  "classes",
  "multiLabel",
  "cell",
  "bagOfWords",
);

/** Options of a command that trains classifiers. */
export type ClassifierOptions = TrainingOptions & Completed<typeof dataFlags> & OptionsOf<typeof modelFlags>;

interface Context {
  readonly options: ClassifierOptions;
  readonly command: Command;
  readonly signal: AbortSignal;
  readonly print: Printer;
}

/** The tokens of texts, and all labels, also those of texts that are held out. */
export async function vocabularyOf(
  examples: readonly LabelledText[],
  names: readonly string[],
  { options, signal, print }: Context,
): Promise<ClassifierVocabulary> {
  const sequences = examples.flatMap(({ sequence }) => sequence ?? []);
  const texts = examples.map((example) => example.text);
  const read =
    sequences.length > 0
      ? await FrameFeatures.of(sequences)
      : await tokenizerOfTexts(texts, "the texts", { ...options, signal, print });
  const labels = new Set(names);
  if (labels.size < 2) {
    throw new InputError(
      `train classify: all texts have the label ${JSON.stringify([...labels][0])}: expected two labels or more. ` +
        "Is it the right column (--label-column)?",
    );
  }
  return new ClassifierVocabulary(read, Labels.of(labels));
}

/**
 * A new classifier and its batches; the linear bag of words beside it is fitted.
 * @param options.before the model of a training that is resumed, which has one already.
 */
export async function classifierFor(
  parts: { train: readonly LabelledText[]; validation: readonly LabelledText[] },
  {
    tokenizer,
    before,
    options,
    command,
    signal,
  }: Context & { tokenizer: ClassifierVocabulary; before: { network: SequenceClassifierNetwork } | null },
) {
  const { seed, batchSize, maximumLength, long, balanced, wordDropout } = options;
  const multiLabel = readingOf(command).labelSeparator !== undefined;
  const shared = { tokenizer, multiLabel, batchSize, maximumLength, long, signal };
  const data = await LabelledData.create(parts.train, { ...shared, balanced, wordDropout, seed });
  const measured =
    parts.validation.length > 0
      ? await LabelledData.create(parts.validation, { ...shared, role: "validate" })
      : undefined;
  const classes = tokenizer.labels.size;
  const rows = tokenizer.features ? 0 : await bagRows(parts.train, { classes, signal });
  const model = await SequenceClassifier.create({
    tokenizer,
    multiLabel,
    seed,
    executor: executorFrom(options),
    bagOfWords: before?.network.config.bagOfWords ?? rows,
    ...optionsIn(command, modelFlags),
    ...cellOptions(command),
  });
  if (!before && rows > 0) await model.fitBagOfWords(parts.train, { validation: parts.validation, signal });
  return { model, data, measured, shared };
}

/** Says how many texts there are, of which labels. */
export function noteLabels(
  print: Printer,
  {
    data,
    measured,
    tokenizer,
  }: { data: LabelledData; measured: LabelledData | undefined; tokenizer: ClassifierVocabulary },
): void {
  const { labels, text } = tokenizer;
  const shares = data.frequencies.map((n) => `${((100 * n) / data.examples).toFixed(1)} %`);
  const named = labels.names.map((name, id) => `${oneCell(name)} ${shares[id]}`).slice(0, 10);
  const [cut, skipped] = [data.cut + (measured?.cut ?? 0), data.skipped + (measured?.skipped ?? 0)];
  print.note(
    `${count(data.examples)} texts to learn, ${count(measured?.examples ?? 0)} to validate` +
      `${cut > 0 ? `, ${count(cut)} cut as too long` : ""}${skipped > 0 ? `, ${count(skipped)} left out as too long` : ""}; ` +
      `${text instanceof FrameFeatures ? readOf(text) : `vocabulary of ${readOf(text)}`}; ${count(labels.size)} labels: ${named.join(", ")}` +
      `${labels.size > named.length ? " ..." : ""}.`,
  );
}
