import { Command } from "commander";
import type { LabelledText } from "../../data/index.js";
import { splitTexts } from "../../data/index.js";
import { describeModelFolder } from "../../formats/index.js";
import { LabelledData } from "../../models/sequenceClassifier/data.js";
import { labelsOf } from "../../models/sequenceClassifier/examples.js";
import { classifierRules } from "../../models/sequenceClassifier/network.js";
import { SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import type { Completed } from "../../options.js";
import { table } from "../../options.js";
import { withCells } from "../cells.js";
import type { ClassifierOptions } from "../classifierTraining.js";
import { classifierFor, dataFlags, modelFlags, noteLabels, vocabularyOf } from "../classifierTraining.js";
import { crossValidate, foldsRules } from "../crossValidation.js";
import { noteLabelled, readLabelled } from "../labelledFiles.js";
import { given, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, printer } from "../print.js";
import { foldText, printClassification, printFolds } from "../printClassification.js";
import { readingOf, withLabelOptions } from "../reading.js";
import { train, trainerFor, withTrainingOptions } from "../training.js";
import type { TrainingCall } from "../trainingCall.js";
import { trainingCall } from "../trainingCall.js";
import type { TrainingParts } from "../trainingParts.js";
import { partRules, readParts, validationOf } from "../trainingParts.js";

const flags = table("train classify", {
  ...partRules,
  ...foldsRules,
  ...dataFlags,
});

type Options = ClassifierOptions & Completed<typeof flags>;

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
  const validation = validationOf(command, options);
  const read = async (paths: readonly string[], owner: string): Promise<readonly LabelledText[]> => {
    const reading = await readLabelled(paths, readingOf(command), owner);
    noteLabelled(print, reading);
    return reading.examples;
  };
  const { folds } = options;
  if (folds !== undefined) {
    const examples = await read(files, "train classify");
    const names = examples.flatMap(labelsOf);
    return crossValidate(examples, {
      ...{ call, print, folds, validation },
      split: splitTexts,
      prepare: async (parts, signal) => {
        const context = { options, command, signal, print };
        return classifierFor(parts, {
          tokenizer: await vocabularyOf(parts.train, names, context),
          before: null,
          ...context,
        });
      },
      say: foldText,
      conclude: (results) => printFolds(print, results),
    });
  }
  await train(call, print, async (signal) => {
    const parts = await readParts(call, { validation, read, split: splitTexts });
    const { test } = parts;
    const before = options.resume ? await describeModelFolder(options.out, SequenceClassifier.kind) : null;
    const context = { options, command, signal, print };
    const tokenizer = before?.tokenizer ?? (await vocabularyOf(parts.train, parts.all.flatMap(labelsOf), context));
    const { model, data, measured, shared } = await classifierFor(parts, { tokenizer, before, ...context });
    // Files for the end are read first: a label that is not known would otherwise be found after hours.
    if (test) await LabelledData.create(test, { ...shared, role: "validate", long: "cut" });
    noteLabels(print, { data, measured, tokenizer });
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    const shown = (parts.validation.length > 0 ? parts.validation : parts.train).slice(0, 5);
    const trainer = trainerFor(model, call, {
      data,
      ...given({ validation: measured }),
      write: (sampled) => sample(model, shown, sampled),
    });
    return { trainer, conclude: () => conclude(model, parts, { signal, print }) };
  });
}

/** The labels that the model gives some texts. */
async function sample(
  model: SequenceClassifier,
  examples: readonly LabelledText[],
  signal?: AbortSignal,
): Promise<string> {
  const found = await model.classify(
    examples.map(({ sequence, text }) => sequence ?? text),
    given({ signal }),
  );
  return found.map(({ label }, i) => `${label} (${examples[i]?.label})  ${examples[i]?.text}`).join("\n");
}

/** Measures the best model on the texts for that, or without any on those that were held out. */
async function conclude(
  model: SequenceClassifier,
  { test, validation }: TrainingParts<LabelledText>,
  { signal, print }: { signal: AbortSignal; print: Printer },
): Promise<void> {
  const [event, examples] = test ? ["test", test] : ["held out", validation];
  if (examples.length === 0) return;
  const result = await model.evaluate(examples, { signal });
  print.object({ event, ...result });
  print.line(`${event}:`);
  printClassification(print, result);
}
