import { Command } from "commander";
import type { LabelledText } from "../../data/index.js";
import { splitTexts } from "../../data/index.js";
import type { LabelledData } from "../../models/sequenceClassifier/data.js";
import { classifierRules } from "../../models/sequenceClassifier/network.js";
import type { ClassifierEvaluation, SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import type { Completed } from "../../options.js";
import { table } from "../../options.js";
import { withCells } from "../cells.js";
import type { ClassifierOptions } from "../classifierTraining.js";
import { classifierFor, dataFlags, describeLabels, modelFlags } from "../classifierTraining.js";
import { foldsRules } from "../crossValidation.js";
import type { ExampleTraining } from "../exampleTraining.js";
import { trainExamples } from "../exampleTraining.js";
import { noteLabelled, readLabelled } from "../labelledFiles.js";
import { given, withOptions } from "../options.js";
import { foldText, printClassification, printFolds } from "../printClassification.js";
import { readingOf, withLabelOptions } from "../reading.js";
import { withTrainingOptions } from "../training.js";
import { trainingCall } from "../trainingCall.js";
import { partRules } from "../trainingParts.js";

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
    trainExamples(training, await trainingCall<Options>(own, files)),
  );
}

const training: ExampleTraining<Options, LabelledText, SequenceClassifier, LabelledData, ClassifierEvaluation> = {
  read: async (files, owner, { command, print }) => {
    const reading = await readLabelled(files, readingOf(command), owner);
    noteLabelled(print, reading);
    return reading.examples;
  },
  split: splitTexts,
  prepare: classifierFor,
  describe: describeLabels,
  samples: 5,
  sample: async (model, examples, signal) => {
    const sequences = examples.map(({ sequence, text }) => sequence ?? text);
    const found = await model.classify(sequences, given({ signal }));
    return found.map(({ label }, i) => `${label} (${examples[i]?.label})  ${examples[i]?.text}`).join("\n");
  },
  evaluate: (model, examples, signal) => model.evaluate(examples, { signal }),
  printResult: printClassification,
  measuresHeldOut: true,
  folds: { say: foldText, conclude: printFolds },
};
