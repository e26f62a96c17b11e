import { Command } from "commander";
import type { TaggedSentence, WordVectors } from "../../data/index.js";
import { readWordVectors, splitSentences, TaggerVocabulary, taggerVocabularyRules } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import type { Executor } from "../../executor/executor.js";
import { readTrainingRecord } from "../../formats/index.js";
import { LanguageModel } from "../../models/languageModel/languageModel.js";
import { TaggedData, taggedRules } from "../../models/sequenceTagger/data.js";
import { taggerRules } from "../../models/sequenceTagger/network.js";
import { TagScheme } from "../../models/sequenceTagger/scheme.js";
import type { TaggerEvaluation } from "../../models/sequenceTagger/scores.js";
import type { SequenceTaggerOptions } from "../../models/sequenceTagger/sequenceTagger.js";
import { SequenceTagger } from "../../models/sequenceTagger/sequenceTagger.js";
import type { Completed, OptionsOf } from "../../options.js";
import { optional, pick, table, text, whole, without } from "../../options.js";
import { cellOptions, withCells } from "../cells.js";
import { foldsRules } from "../crossValidation.js";
import type { ExampleTraining, PreparedTraining, TrainingContext } from "../exampleTraining.js";
import { batchesOf, longText, trainExamples } from "../exampleTraining.js";
import { executorFrom } from "../executor.js";
import { given, optionsIn, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, countOf, firstOf } from "../print.js";
import { foldText, printTagging, printTaggingFolds } from "../printTagging.js";
import { conllOf, noteTagged, readTagged, withConllOptions } from "../taggedFiles.js";
import type { TrainingOptions } from "../training.js";
import { withTrainingOptions } from "../training.js";
import { trainingCall } from "../trainingCall.js";
import type { TrainingParts } from "../trainingParts.js";
import { partRules } from "../trainingParts.js";

const flags = table("train tag", {
  ...partRules,
  ...foldsRules,
  /**
   * File with vectors of words: word2vec's in text or binary, GloVe's, or fastText's .vec. Their size is the --embedding-size. Default: none.
   */
  vectors: optional(text({ as: "file" })),
  /** Words of that file that the model learns besides those of the sentences, the first ones. Default 20000. */
  vectorWords: whole({ initial: 20_000 }),
  /**
   * Folder of a language model of characters or bytes (train lm --sentences --unknown) that reads each sentence: its states at the ends
   * of the words are read beside their vectors. It is copied into the tagger. Default: none.
   */
  forwardModel: optional(text({ as: "folder" })),
  /** The same for one that reads from the end of a sentence (train lm --reverse-lines). Default: none. */
  backwardModel: optional(text({ as: "folder" })),
  ...pick(taggedRules, "batchSize", "maximumLength", "long", "wordDropout", "languageMemory"),
});

const modelFlags = without(
  taggerRules,
  ...(["vocabularySize", "characterCount", "classes", "cell", "forwardModel", "backwardModel"] as const),
);

type Options = TrainingOptions & Completed<typeof flags> & OptionsOf<typeof modelFlags>;

type Languages = Pick<SequenceTaggerOptions, "forwardModel" | "backwardModel">;

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
    trainExamples(training, await trainingCall<Options>(own, files)),
  );
}

const training: ExampleTraining<Options, TaggedSentence, SequenceTagger, TaggedData, TaggerEvaluation> = {
  read: async (files, _owner, { command, print }) => {
    const sentences = await readTagged(files, conllOf(command));
    noteTagged(print, files, sentences);
    return sentences;
  },
  split: splitSentences,
  prepare: taggerFor,
  describe: ({ model: { tokenizer }, data, measured }) => {
    const { words, spelling, labels } = tokenizer;
    const scheme = TagScheme.of(labels.names, tokenizer.scheme);
    return (
      `${countOf(data.sentences, "sentence")} (${countOf(data.tokens, "token")}) to learn, ${count(measured?.sentences ?? 0)} to validate` +
      `${longText(data, measured)}; ${countOf(words.size, "word")}, ${countOf(spelling.size, "character")}; ` +
      `${countOf(labels.size, "tag")}${scheme ? ` in ${scheme.name}` : ""}: ${firstOf(labels.names)}.`
    );
  },
  samples: 5,
  sample,
  evaluate: (model, sentences, signal) => model.evaluate(sentences, { signal }),
  printResult: printTagging,
  folds: { say: foldText, conclude: printTaggingFolds },
};

