import { Command } from "commander";
import type { Pair, Tokenizer } from "../data/index.js";
import { splitPairs, TokenizerPair } from "../data/index.js";
import { OptionError } from "../errors.js";
import { describeModelFolder } from "../formats/index.js";
import type { ModelKind } from "../models/modelKind.js";
import { PairData, pairRules } from "../models/pairModel/pairData.js";
import type { PairModel } from "../models/pairModel/pairModel.js";
import type { PairNetwork } from "../models/pairModel/pairNetwork.js";
import type { CreateOptions } from "../models/savedModel.js";
import type { Completed, OptionTable } from "../options.js";
import { flag, list, option, optional, pick, table, text, whole, without } from "../options.js";
import { longText } from "./exampleTraining.js";
import { executorFrom } from "./executor.js";
import { given, optionsIn, withOptions } from "./options.js";
import { noteReading, readTrainingPairs } from "./pairFiles.js";
import type { PairTask } from "./pairTasks.js";
import type { Printer } from "./print.js";
import { count, countOf, printer } from "./print.js";
import { expectTable, readingOf, withColumnOptions, withTextOptions } from "./reading.js";
import { measures } from "./reportTraining.js";
import { tokenizerOfTexts } from "./tokenizers.js";
import type { TrainingOptions } from "./training.js";
import { train, trainerFor, withTrainingOptions } from "./training.js";
import type { TrainingCall } from "./trainingCall.js";
import { trainingCall } from "./trainingCall.js";
import { partRules, readParts, validationOf } from "./trainingParts.js";
import { noteUntrainedPositions } from "./untrainedPositions.js";

const kindOfTokens = () => option(optional(text({ as: "kind" })), { onResume: "settled" });

const flags = table("train translate", {
  /** Files like those to learn from, or the share of the pairs to hold out, chosen at random by --seed. Default: 0.05; in a program 0.1. */
  validation: list(text({ as: "file or share" }), ["0.05"]),
  test: partRules.test,
  /**
   * Kind of tokens of both sides: character, jamo, byte, word, subword, or a Hugging Face tokenizer.json; those of characters and
   * words have <unk>, which a program must ask for. Default: as each side.
   */
  tokenizer: option(kindOfTokens(), { excludes: ["sourceTokenizer", "targetTokenizer"] }),
  /** Kind of the source's tokens. Default: the command's. */
  sourceTokenizer: kindOfTokens(),
  /** Kind of the target's tokens. Default: the command's. */
  targetTokenizer: kindOfTokens(),
  /** Words to keep, the most frequent, the others become <unk>; or subwords to learn. Default: all words, 8000 subwords. */
  vocabulary: option(optional(whole({ minimum: 1 })), { onResume: "settled" }),
  /** Read sources from the end (Sutskever et al. 2014). Default false. */
  reverseSource: option(flag(), { onResume: "settled" }),
  ...pick(pairRules, "batchSize", "maximumLength", "long"),
});

type Options = TrainingOptions &
  Completed<typeof flags> & {
    layers: number;
    sharedEmbedding: boolean;
    teacherForcing?: Completed<typeof pairRules>["teacherForcing"];
  };

/** A kind of model of pairs as commands train it. */
export interface PairTraining {
  readonly kind: ModelKind<PairModel, TokenizerPair, PairNetwork>;
  /** Rules of flags besides those of the model's options, `layers` among them: the number for encoder and decoder. */
  readonly flags: OptionTable;
  /** Rules of the model's options that have flags, `encoderLayers` and `decoderLayers` among them. */
  readonly model: OptionTable;
  /** Flags that are in no table. */
  readonly others?: {
    add(command: Command): Command;
    /** Values that were typed for them. @throws OptionError for what does not fit. */
    typed(command: Command): object;
  };
  create(options: CreateOptions<TokenizerPair>): Promise<PairModel>;
}

/** Pairs that --sample-every shows. */
const shownPairs = 3;

