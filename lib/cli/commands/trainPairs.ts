import { Command, Option } from "commander";
import type { Pair, Tokenizer } from "../../data/index.js";
import { Corpus, splitPairs, TokenizerPair } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { describeModelFolder } from "../../formats/index.js";
import { seq2seqRules } from "../../models/seq2seq/config.js";
import { PairData } from "../../models/seq2seq/pairData.js";
import { Seq2Seq } from "../../models/seq2seq/seq2seq.js";
import { scorers } from "../../nn/attention.js";
import { largestInt32 } from "../../options.js";
import { teacherForcing } from "../../train/teacherForcing.js";
import { cellOptions, withCells } from "../cells.js";
import { executorFrom } from "../executor.js";
import { heldOut } from "../heldOut.js";
import { given, number, whole } from "../options.js";
import { noteReading, readTrainingPairs, withColumnOptions } from "../pairFiles.js";
import type { Printer } from "../print.js";
import { count, printer } from "../print.js";
import { measures } from "../reportTraining.js";
import type { ReadingFlags } from "../tableOptions.js";
import { expectTable } from "../tableOptions.js";
import { withTextOptions } from "../textFiles.js";
import { tokenizerFor, tokenizerText } from "../tokenizers.js";
import type { TrainingOptions } from "../training.js";
import { expectUsed, train, trainerFor, withTrainingOptions } from "../training.js";
import type { TrainingCall } from "../trainingCall.js";
import { trainingCall } from "../trainingCall.js";

interface Options extends TrainingOptions, ReadingFlags {
  validation: string[];
  test?: string[];
  tokenizer?: string;
  sourceTokenizer?: string;
  targetTokenizer?: string;
  vocabulary?: number;
  shared?: boolean;
  reverseSource?: boolean;
  maximumLength: number;
  skipLong?: boolean;
  layers: number;
  encoderLayers?: number;
  decoderLayers?: number;
  hidden: number;
  encoderHidden?: number;
  embedding?: number;
  oneDirection?: boolean;
  attention: (typeof scorers)[number] | "none";
  attend?: "before" | "after";
  inputFeeding?: boolean;
  context?: "start" | "every";
  dropout: number;
  tied?: boolean;
  sharedStack?: boolean;
  teacherForcing?: string;
}

/** What one kind of pairs is called, and what suits it. */
interface Kind {
  name: string;
  description: string;
  argument: [name: string, description: string];
  sourceTokenizer: string;
  targetTokenizer: string;
  columns: { source?: string; target?: string };
  attention: (typeof scorers)[number] | "none";
  batch: number;
  epochs: number;
  /** Source and target are the same lines. */
  copies?: boolean;
}

const kinds: readonly Kind[] = [
  {
    name: "translate",
    description: "learn to translate, from sentence pairs",
    argument: ["[pairs...]", "two files with as many lines (source, target), or a table (.tsv, .csv, .jsonl)"],
    sourceTokenizer: "subword",
    targetTokenizer: "subword",
    columns: {},
    attention: "additive",
    batch: 64,
    epochs: 10,
  },
  {
    name: "chat",
    description: "learn to answer, from a table of questions and answers",
    argument: ["[pairs...]", "a table (.csv, .tsv, .jsonl) whose first line names its columns, or two files"],
    sourceTokenizer: "subword",
    targetTokenizer: "subword",
    columns: { source: "Q", target: "A" },
    attention: "additive",
    batch: 64,
    epochs: 20,
  },
  {
    name: "transliterate",
    description: "learn to turn spellings into symbols (pronunciations, another script), from pairs",
    argument: [
      "[pairs...]",
      "a table (.tsv, .csv, .jsonl): what is spelled, and its symbols between blanks; or two files",
    ],
    sourceTokenizer: "character",
    targetTokenizer: "word",
    columns: {},
    attention: "additive",
    batch: 128,
    epochs: 10,
  },
  {
    name: "autoencoder",
    description: "learn to keep a sentence in one vector and write it again, from lines of text",
    argument: ["[text]", "a file of lines, or a table with --text-column"],
    sourceTokenizer: "subword",
    targetTokenizer: "subword",
    columns: {},
    attention: "none",
    batch: 64,
    epochs: 10,
    copies: true,
  },
];

/** Pairs that are measured may be of any length. */
const longestMeasured = largestInt32;

