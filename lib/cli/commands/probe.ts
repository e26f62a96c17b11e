import type { Command } from "commander";
import type { TaggedSentence } from "../../data/index.js";
import { reversedText } from "../../data/index.js";
import type { LanguageModel } from "../../models/languageModel/languageModel.js";
import type { Probe, ProbeOptions } from "../../models/probe.js";
import { probeRules } from "../../models/probe.js";
import type { SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import type { SequenceTagger } from "../../models/sequenceTagger/sequenceTagger.js";
import type { Completed } from "../../options.js";
import { flag, pick, table } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { labelledLike } from "../labelledFiles.js";
import { withOptions } from "../options.js";
import { count, countOf, oneCell, printer } from "../print.js";
import { readingLike, withLabelOptions } from "../reading.js";
import { conllOf, noteTagged, readTagged, taggedLike, withConllOptions } from "../taggedFiles.js";
import type { Ability, Verb } from "../verbs.js";

const flags = table("probe files", {
  ...pick(probeRules, "heldOut", "seed"),
  /** Print one JSON object. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

const probe: Verb = {
  name: "probe",
  description: "say what each layer of a model knows about labels, by a linear classifier of what it holds",
  arguments: [
    [
      "<files...>",
      "sentences with a label for each token, in CoNLL's form or CoNLL-U's, for a language model or a tagger; a table of texts and labels for " +
        "a classifier",
    ],
  ],
  options: (command) => withOptions(command, flags),
};

/** Says how much the layers of a language model know about words. */
export const probeText: Ability = {
  verb: probe,
  options: withConllOptions,
  run: (folder: string, files: string[], options: Options, command: Command) =>
    showProbe(folder, options, async (model: LanguageModel, rest) => {
      const sentences = await readTagged(files, conllOf(command));
      const print = printer(options);
      noteTagged(print, files, sentences);
      const { reverseLines = false } = await readingLike(folder, files, command);
      if (reverseLines)
        print.note("Read from the end of each sentence, as the model has learnt (train lm --reverse-lines).");
      return model.probe(reverseLines ? sentences.map(reversedSentence) : sentences, rest);
    }),
};

/** A sentence as a model of reversed lines reads it: from the last character of its last word. */
function reversedSentence({ tokens, tags }: TaggedSentence): TaggedSentence {
  return { tokens: tokens.map(reversedText).reverse(), tags: [...tags].reverse() };
}

/** Says how much the layers of a tagger know about words. */
export const probeTags: Ability = {
  verb: probe,
  options: withConllOptions,
  run: (folder: string, files: string[], options: Options, command: Command) =>
    showProbe(folder, options, async (model: SequenceTagger, rest) => {
      const sentences = await taggedLike(folder, files, command);
      noteTagged(printer(options), files, sentences);
      return model.probe(sentences, rest);
    }),
};

/** Says how much the layers of a classifier know about texts. */
export const probeLabels: Ability = {
  verb: probe,
  options: withLabelOptions,
  run: (folder: string, files: string[], options: Options, command: Command) =>
    showProbe(folder, options, async (model: SequenceClassifier, rest) =>
      model.probe((await labelledLike(folder, files, command)).examples, rest),
    ),
};

function showProbe<M extends LanguageModel | SequenceTagger | SequenceClassifier>(
  folder: string,
  options: Options,
  run: (model: M, options: ProbeOptions) => Promise<Probe>,
): Promise<void> {
  return untilInterrupted(async (signal) => {
    const print = printer(options);
    const { heldOut, seed } = options;
    const model = await modelFrom<M>(folder, options);
    const progress = print.progress();
    const onProgress = (share: number) => progress.update(share, "reading and fitting");
    const found = await run(model, { heldOut, seed, signal, onProgress }).finally(() => progress.stop());
    const { layers, majority, examples, leftOut } = found;
    if (leftOut > 0) print.note(`${countOf(leftOut, "sentence")} left out for characters that the vocabulary lacks.`);
    print.object(found);
    const percent = (share: number) => `${(100 * share).toFixed(2)} %`.padStart(8);
    print.line(
      `A linear classifier of each layer: learnt from ${count(examples.learnt)}, measured on ${count(examples.measured)}.`,
    );
    const always = `always ${oneCell(majority.label)}`;
    const width = Math.max(always.length, ...layers.map(({ name }) => name.length));
    print.line(always.padEnd(width), "  ", percent(majority.accuracy));
    for (const { name, accuracy } of layers) print.line(name.padEnd(width), "  ", percent(accuracy));
  });
}