/** A command, and how it differs from the others of its kind of model. */
export interface PairCommand extends PairTask {
  /** Defaults of the model's options that differ from the library's. */
  readonly defaults?: object;
}

/** The command that trains a kind of model for a task. */
export function pairTrainingCommand(kind: PairTraining, task: PairCommand): Command {
  const { name, description, argument, columns, copies, sourceTokenizer, targetTokenizer, batchSize } = task;
  const command = new Command(name).description(description).argument(...argument);
  const own: OptionTable = copies ? without(flags, "sourceTokenizer", "targetTokenizer") : flags;
  withOptions(command, own, {
    notes: copies ? { tokenizer: sourceTokenizer } : { sourceTokenizer, targetTokenizer },
    defaults: { ...given({ batchSize }) },
  });
  withOptions(command, kind.flags);
  if (copies) withTextOptions(command);
  else withColumnOptions(command, columns);
  withOptions(command, copies ? without(kind.model, "sharedEmbedding") : kind.model, {
    group: "Model",
    defaults: { ...task.defaults, encoderLayers: undefined, decoderLayers: undefined },
    notes: { encoderLayers: "as --layers", decoderLayers: "as --layers" },
  });
  kind.others?.add(command);
  withTrainingOptions(command, given({ epochs: task.epochs }));
  return command.action(async (files: string | string[] | undefined, _options: Options, own: Command) =>
    trainPairs({ kind, task }, await trainingCall<Options>(own, [files ?? []].flat()), own),
  );
}

async function trainPairs(
  { kind, task }: { kind: PairTraining; task: PairTask },
  call: TrainingCall<Options>,
  command: Command,
): Promise<void> {
  const { files, options } = call;
  const print = printer(options);
  const validation = validationOf(command, options);
  const learns = sidesOf(task, options).some(({ tokenizer }) => tokenizer === "word" || tokenizer === "subword");
  if (options.vocabulary !== undefined && !learns) {
    throw new OptionError("train: --vocabulary needs --tokenizer word or subword.");
  }
  await train(call, print, async (signal) => {
    const lists = [files, "files" in validation ? validation.files : [], options.test ?? []];
    expectTable(command, ...lists);
    const read = async (paths: readonly string[], flag: string) => {
      const reading = await readTrainingPairs(
        paths,
        { ...readingOf(command), ...given({ copies: task.copies }) },
        flag,
      );
      noteReading(print, reading);
      return reading.pairs;
    };
    const { train: pairs, validation: measured, test } = await readParts(call, { validation, read, split: splitPairs });
    const tokenizer = options.resume
      ? (await describeModelFolder(options.out, kind.kind)).tokenizer
      : await tokenizersFor(task, pairs, { ...options, signal, print });
    const { seed, long, batchSize, maximumLength, teacherForcing: forcing = null } = options;
    const architecture = { ...layersOf(options), ...optionsIn(command, kind.model), ...kind.others?.typed(command) };
    const model = await kind.create({ tokenizer, seed, executor: executorFrom(options), ...architecture });
    const reads = { tokenizer, signal, ...given({ longest: model.network.longest }) };
    const shared = { ...reads, batchSize, maximumLength };
    // Files for the end are read first: one that cannot be read would otherwise be found after hours.
    if (test) await PairData.create(test, { ...reads, role: "evaluate", maximumLength: Number.MAX_SAFE_INTEGER });
    const data = await PairData.create(pairs, { ...shared, long, seed, teacherForcing: forcing });
    const validationData =
      measured.length > 0 ? await PairData.create(measured, { ...shared, long, role: "validate" }) : undefined;
    noteUntrainedPositions(print, model.network, data);
    const shown = shownOf(measured.length > 0 ? measured : pairs, model);
    const trainer = trainerFor(model, call, {
      data,
      ...given({ validation: validationData }),
      write: (sampled) => sample(model, shown, sampled),
    });
    print.note(
      `${countOf(data.pairs, "pair")} to learn, ${count(validationData?.pairs ?? 0)} to validate` +
        `${longText(data, validationData)}; ${vocabulariesOf(tokenizer)} tokens.`,
    );
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    return { trainer, conclude: () => conclude(model, test, { batchSize: options.batchSize, signal }, print) };
  });
}

