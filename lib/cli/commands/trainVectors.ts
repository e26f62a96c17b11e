import { Command } from "commander";
import type { TokenStream } from "../../data/index.js";
import { type Corpus, CountedWords, WordTokenizer } from "../../data/index.js";
import { describeModelFolder } from "../../formats/index.js";
import { ContextData, contextRules } from "../../models/word2vec/data.js";
import { word2VecRules } from "../../models/word2vec/network.js";
import { Word2Vec } from "../../models/word2vec/word2vec.js";
import type { Completed } from "../../options.js";
import { option, optional, pick, table, text, whole, without, word } from "../../options.js";
import { executorFrom } from "../executor.js";
import { heldOut } from "../heldOut.js";
import { given, optionsIn, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, countOf, printer } from "../print.js";
import { readingOf, withTextOptions } from "../reading.js";
import type { TrainingWords } from "../reportTraining.js";
import { corpusOf, noteTexts } from "../textFiles.js";
import type { TrainingOptions } from "../training.js";
import { expectEffect, train, trainerFor, withTrainingOptions } from "../training.js";
import type { TrainingCall } from "../trainingCall.js";
import { trainingCall } from "../trainingCall.js";

const flags = table("train vectors", {
  /** File to validate on, or share of the text to hold out, its end; 0 for none. Default 0. */
  validation: text({ initial: "0", as: "file or share" }),
  /** Words of a text: what stands between spaces ("spaces"), or runs of letters and digits in lower case ("letters"). Default spaces. */
  words: option(word(["spaces", "letters"], "spaces"), { onResume: "settled" }),
  /** Times that a word must occur to have a vector: 5, where a vocabulary of words has 1. Default 5. */
  minimumCount: option(whole({ minimum: 1, initial: 5 }), { aka: ["min_count"], onResume: "settled" }),
  /** Words that have a vector: the most frequent. Default: all. */
  vocabulary: option(optional(whole({ minimum: 3 })), { aka: ["max_final_vocab"], onResume: "settled" }),
});

const modelFlags = without(word2VecRules, "vocabularySize");

const dataFlags = pick(contextRules, "batchSize", "sample", "noisePower", "acrossLines");

type Options = TrainingOptions & Completed<typeof flags> & Completed<typeof modelFlags>;

/** With skip-gram the rate of word2vec; with CBOW three times its rate, as each word of a context gets only its share of the gradient. */
const usualRates = { "skip-gram": 0.025, cbow: 0.15 };

export function vectorsCommand(): Command {
  const command = new Command("vectors")
    .description("learn a vector for each word of text files (UTF-8): word2vec")
    .argument("[text...]", "the text to learn, one or several files");
  withOptions(command, flags);
  withTextOptions(command);
  withOptions(command, modelFlags, { group: "Model" });
  withOptions(command, dataFlags, { group: "What is read" });
  withTrainingOptions(command, { epochs: 5, optimizer: "sgd", schedule: "linear" });
  return command.action(async (files: string[], _options: Options, own: Command) => {
    settleRate(own);
    await trainVectors(await trainingCall<Options>(own, files), own);
  });
}

/** Optimizer and learning rate that suit the objective, where nobody says them. */
function settleRate(command: Command): void {
  const { objective, architecture, resume } = command.opts<Options>();
  if (resume) return;
  const isFree = (name: string) => command.getOptionValueSource(name) !== "cli";
  if (objective === "softmax") {
    if (isFree("optimizer")) command.setOptionValueWithSource("optimizer", "adam", "default");
  } else if (isFree("learningRate")) {
    command.setOptionValueWithSource("learningRate", usualRates[architecture], "default");
  }
}

async function trainVectors(call: TrainingCall<Options>, command: Command): Promise<void> {
  const { files, options } = call;
  const print = printer(options);
  const held = heldOut([options.validation]);
  expectEffect(command, "files" in held || held.share > 0);
  await train(call, print, async (signal) => {
    const read = async (paths: readonly string[], owner: string) => {
      const reading = readingOf(command);
      const corpus = await corpusOf(paths, reading, owner);
      await noteTexts(print, corpus, reading);
      return options.words === "letters" ? corpus.plainWords() : corpus;
    };
    const corpus = await read(files, "train vectors");
    const before = options.resume ? (await describeModelFolder(options.out, Word2Vec.kind)).tokenizer : null;
    const { minimumCount, vocabulary } = options;
    const words =
      before?.words ??
      (await WordTokenizer.fromCorpus(corpus, { minimumCount, ...given({ maximumSize: vocabulary }), unknown: true }));
    const all = await corpus.tokenize(words, { signal });
    const { learnt, measured } = await split(all, held, async (paths) =>
      (await read(paths, "train vectors --validation")).tokenize(words, { signal }),
    );
    const model = await Word2Vec.create({
      tokenizer: before ?? (await CountedWords.from(learnt, { signal })),
      seed: options.seed,
      executor: executorFrom(options),
      ...optionsIn(command, modelFlags),
    });
    noteWords(print, { corpus, model, learnt });
    const shared = { model, seed: options.seed, ...optionsIn(command, dataFlags) };
    const trainer = trainerFor(model, call, {
      data: new ContextData(learnt, shared),
      ...given({ validation: measured && new ContextData(measured, { ...shared, role: "validate" }) }),
      write: () => sample(model),
    });
    return { trainer, conclude: async () => print.note(await sample(model)), words: wordWords };
  });
}

/** The loss of a pair of words is no perplexity. */
const wordWords: TrainingWords = { targets: "words", measures: ({ loss }) => `${loss.toFixed(4)} nats a prediction` };

async function split(
  all: TokenStream & { split(shares: { validation: number }): { train: TokenStream; validation: TokenStream } },
  held: ReturnType<typeof heldOut>,
  read: (files: readonly string[]) => Promise<TokenStream>,
): Promise<{ learnt: TokenStream; measured?: TokenStream }> {
  if ("files" in held) return { learnt: all, measured: await read(held.files) };
  if (held.share === 0) return { learnt: all };
  const { train, validation } = all.split({ validation: held.share });
  return { learnt: train, measured: validation };
}

function noteWords(
  print: Printer,
  { corpus, model, learnt }: { corpus: Corpus; model: Word2Vec; learnt: TokenStream },
): void {
  const { tokenizer, parameterCount } = model;
  const counts = tokenizer.wordCounts();
  const covered = counts.reduce((sum, own) => sum + own, 0);
  const words = tokenizer.wordIds().length;
  print.note(
    `${corpus.name}: ${countOf(learnt.length, "token")} to learn; ${countOf(words, "word")} with a vector, ${count(covered)} of the tokens.`,
  );
  print.note(`${count(parameterCount)} parameters. Ctrl-C saves and stops.`);
}

/** Frequent words of which the neighbours show what has been learnt; the most frequent of all mean little. */
const [firstShown, shown, shownNeighbours] = [50, 5, 5];

async function sample(model: Word2Vec): Promise<string> {
  const vectors = await model.vectors();
  const first = Math.max(0, Math.min(firstShown, vectors.words.length - shown));
  const words = vectors.words.slice(first, first + shown);
  return words
    .map((own) => {
      const near = vectors.neighbours(own, { top: shownNeighbours }).map(({ word: other }) => other);
      return `${own}: ${near.join(", ")}`;
    })
    .join("\n");
}