export function pairCommands(): Command[] {
  return kinds.map((kind) => {
    const { name, description, argument, columns, copies } = kind;
    const command = new Command(name)
      .description(description)
      .argument(...argument)
      .addOption(
        new Option(
          "--validation <file or share...>",
          `${copies ? "a file" : "files like those to learn from"}, or the share of the pairs to hold out, chosen at random by --seed`,
        ).default(["0.05"], "0.05"),
      )
      .option("--test <file...>", "measure the best model on these at the end");
    if (copies) withTextOptions(command);
    else withColumnOptions(command, columns);
    command.option(
      "--tokenizer <kind>",
      `${tokenizerText}${copies ? ` (default: ${kind.sourceTokenizer})` : ", of both sides"}`,
    );
    if (!copies) {
      command
        .option("--source-tokenizer <kind>", `(default: ${kind.sourceTokenizer})`)
        .option("--target-tokenizer <kind>", `(default: ${kind.targetTokenizer})`);
    }
    command.option(
      "--vocabulary <n>",
      "words: keep the n most frequent; subwords: learn so many (default: 8000)",
      whole,
    );
    if (!copies) command.option("--shared", "one vocabulary and one embedding for both sides");
    command
      .option("--reverse-source", "read sources from the end")
      .option("--maximum-length <n>", "tokens that a source or a target may have", whole, 100)
      .option("--skip-long", "leave longer pairs out, instead of refusing them")
      .option("--layers <n>", "of encoder and of decoder", whole, seq2seqRules.encoderLayers.initial)
      .option("--encoder-layers <n>", "(default: as --layers)", whole)
      .option("--decoder-layers <n>", "(default: as --layers)", whole)
      .option("--hidden <n>", "units of a layer", whole, seq2seqRules.hiddenSize.initial)
      .option("--encoder-hidden <n>", "units of each direction of the encoder (default: as --hidden)", whole)
      .option("--embedding <n>", "size of token vectors (default: as --hidden)", whole)
      .option("--one-direction", "the encoder reads forwards only")
      .addOption(
        new Option("--attention <score>", "how the decoder looks at the source")
          .choices([...scorers, "none"])
          .default(kind.attention),
      )
      .addOption(
        new Option("--attend <when>", "before the step (Bahdanau) or after it (Luong; the default)").choices([
          "before",
          "after",
        ]),
      )
      .option("--input-feeding", "with --attend after: the step reads what the one before looked at")
      .addOption(
        new Option(
          "--context <when>",
          "without attention: the decoder gets the source at the start, or at every step",
        ).choices(["start", "every"]),
      )
      .option(
        "--dropout <p>",
        "on embeddings, between layers and before the output",
        number,
        seq2seqRules.dropout.initial,
      )
      .option("--tied", "the output layer shares the target's embedding")
      .option("--shared-stack", "encoder and decoder share the weights of their layers")
      .option(
        "--teacher-forcing <rule>",
        "how often a step reads the truth: 1, 0.75, linear:1:0.25:5000, exponential:0.9999, inverse-sigmoid:2000 (default: 1)",
      );
    withCells(command, seq2seqRules.cell.initial);
    withTrainingOptions(command, { batch: kind.batch, batchText: "pairs side by side", epochs: kind.epochs });
    return command.action(async (files: string | string[] | undefined, _options: Options, own: Command) =>
      trainPairs(kind, await trainingCall<Options>(own, [files ?? []].flat()), own),
    );
  });
}

async function trainPairs(kind: Kind, call: TrainingCall<Options>, command: Command): Promise<void> {
  const { files, options } = call;
  const print = printer(options);
  const validation = heldOut(options.validation);
  const validates = "files" in validation || validation.share > 0;
  const learns = sidesOf(kind, options).some(({ tokenizer }) => tokenizer === "word" || tokenizer === "subword");
  expectUsed(command, validates, [
    ["vocabulary", "--vocabulary", learns, "needs --tokenizer word or subword"],
    ["sourceTokenizer", "--source-tokenizer", options.tokenizer === undefined, "contradicts --tokenizer"],
    ["targetTokenizer", "--target-tokenizer", options.tokenizer === undefined, "contradicts --tokenizer"],
    ["attend", "--attend", options.attention !== "none", "says when to look at the source, and --attention is none"],
  ]);
  await train(call, print, async (signal) => {
    const lists = [files, "files" in validation ? validation.files : [], options.test ?? []];
    expectTable(command, ...lists);
    const read = async (paths: readonly string[], flag: string) => {
      const reading = await readTrainingPairs(paths, { ...options, ...given({ copies: kind.copies }) }, flag);
      noteReading(print, reading);
      return reading.pairs;
    };
    const all = await read(files, `train ${kind.name}`);
    const { train: pairs, validation: measured } =
      "files" in validation
        ? { train: all, validation: await read(validation.files, "--validation") }
        : splitPairs(all, { validation: validation.share, seed: options.seed });
    const test = options.test ? await read(options.test, "--test") : null;
    const tokenizer = options.resume
      ? await tokenizerOf(options)
      : await tokenizersFor(kind, pairs, { ...options, signal, print });
    const shared = { tokenizer, batchSize: options.batch, maximumLength: options.maximumLength, signal };
    const long = options.skipLong ? ("skip" as const) : ("refuse" as const);
    const { seed } = options;
    const forcing = options.teacherForcing === undefined ? null : teacherForcing(options.teacherForcing);
    // Files for the end are read first: one that cannot be read would otherwise be found after hours.
    if (test) await PairData.of(test, { tokenizer, role: "validate", maximumLength: longestMeasured, signal });
    const data = await PairData.of(pairs, { ...shared, long, seed, teacherForcing: forcing });
    const validationData =
      measured.length > 0 ? await PairData.of(measured, { ...shared, long, role: "validate" }) : undefined;
    const model = await Seq2Seq.create({
      tokenizer,
      seed,
      executor: executorFrom(options),
      ...given(networkOptions(options, command)),
    });
    const shown = (measured.length > 0 ? measured : pairs).slice(0, 3);
    const trainer = trainerFor(model, call, {
      data,
      ...given({ validation: validationData }),
      write: (sampled) => sample(model, shown, sampled),
    });
    const skipped = data.skipped + (validationData?.skipped ?? 0);
    print.note(
      `${count(data.pairs)} pairs to learn, ${count(validationData?.pairs ?? 0)} to validate` +
        `${skipped > 0 ? `, ${count(skipped)} left out as too long` : ""}; vocabularies of ` +
        `${count(tokenizer.source.size)} ${tokenizer.source.kind} and ${count(tokenizer.target.size)} ${tokenizer.target.kind} tokens.`,
    );
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    return { trainer, conclude: () => conclude(model, test, { batchSize: options.batch, signal }, print) };
  });
}