/** The tagger of a folder whose training goes on, or a new one, and its batches. */
async function taggerFor(
  parts: TrainingParts<TaggedSentence>,
  { options, command, signal, print }: TrainingContext<Options>,
): Promise<PreparedTraining<SequenceTagger, TaggedData>> {
  const { train: learnt, validation, test, all } = parts;
  const vectors = options.resume ? null : await vectorsFor([...all, ...validation, ...(test ?? [])], options, print);
  const own = { seed: options.seed, executor: executorFrom(options), ...optionsIn(command, modelFlags) };
  const model = options.resume
    ? await SequenceTagger.load(options.out, { executor: own.executor })
    : await SequenceTagger.create({
        ...own,
        ...(await languagesFor(options, own)),
        ...(vectors ? { embeddingSize: vectors.size } : {}),
        ...cellOptions(command),
        tokenizer: TaggerVocabulary.of(learnt, {
          ...optionsIn(command, taggerVocabularyRules),
          ...(vectors ? { more: vectors.words } : {}),
          tags: [...new Set(all.flatMap(({ tags }) => tags))],
        }),
      });
  const { tokenizer } = model;
  const { seed, batchSize, maximumLength, long, wordDropout, languageMemory } = options;
  const constraints = options.output === "crf" ? options.constraints : false;
  const shared = { tokenizer, batchSize, maximumLength, long, signal, ...given({ constraints }) };
  const read = { languageReader: model, languageMemory };
  const batches = await batchesOf(parts, TaggedData, {
    shared: { ...shared, ...read },
    learnt: { wordDropout, seed },
    test: { long: "cut", languageMemory: 0 },
  });
  const { languagesRead, languageMebibytes } = batches.data;
  if (languageMebibytes > 0 && !languagesRead) {
    const enough = Math.ceil(languageMebibytes);
    print.note(`Language models read the sentences in every epoch: --language-memory ${enough} would read them once.`);
  }
  if (vectors)
    print.note(
      `${count(await model.useVectors(vectors))} of ${countOf(tokenizer.words.size, "word")} with a vector of the file.`,
    );
  return { model, ...batches };
}

/** The language models that sentences are read with. */
async function languagesFor(
  { forwardModel, backwardModel }: Options,
  { executor }: { executor: Executor },
): Promise<Languages> {
  return {
    ...(forwardModel === undefined
      ? {}
      : { forwardModel: await languageModel(forwardModel, { flag: "--forward-model", executor }) }),
    ...(backwardModel === undefined
      ? {}
      : { backwardModel: await languageModel(backwardModel, { flag: "--backward-model", executor }) }),
  };
}

/** @throws OptionError for one that has learnt to read from the other end. */
async function languageModel(
  folder: string,
  { flag, executor }: { flag: "--forward-model" | "--backward-model"; executor: Executor },
): Promise<LanguageModel> {
  const model = await LanguageModel.load(folder, { executor });
  const record = await readTrainingRecord(folder);
  const right = record?.options.reverseLines === true ? "--backward-model" : "--forward-model";
  if (record === null || right === flag) return model;
  const reads =
    right === "--backward-model" ? "from the end of a line (--reverse-lines)" : "from the beginning of a line";
  throw new OptionError(`train tag: ${flag}: ${folder} has learnt to read ${reads}. Give it as ${right}.`);
}

/** The vectors of the words that sentences have, and of the file's first ones; null without a file. */
async function vectorsFor(
  sentences: readonly TaggedSentence[],
  { vectors: file, vectorWords }: Options,
  print: Printer,
): Promise<WordVectors | null> {
  if (file === undefined) return null;
  const words = new Set(sentences.flatMap(({ tokens }) => tokens.flatMap((token) => [token, token.toLowerCase()])));
  const vectors = await readWordVectors(file, { words, first: vectorWords });
  const twice =
    vectors.duplicates > 0 ? `; more than one for ${countOf(vectors.duplicates, "word")}: the first counts` : "";
  print.note(`${file}: ${countOf(vectors.words.length, "vector")} of ${vectors.size} numbers${twice}.`);
  return vectors;
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
