import { Command } from "commander";
import type { FrameSequence } from "../../data/index.js";
import {
  FrameVocabulary,
  frameTableRules,
  frameVocabularyRules,
  inOrder,
  sequenceTitle,
  splitSequences,
} from "../../data/index.js";
import { describeModelFolder } from "../../formats/index.js";
import { FrameData, frameDataRules } from "../../models/frameTagger/data.js";
import type { FrameEvaluation } from "../../models/frameTagger/frameTagger.js";
import { FrameTagger } from "../../models/frameTagger/frameTagger.js";
import { frameTaggerRules } from "../../models/frameTagger/network.js";
import type { Completed, OptionsOf } from "../../options.js";
import { pick, table, without } from "../../options.js";
import { cellOptions, withCells } from "../cells.js";
import type { ExampleTraining } from "../exampleTraining.js";
import { batchesOf, longText, trainExamples } from "../exampleTraining.js";
import { executorFrom } from "../executor.js";
import { noteFrames, readFrameFiles, withFrameOptions } from "../frameFiles.js";
import { given, optionsIn, withOptions } from "../options.js";
import { count, countOf, firstOf, oneCell } from "../print.js";
import { printFrameScores } from "../printFrameScores.js";
import type { TrainingOptions } from "../training.js";
import { withTrainingOptions } from "../training.js";
import { trainingCall } from "../trainingCall.js";
import { partRules } from "../trainingParts.js";

const flags = table("train frames", {
  ...partRules,
  ...pick(frameVocabularyRules, "next"),
  ...pick(frameDataRules, "batchSize", "maximumLength", "long"),
});

const scalingFlags = pick(frameVocabularyRules, "scaling");
const modelFlags = without(frameTaggerRules, "inputSize", "classes", "cell");

type Options = TrainingOptions & Completed<typeof flags> & OptionsOf<typeof modelFlags>;

export function framesCommand(): Command {
  const command = new Command("frames")
    .description("learn to label the frames of sequences of vectors, or to predict the next frame")
    .argument("[files...]", "sequences: tables with a row for each frame, .npy arrays, .safetensors files");
  withOptions(command, flags);
  withFrameOptions(command);
  withOptions(command, { ...scalingFlags, ...modelFlags }, { group: "Model" });
  withCells(command, frameTaggerRules.cell.initial);
  withTrainingOptions(command);
  return command.action(async (files: string[], _options: Options, own: Command) =>
    trainExamples(training, await trainingCall<Options>(own, files)),
  );
}

const training: ExampleTraining<Options, FrameSequence, FrameTagger, FrameData, FrameEvaluation> = {
  read: async (files, _owner, { command, print }) => {
    const sequences = await readFrameFiles(files, optionsIn(command, frameTableRules));
    noteFrames(print, files, sequences);
    return sequences;
  },
  split: splitSequences,
  prepare: async (parts, { options, command, signal }) => {
    const tokenizer = options.resume
      ? (await describeModelFolder(options.out, FrameTagger.kind)).tokenizer
      : await vocabularyOf(parts.train, parts.all, command);
    const { seed, batchSize, maximumLength, long } = options;
    const shared = { tokenizer, batchSize, maximumLength, long, signal };
    const batches = await batchesOf(parts, FrameData, { shared, learnt: { seed }, test: { long: "split" } });
    const model = await FrameTagger.create({
      tokenizer,
      seed,
      executor: executorFrom(options),
      ...optionsIn(command, modelFlags),
      ...cellOptions(command),
    });
    return { model, ...batches };
  },
  describe: ({ model: { tokenizer }, data, measured }) => {
    const { labels, features, task } = tokenizer;
    const what = { label: "labels", labels: "labels, of which a frame may have several", next: "features to predict" };
    return (
      `${countOf(data.sequences, "sequence")} (${countOf(data.frames, "frame")}) to learn, ${count(measured?.sequences ?? 0)} to validate` +
      `${longText(data, measured)}; ${countOf(features.size, "feature")}; ` +
      `${count(labels.size)} ${what[task]}: ${firstOf(labels.names)}.`
    );
  },
  samples: 3,
  sample: async (model, sequences, signal) => {
    const found = await model.tag(sequences, given({ signal }));
    return found
      .map(({ labels }, i) => {
        const own = labels.slice(0, 16).map((label) => oneCell([label].flat().join("+")) || "-");
        return `${oneCell(sequenceTitle(sequences[i] as FrameSequence, { index: i }))}: ${own.join(" ")} ...`;
      })
      .join("\n");
  },
  evaluate: (model, sequences, signal) => model.evaluate(sequences, { signal }),
  printResult: printFrameScores,
  words: {
    targets: "frames",
    measures: ({ loss, accuracy }) =>
      `${loss.toFixed(4)} nats a frame${accuracy === undefined ? "" : `, accuracy ${(100 * accuracy).toFixed(2)} %`}`,
  },
};

/** The scale of the sequences to learn from, and all labels, also those of sequences that are held out. */
async function vocabularyOf(
  learnt: readonly FrameSequence[],
  all: readonly FrameSequence[],
  command: Command,
): Promise<FrameVocabulary> {
  const names = all.flatMap(({ labels }) => (labels ?? []).flatMap((label) => label ?? []));
  const { next } = optionsIn(command, flags);
  const labels = next || names.length === 0 ? {} : { labels: inOrder(names) };
  return FrameVocabulary.of(learnt, { ...given({ next }), ...labels, ...optionsIn(command, scalingFlags) });
}