function sidesOf(kind: Kind, { tokenizer, sourceTokenizer, targetTokenizer, vocabulary }: Options) {
  const side = (name: string | undefined, own: string) => ({ tokenizer: tokenizer ?? name ?? own, vocabulary });
  return [side(sourceTokenizer, kind.sourceTokenizer), side(targetTokenizer, kind.targetTokenizer)] as const;
}

async function tokenizersFor(
  kind: Kind,
  pairs: readonly Pair[],
  options: Options & { signal: AbortSignal; print: Printer },
): Promise<TokenizerPair> {
  const [source, target] = sidesOf(kind, options);
  const reversed = options.reverseSource ?? false;
  const corpusOf = (texts: string[]) => Corpus.fromText(`${texts.join("\n")}\n`, "the pairs");
  const make = async (side: typeof source, texts: string[]): Promise<Tokenizer> =>
    tokenizerFor({ ...side, unknown: unknownIn(side.tokenizer) }, corpusOf(texts), options);
  const sources = pairs.map((pair) => pair.source);
  const targets = pairs.map((pair) => pair.target);
  if (!options.shared && !kind.copies) {
    return new TokenizerPair(await make(source, sources), await make(target, targets), { reversed });
  }
  if (source.tokenizer !== target.tokenizer) {
    throw new OptionError(
      `train: --shared needs one tokenizer for both sides, got ${source.tokenizer} and ${target.tokenizer}.`,
    );
  }
  const one = await make(source, kind.copies ? sources : [...sources, ...targets]);
  if (!kind.copies) expectOverlap(one, sources, targets);
  return new TokenizerPair(one, one, { reversed });
}

/** Words and characters that the training text lacks will come. */
function unknownIn(tokenizer: string): boolean {
  return ["word", "character", "jamo"].includes(tokenizer);
}

/** @throws OptionError if the sides have no token but the line end in common. */
function expectOverlap(tokenizer: Tokenizer, sources: readonly string[], targets: readonly string[]): void {
  const used = (texts: readonly string[]) => new Set(texts.flatMap((text) => [...tokenizer.encode(text)]));
  const [left, right] = [used(sources), used(targets)];
  for (const token of left) if (right.has(token)) return;
  throw new OptionError(
    "train: --shared makes one vocabulary of both sides, and they have no token in common. Leave --shared out.",
  );
}

/** Those of the training that is resumed. */
async function tokenizerOf({ out }: Options): Promise<TokenizerPair> {
  return (await describeModelFolder(out, Seq2Seq.kind)).tokenizer;
}

function networkOptions(options: Options, command: Command) {
  const { layers, hidden, embedding, attention, attend, inputFeeding, context, dropout, tied } = options;
  return {
    ...cellOptions(command),
    hiddenSize: hidden,
    encoderSize: options.encoderHidden,
    embeddingSize: embedding,
    encoderLayers: options.encoderLayers ?? layers,
    decoderLayers: options.decoderLayers ?? layers,
    bidirectional: options.oneDirection ? false : undefined,
    attention,
    attend,
    inputFeeding,
    context,
    dropout,
    tied,
    sharedEmbedding: options.shared,
    sharedStack: options.sharedStack,
  };
}

/** What the model makes of some pairs. */
async function sample(model: Seq2Seq, pairs: readonly Pair[], signal?: AbortSignal): Promise<string> {
  const sources = pairs.map(({ source }) => source);
  const translations = await model.translate(sources, { beams: 1, ...given({ signal }) });
  return translations.map(({ text }, i) => `${sources[i]}\n  -> ${text}\n     (${pairs[i]?.target})`).join("\n");
}

async function conclude(
  model: Seq2Seq,
  test: readonly Pair[] | null,
  options: { batchSize: number; signal: AbortSignal },
  print: Printer,
): Promise<void> {
  if (!test) return;
  const result = await model.evaluate(test, options);
  print.object({ event: "test", ...result });
  print.line(`test ${measures(result)}`);
}
