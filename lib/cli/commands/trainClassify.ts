import { Command } from "commander";
import type { LabelledReading, LabelledText } from "../../data/index.js";
import { ClassifierVocabulary, Corpus, Labels, splitTexts } from "../../data/index.js";
import { InputError, OptionError } from "../../errors.js";
import { describeModelFolder } from "../../formats/index.js";
import { bagRows } from "../../models/sequenceClassifier/bagOfWords.js";
import { LabelledData, labelledRules } from "../../models/sequenceClassifier/data.js";
import { labelsOf } from "../../models/sequenceClassifier/examples.js";
import { classifierRules } from "../../models/sequenceClassifier/network.js";
import { SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import type { Completed, OptionsOf } from "../../options.js";
import { list, option, optional, pick, table, text, whole, without } from "../../options.js";
import { cellOptions, withCells } from "../cells.js";
import { executorFrom } from "../executor.js";
import { heldOut } from "../heldOut.js";
import { noteLabelled, readLabelled } from "../labelledFiles.js";
import { given, optionsIn, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, oneCell, printer } from "../print.js";
import { printClassification } from "../printClassification.js";
import { readingOf, withLabelOptions } from "../reading.js";
import { tokenizerFor } from "../tokenizers.js";
import type { TrainingOptions } from "../training.js";
import { expectEffect, train, trainerFor, withTrainingOptions } from "../training.js";
import type { TrainingCall } from "../trainingCall.js";
import { trainingCall } from "../trainingCall.js";

const flags = table("train classify", {
  /** Tables like those to learn from, or the share of the texts to hold out, chosen at random by --seed. Default: 0.1. */
  validation: list(text({ as: "file or share" }), ["0.1"]),
  /** Tables to measure the best model on at the end. Default: none. */
  test: option(optional(list(text({ as: "file" }))), { onResume: "changes" }),
  /** Kind of tokens: character, jamo, byte, word, subword, or a Hugging Face tokenizer.json. Default word. */
  tokenizer: option(text({ initial: "word", as: "kind" }), { onResume: "settled" }),
  /** Words to keep, the most frequent, the others become <unk>; or subwords to learn. Default: all words, 8000 subwords. */
  vocabulary: option(optional(whole({ minimum: 1 })), { onResume: "settled" }),
  ...pick(labelledRules, "batchSize", "maximumLength", "long", "balanced", "wordDropout"),
});

const modelFlags = without(classifierRules, "vocabularySize", "classes", "multiLabel", "cell", "bagOfWords");

type Options = TrainingOptions & Completed<typeof flags> & OptionsOf<typeof modelFlags>;

export function classifierCommand(): Command {
  const command = new Command("classify")
    .description("learn to label texts, from a table of texts and labels")
    .argument("[tables...]", "tables (.csv, .tsv, .jsonl) with a column of texts and one of labels");
  withOptions(command, flags);
  withLabelOptions(command);
  withOptions(command, modelFlags, { group: "Model" });
  withCells(command, classifierRules.cell.initial);
  withTrainingOptions(command);
  return command.action(async (files: string[], _options: Options, own: Command) =>
    trainClassifier(await trainingCall<Options>(own, files), own),
  );
}

async function trainClassifier(call: TrainingCall<Options>, command: Command): Promise<void> {
  const { files, options } = call;
  const print = printer(options);
  const validation = heldOut(options.validation);
  expectEffect(command, "files" in validation || validation.share > 0);
  if (options.vocabulary !== undefined && !["word", "subword"].includes(options.tokenizer)) {
    throw new OptionError("train: --vocabulary needs --tokenizer word or subword.");
  }
  await train(call, print, async (signal) => {
    const read = async (paths: readonly string[], owner: string): Promise<LabelledReading> => {
      const reading = await readLabelled(paths, readingOf(command), owner);
      noteLabelled(print, reading);
      return reading;
    };
    const { examples } = await read(files, "train classify");
    const parts =
      "files" in validation
        ? { train: examples, validation: (await read(validation.files, "--validation")).examples }
        : splitTexts(examples, { validation: validation.share, seed: options.seed });
    const test = options.test ? (await read(options.test, "--test")).examples : null;
    const before = options.resume ? await describeModelFolder(options.out, SequenceClassifier.kind) : null;
    const tokenizer =
      before?.tokenizer ?? (await vocabularyOf(parts.train, examples.flatMap(labelsOf), { ...options, signal, print }));
    const { seed, batchSize, maximumLength, long, balanced, wordDropout } = options;
    const multiLabel = readingOf(command).labelSeparator !== undefined;
    const shared = { tokenizer, multiLabel, batchSize, maximumLength, long, signal };
    // Files for the end are read first: a label that is not known would otherwise be found after hours.
    if (test) await LabelledData.create(test, { ...shared, role: "validate", long: "cut" });
    const data = await LabelledData.create(parts.train, { ...shared, balanced, wordDropout, seed });
    const measured =
      parts.validation.length > 0
        ? await LabelledData.create(parts.validation, { ...shared, role: "validate" })
        : undefined;
    const model = await SequenceClassifier.create({
      tokenizer,
      multiLabel,
      seed,
      executor: executorFrom(options),
      bagOfWords:
        before?.network.config.bagOfWords ?? (await bagRows(parts.train, { classes: tokenizer.labels.size, signal })),
      ...optionsIn(command, modelFlags),
      ...cellOptions(command),
    });
    if (!before) await model.fitBagOfWords(parts.train, { validation: parts.validation, signal });
    noteData(print, { data, measured, tokenizer });
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    const shown = (parts.validation.length > 0 ? parts.validation : parts.train).slice(0, 5);
    const trainer = trainerFor(model, call, {
      data,
      ...given({ validation: measured }),
      write: (sampled) => sample(model, shown, sampled),
    });
    return { trainer, conclude: () => conclude(model, { test, validation: parts.validation }, { signal, print }) };
  });
}

/** The tokens of texts, and all labels, also those of texts that are held out. */
async function vocabularyOf(
  examples: readonly LabelledText[],
  names: readonly string[],
  options: Options & { signal: AbortSignal; print: Printer },
): Promise<ClassifierVocabulary> {
  const corpus = Corpus.fromText(`${examples.map((example) => example.text).join("\n")}\n`, "the texts");
  const unknown = ["word", "character", "jamo"].includes(options.tokenizer);
  const tokenizer = await tokenizerFor({ ...options, unknown }, corpus, options);
  const labels = new Set(names);
  if (labels.size < 2) {
    throw new InputError(
      `train classify: all texts have the label ${JSON.stringify([...labels][0])}: expected two labels or more. ` +
        "Is it the right column (--label-column)?",
    );
  }
  return new ClassifierVocabulary(tokenizer, Labels.of(labels));
}

function noteData(
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
      `vocabulary of ${count(text.size)} ${text.kind} tokens; ${count(labels.size)} labels: ${named.join(", ")}` +
      `${labels.size > named.length ? " ..." : ""}.`,
  );
}

/** The labels that the model gives some texts. */
async function sample(
  model: SequenceClassifier,
  examples: readonly LabelledText[],
  signal?: AbortSignal,
): Promise<string> {
  const found = await model.classify(
    examples.map((example) => example.text),
    given({ signal }),
  );
  return found.map(({ label }, i) => `${label} (${examples[i]?.label})  ${examples[i]?.text}`).join("\n");
}

/** Measures the best model on the texts for that, or without any on those that were held out. */
async function conclude(
  model: SequenceClassifier,
  { test, validation }: { test: readonly LabelledText[] | null; validation: readonly LabelledText[] },
  { signal, print }: { signal: AbortSignal; print: Printer },
): Promise<void> {
  const [event, examples] = test ? ["test", test] : ["held out", validation];
  if (examples.length === 0) return;
  const result = await model.evaluate(examples, { signal });
  print.object({ event, ...result });
  print.line(`${event}:`);
  printClassification(print, result);
}