function vocabulariesOf({ source, target }: TokenizerPair): string {
  if (source === target) return `one vocabulary of ${count(source.size)} ${source.kind}`;
  return `vocabularies of ${count(source.size)} ${source.kind} and ${count(target.size)} ${target.kind}`;
}

function sidesOf(task: PairTask, { tokenizer, sourceTokenizer, targetTokenizer, vocabulary }: Options) {
  const side = (name: string | undefined, own: string) => ({ tokenizer: tokenizer ?? name ?? own, vocabulary });
  return [side(sourceTokenizer, task.sourceTokenizer), side(targetTokenizer, task.targetTokenizer)] as const;
}

async function tokenizersFor(
  task: PairTask,
  pairs: readonly Pair[],
  options: Options & { signal: AbortSignal; print: Printer },
): Promise<TokenizerPair> {
  const [source, target] = sidesOf(task, options);
  const reversed = options.reverseSource ?? false;
  const { signal, print } = options;
  const make = (side: typeof source, texts: string[]) =>
    tokenizerOfTexts(texts, "the pairs", { ...side, signal, print });
  const sources = pairs.map((pair) => pair.source);
  const targets = pairs.map((pair) => pair.target);
  if (!options.sharedEmbedding && !task.copies) {
    return new TokenizerPair(await make(source, sources), await make(target, targets), { reversed });
  }
  if (source.tokenizer !== target.tokenizer) {
    throw new OptionError(
      `train: --shared-embedding needs one tokenizer for both sides, got ${source.tokenizer} and ${target.tokenizer}.`,
    );
  }
  const one = await make(source, task.copies ? sources : [...sources, ...targets]);
  if (!task.copies) expectOverlap(one, sources, targets);
  return new TokenizerPair(one, one, { reversed });
}

/** @throws OptionError if the sides have no token but the line end in common. */
function expectOverlap(tokenizer: Tokenizer, sources: readonly string[], targets: readonly string[]): void {
  const used = (texts: readonly string[]) => new Set(texts.flatMap((text) => [...tokenizer.encode(text)]));
  const [left, right] = [used(sources), used(targets)];
  for (const token of left) if (right.has(token)) return;
  throw new OptionError(
    "train: --shared-embedding makes one vocabulary of both sides, and they have no token in common. Leave --shared-embedding out.",
  );
}

/** --layers is for encoder and decoder, where they have no own number. */
function layersOf({ layers }: Options) {
  return { encoderLayers: layers, decoderLayers: layers };
}

/** Pairs that samples show: the first of which the model reads the source. */
function shownOf(pairs: readonly Pair[], { tokenizer, network }: PairModel): Pair[] {
  const { longest = Number.POSITIVE_INFINITY } = network;
  const shown: Pair[] = [];
  for (const pair of pairs) {
    if (shown.length === shownPairs) break;
    if (tokenizer.encodeSource(pair.source).length <= longest) shown.push(pair);
  }
  return shown;
}

/** The model's translations of some pairs, as text. */
async function sample(model: PairModel, pairs: readonly Pair[], signal?: AbortSignal): Promise<string> {
  const sources = pairs.map(({ source }) => source);
  const translations = await model.translate(sources, { beams: 1, ...given({ signal }) });
  return translations.map(({ text }, i) => `${sources[i]}\n  -> ${text}\n     (${pairs[i]?.target})`).join("\n");
}

async function conclude(
  model: PairModel,
  test: readonly Pair[] | null,
  options: { batchSize: number; signal: AbortSignal },
  print: Printer,
): Promise<void> {
  if (!test) return;
  const result = await model.evaluate(test, options);
  print.object({ event: "test", ...result });
  print.line(`test ${measures(result)}`);
}
