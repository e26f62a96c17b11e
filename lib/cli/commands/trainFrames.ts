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
import { FrameTagger } from "../../models/frameTagger/frameTagger.js";
import { frameTaggerRules } from "../../models/frameTagger/network.js";
import type { Completed, OptionsOf } from "../../options.js";
import { pick, table, without } from "../../options.js";
import type { ValidationEvent } from "../../train/events.js";
import { cellOptions, withCells } from "../cells.js";
import { executorFrom } from "../executor.js";
import { noteFrames, readFrameFiles, withFrameOptions } from "../frameFiles.js";
import { given, optionsIn, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, oneCell, printer } from "../print.js";
import { printFrameScores } from "../printFrameScores.js";
import type { TrainingOptions } from "../training.js";
import { train, trainerFor, withTrainingOptions } from "../training.js";
import type { TrainingCall } from "../trainingCall.js";
import { trainingCall } from "../trainingCall.js";
import { partRules, readParts, validationOf } from "../trainingParts.js";

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
    trainFrameTagger(await trainingCall<Options>(own, files), own),
  );
}

async function trainFrameTagger(call: TrainingCall<Options>, command: Command): Promise<void> {
  const { options } = call;
  const print = printer(options);
  const validation = validationOf(command, options);
  await train(call, print, async (signal) => {
    const read = async (paths: readonly string[], owner: string): Promise<FrameSequence[]> => {
      const sequences = await readFrameFiles(paths, optionsIn(command, frameTableRules), owner);
      noteFrames(print, paths, sequences);
      return sequences;
    };
    const parts = await readParts(call, { validation, read, split: splitSequences });
    const { test } = parts;
    const tokenizer = options.resume
      ? (await describeModelFolder(options.out, FrameTagger.kind)).tokenizer
      : await vocabularyOf(parts.train, parts.all, command);
    const { seed, batchSize, maximumLength, long } = options;
    const shared = { tokenizer, batchSize, maximumLength, long, signal };
    // Files for the end are read first: a label that is not known would otherwise be found after hours.
    if (test) await FrameData.create(test, { ...shared, role: "validate", long: "split" });
    const data = await FrameData.create(parts.train, { ...shared, seed });
    const measured =
      parts.validation.length > 0
        ? await FrameData.create(parts.validation, { ...shared, role: "validate" })
        : undefined;
    const model = await FrameTagger.create({
      tokenizer,
      seed,
      executor: executorFrom(options),
      ...optionsIn(command, modelFlags),
      ...cellOptions(command),
    });
    noteData(print, { data, measured, tokenizer });
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    const shown = (parts.validation.length > 0 ? parts.validation : parts.train).slice(0, 3);
    const trainer = trainerFor(model, call, {
      data,
      ...given({ validation: measured }),
      write: (sampled) => sample(model, shown, sampled),
    });
    return { trainer, conclude: () => conclude(model, test, { signal, print }), words };
  });
}

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

const words = {
  targets: "frames",
  measures: ({ loss, accuracy }: ValidationEvent) =>
    `${loss.toFixed(4)} nats a frame${accuracy === undefined ? "" : `, accuracy ${(100 * accuracy).toFixed(2)} %`}`,
};

function noteData(
  print: Printer,
  {
    data,
    measured,
    tokenizer: { labels, features, task },
  }: { data: FrameData; measured: FrameData | undefined; tokenizer: FrameVocabulary },
): void {
  const [split, skipped] = [data.split + (measured?.split ?? 0), data.skipped + (measured?.skipped ?? 0)];
  const names = labels.names.slice(0, 20).map(oneCell).join(" ");
  const what = { label: "labels", labels: "labels, of which a frame may have several", next: "features to predict" };
  print.note(
    `${count(data.sequences)} sequences (${count(data.frames)} frames) to learn, ${count(measured?.sequences ?? 0)} to validate` +
      `${split > 0 ? `, ${count(split)} split as too long` : ""}${skipped > 0 ? `, ${count(skipped)} left out as too long` : ""}; ` +
      `${count(features.size)} features; ${count(labels.size)} ${what[task]}: ${names}${labels.size > 20 ? " ..." : ""}.`,
  );
}

/** The labels that the model gives the first frames of some sequences. */
async function sample(model: FrameTagger, sequences: readonly FrameSequence[], signal?: AbortSignal): Promise<string> {
  const found = await model.tag(sequences, given({ signal }));
  return found
    .map(({ labels }, i) => {
      const own = labels.slice(0, 16).map((label) => oneCell([label].flat().join("+")) || "-");
      return `${oneCell(sequenceTitle(sequences[i] as FrameSequence, { index: i }))}: ${own.join(" ")} ...`;
    })
    .join("\n");
}

async function conclude(
  model: FrameTagger,
  test: readonly FrameSequence[] | null,
  { signal, print }: { signal: AbortSignal; print: Printer },
): Promise<void> {
  if (!test) return;
  const result = await model.evaluate(test, { signal });
  print.object({ event: "test", ...result });
  print.line("test:");
  printFrameScores(print, result);
}
