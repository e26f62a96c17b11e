import { Command } from "commander";
import type { TaggedSentence } from "../../data/index.js";
import { splitSentences, TaggerVocabulary, taggerVocabularyRules } from "../../data/index.js";
import { describeModelFolder } from "../../formats/index.js";
import { TaggedData, taggedRules } from "../../models/sequenceTagger/data.js";
import { taggerRules } from "../../models/sequenceTagger/network.js";
import { SequenceTagger } from "../../models/sequenceTagger/sequenceTagger.js";
import type { Completed, OptionsOf } from "../../options.js";
import { list, option, optional, pick, table, text, without } from "../../options.js";
import { cellOptions, withCells } from "../cells.js";
import { executorFrom } from "../executor.js";
import { heldOut } from "../heldOut.js";
import { given, optionsIn, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, oneCell, printer } from "../print.js";
import { printTagging } from "../printTagging.js";
import { conllOf, noteTagged, readTagged, withConllOptions } from "../taggedFiles.js";
import type { TrainingOptions } from "../training.js";
import { expectEffect, train, trainerFor, withTrainingOptions } from "../training.js";
import type { TrainingCall } from "../trainingCall.js";
import { trainingCall } from "../trainingCall.js";

const flags = table("train tag", {
  /** Files like those to learn from, or the share of the sentences to hold out, chosen at random by --seed. Default: 0.1. */
  validation: list(text({ as: "file or share" }), ["0.1"]),
  /** Files to measure the best model on at the end. Default: none. */
  test: option(optional(list(text({ as: "file" }))), { onResume: "changes" }),
  ...pick(taggedRules, "batchSize", "maximumLength", "long", "wordDropout"),
});

const modelFlags = without(taggerRules, "vocabularySize", "characterCount", "classes", "cell");

type Options = TrainingOptions & Completed<typeof flags> & OptionsOf<typeof modelFlags>;

export function taggerCommand(): Command {
  const command = new Command("tag")
    .description("learn to tag the words of sentences, from files with a word and its tag in each line")
    .argument("[files...]", "files in CoNLL's form (a token and its tag in each line) or CoNLL-U's");
  withOptions(command, flags);
  withConllOptions(command);
  withOptions(command, { ...taggerVocabularyRules, ...modelFlags }, { group: "Model" });
  withCells(command, taggerRules.cell.initial);
  withTrainingOptions(command);
  return command.action(async (files: string[], _options: Options, own: Command) =>
    trainTagger(await trainingCall<Options>(own, files), own),
  );
}

async function trainTagger(call: TrainingCall<Options>, command: Command): Promise<void> {
  const { files, options } = call;
  const print = printer(options);
  const validation = heldOut(options.validation);
  expectEffect(command, "files" in validation || validation.share > 0);
  await train(call, print, async (signal) => {
    const read = async (paths: readonly string[], owner: string): Promise<TaggedSentence[]> => {
      const sentences = await readTagged(paths, conllOf(command), owner);
      noteTagged(print, paths, sentences);
      return sentences;
    };
    const sentences = await read(files, "train tag");
    const parts =
      "files" in validation
        ? { train: sentences, validation: await read(validation.files, "--validation") }
        : splitSentences(sentences, { validation: validation.share, seed: options.seed });
    const test = options.test ? await read(options.test, "--test") : null;
    const tokenizer = options.resume
      ? (await describeModelFolder(options.out, SequenceTagger.kind)).tokenizer
      : TaggerVocabulary.of(parts.train, optionsIn(command, taggerVocabularyRules));
    const { seed, batchSize, maximumLength, long, wordDropout } = options;
    const constraints = options.output === "crf" ? options.constraints : false;
    const shared = { tokenizer, batchSize, maximumLength, long, signal, ...given({ constraints }) };
    // Files for the end are read first: a tag that is not known would otherwise be found after hours.
    if (test) await TaggedData.create(test, { ...shared, role: "validate", long: "cut" });
    const data = await TaggedData.create(parts.train, { ...shared, wordDropout, seed });
    const measured =
      parts.validation.length > 0
        ? await TaggedData.create(parts.validation, { ...shared, role: "validate" })
        : undefined;
    const model = await SequenceTagger.create({
      tokenizer,
      seed,
      executor: executorFrom(options),
      ...optionsIn(command, modelFlags),
      ...cellOptions(command),
    });
    noteData(print, { data, measured, tokenizer });
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    const shown = (parts.validation.length > 0 ? parts.validation : parts.train).slice(0, 5);
    const trainer = trainerFor(model, call, {
      data,
      ...given({ validation: measured }),
      write: (sampled) => sample(model, shown, sampled),
    });
    return { trainer, conclude: () => conclude(model, test, { signal, print }) };
  });
}

function noteData(
  print: Printer,
  {
    data,
    measured,
    tokenizer: { words, spelling, labels },
  }: { data: TaggedData; measured: TaggedData | undefined; tokenizer: TaggerVocabulary },
): void {
  const [cut, skipped] = [data.cut + (measured?.cut ?? 0), data.skipped + (measured?.skipped ?? 0)];
  const names = labels.names.slice(0, 20).map(oneCell).join(" ");
  print.note(
    `${count(data.sentences)} sentences (${count(data.tokens)} tokens) to learn, ${count(measured?.sentences ?? 0)} to validate` +
      `${cut > 0 ? `, ${count(cut)} cut as too long` : ""}${skipped > 0 ? `, ${count(skipped)} left out as too long` : ""}; ` +
      `${count(words.size)} words, ${count(spelling.size)} characters; ${count(labels.size)} tags: ${names}` +
      `${labels.size > 20 ? " ..." : ""}.`,
  );
}

/** The tags that the model gives some sentences, the true one where it is another. */
async function sample(
  model: SequenceTagger,
  sentences: readonly TaggedSentence[],
  signal?: AbortSignal,
): Promise<string> {
  const found = await model.tag(
    sentences.map(({ tokens }) => tokens),
    given({ signal }),
  );
  const shown = sentences.map(({ tokens, tags }, i) =>
    tokens.map((token, t) => {
      const own = found[i]?.tags[t];
      return own === tags[t] ? `${token}/${own}` : `${token}/${own} (${tags[t]})`;
    }),
  );
  return shown.map((words) => words.join(" ")).join("\n");
}

async function conclude(
  model: SequenceTagger,
  test: readonly TaggedSentence[] | null,
  { signal, print }: { signal: AbortSignal; print: Printer },
): Promise<void> {
  if (!test) return;
  const result = await model.evaluate(test, { signal });
  print.object({ event: "test", ...result });
  print.line("test:");
  printTagging(print, result);
}
