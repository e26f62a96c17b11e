import type { LabelledText } from "../data/index.js";
import { ClassifierVocabulary, FrameFeatures, Labels } from "../data/index.js";
import { InputError } from "../errors.js";
import { describeModelFolder } from "../formats/index.js";
import { bagRows } from "../models/sequenceClassifier/bagOfWords.js";
import { LabelledData, labelledRules } from "../models/sequenceClassifier/data.js";
import { labelsOf } from "../models/sequenceClassifier/examples.js";
import { majorityOf } from "../models/sequenceClassifier/majority.js";
import { classifierRules } from "../models/sequenceClassifier/network.js";
import { SequenceClassifier } from "../models/sequenceClassifier/sequenceClassifier.js";
import type { Completed, OptionsOf } from "../options.js";
import { pick, table, without } from "../options.js";
import { cellOptions } from "./cells.js";
import type { PreparedTraining, TrainingContext } from "./exampleTraining.js";
import { batchesOf, longText } from "./exampleTraining.js";
import { executorFrom } from "./executor.js";
import { given, optionsIn } from "./options.js";
import { count, countOf, oneCell } from "./print.js";
import { readingOf } from "./reading.js";
import { tokenizerOfTexts } from "./tokenizers.js";
import type { TrainingOptions } from "./training.js";
import type { TrainingParts } from "./trainingParts.js";
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
  "linearRows",
);

/** Options of a command that trains classifiers. */
export type ClassifierOptions = TrainingOptions & Completed<typeof dataFlags> & OptionsOf<typeof modelFlags>;

/** The tokens of texts, and all labels, also those of texts that are held out. */
async function vocabularyOf(
  { train, all }: TrainingParts<LabelledText>,
  { options, signal, print }: TrainingContext<ClassifierOptions>,
): Promise<ClassifierVocabulary> {
  const sequences = train.flatMap(({ sequence }) => sequence ?? []);
  const texts = train.map((example) => example.text);
  const read =
    sequences.length > 0
      ? await FrameFeatures.of(sequences)
      : await tokenizerOfTexts(texts, "the texts", { ...options, signal, print });
  const labels = new Set(all.flatMap(labelsOf));
  if (labels.size < 2) {
    throw new InputError(
      `train classify: all texts have the label ${JSON.stringify([...labels][0])}: expected two labels or more. ` +
        "Is it the right column (--label-column)?",
    );
  }
  return new ClassifierVocabulary(read, Labels.of(labels));
}

/** A new classifier and its batches; the linear model beside it is fitted, unless a training that goes on has one already. */
export async function classifierFor(
  parts: TrainingParts<LabelledText>,
  context: TrainingContext<ClassifierOptions>,
): Promise<PreparedTraining<SequenceClassifier, LabelledData>> {
  const { options, command, signal } = context;
  const before = options.resume ? await describeModelFolder(options.out, SequenceClassifier.kind) : null;
  const tokenizer = before?.tokenizer ?? (await vocabularyOf(parts, context));
  const { seed, batchSize, maximumLength, long, balanced, wordDropout } = options;
  const multiLabel = readingOf(command).labelSeparator !== undefined;
  const shared = { tokenizer, multiLabel, batchSize, maximumLength, long, signal };
  const learnt = { balanced, wordDropout, seed };
  const batches = await batchesOf(parts, LabelledData, { shared, learnt, test: { long: "cut" } });
  const classes = tokenizer.labels.size;
  const rows = tokenizer.features?.size ?? (await bagRows(parts.train, { classes, signal }));
  const model = await SequenceClassifier.create({
    tokenizer,
    multiLabel,
    seed,
    executor: executorFrom(options),
    linearRows: before?.network.config.linearRows ?? rows,
    ...given({ majority: before ? before.network.config.majority : majorityOf(parts.train) }),
    ...optionsIn(command, modelFlags),
    ...cellOptions(command),
  });
  if (!before) await model.fitLinear(parts.train, { validation: parts.validation, signal });
  return { model, ...batches };
}

/** How many texts there are, of which labels, in words. */
export function describeLabels({
  model: { tokenizer },
  data,
  measured,
}: PreparedTraining<SequenceClassifier, LabelledData>): string {
  const { labels, text } = tokenizer;
  const shares = data.frequencies.map((n) => `${((100 * n) / data.examples).toFixed(1)} %`);
  const named = labels.names.map((name, id) => `${oneCell(name)} ${shares[id]}`).slice(0, 10);
  return (
    `${countOf(data.examples, "text")} to learn, ${count(measured?.examples ?? 0)} to validate${longText(data, measured)}; ` +
    `${text instanceof FrameFeatures ? readOf(text) : `vocabulary of ${readOf(text)}`}; ${countOf(labels.size, "label")}: ${named.join(", ")}` +
    `${labels.size > named.length ? " ..." : ""}.`
  );
}
