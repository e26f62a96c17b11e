import type { Command } from "commander";
import type { Pair, Tokenizer } from "../../data/index.js";
import { memoryStream, sentenceMarks } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import type { Executor } from "../../executor/executor.js";
import { Profile } from "../../executor/profile.js";
import { writeFileAtomically } from "../../formats/index.js";
import { PairData, pairRules } from "../../models/pairModel/pairData.js";
import type { PairModel } from "../../models/pairModel/pairModel.js";
import { loadModel } from "../../models/registry.js";
import { SentenceData, WindowData, windowRules } from "../../models/textModel/data.js";
import { generateRules } from "../../models/textModel/generation.js";
import type { TextModel } from "../../models/textModel/textModel.js";
import type { Completed } from "../../options.js";
import { flag, optional, pick, table, text, whole } from "../../options.js";
import { Trainer } from "../../train/trainer.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { given, typedOptions, withOptions } from "../options.js";
import { pairsLike } from "../pairFiles.js";
import { countOf, printer } from "../print.js";
import { withLineOptions, withPairOptions } from "../reading.js";
import { corpusLike } from "../textFiles.js";
import type { Ability, Verb } from "../verbs.js";

const flags = table("profile", {
  /** Training steps. Default 5. */
  steps: whole({ minimum: 1, initial: 5 }),
  /** Texts side by side. Default: as in training, 32 for text, 64 for pairs. */
  batchSize: optional(whole({ minimum: 1 })),
  ...pick(generateRules, "maximumLength"),
  /** File for a Chrome trace of every op that ran, for chrome://tracing or Perfetto. Default: none. */
  trace: optional(text({ as: "file" })),
  /** Print one JSON object. */
  json: flag(),
});

const windowFlags = pick(windowRules, "windowLength");

type Options = ExecutorOptions & Completed<typeof flags> & Completed<typeof windowFlags>;

const verb: Verb = {
  name: "profile",
  description: "show where time goes: in training steps and in writing, op by op of each layer",
  arguments: [["[files...]", "what to read: text, or pairs for a model of pairs (default: tokens of the vocabulary)"]],
  options: (command) =>
    withOptions(command, flags, {
      defaults: { maximumLength: 100 },
      notes: { maximumLength: `100; generate writes ${generateRules.maximumLength.initial}` },
    }),
};

interface Work {
  folder: string;
  files: readonly string[];
  command: Command;
  options: Options;
  signal: AbortSignal;
  /** To be called when the steps to profile are made. */
  ended: () => void;
}

/** The parts of a kind of model that are profiled, each with a model of its own. */
interface Kind {
  /** Whether there was something to train: quantized weights are not. */
  train(executor: Executor, work: Work): Promise<boolean>;
  write(executor: Executor, work: Work): Promise<void>;
}

const textModel: Kind = {
  async train(executor, work) {
    const { folder, files, command, options, signal } = work;
    const model = (await loadModel(folder, { executor })) as TextModel;
    if (model.weightType !== null) return false;
    const { batchSize = windowRules.batchSize.initial, steps } = options;
    const { tokenizer, network } = model;
    const { sentences } = network.config;
    const windowLength = Math.min(options.windowLength, network.windowLength ?? options.windowLength);
    if (sentences && files.length > 0 && "windowLength" in typedOptions(command, windowFlags)) {
      throw new OptionError("profile: this model reads each line of a file on its own: leave windowLength out.", [
        "windowLength",
      ]);
    }
    const stream =
      files.length > 0
        ? await (await corpusLike(folder, files, { command })).tokenize(tokenizer, { signal })
        : memoryStream(textInTurn(model, { batchSize, windowLength }), 0, tokenizer);
    const data = sentences
      ? await SentenceData.create(stream, {
          ...{ tokenizer, batchSize, long: "cut" as const },
          ...given({ longest: network.windowLength }),
        })
      : new WindowData(stream, { batchSize, windowLength });
    const trainer = new Trainer(model, { data, epochs: steps, maximumSteps: steps });
    await profiled(trainer, work).finally(() => stream.close());
    return true;
  },
  async write(executor, { folder, options, signal }) {
    const model = (await loadModel(folder, { executor })) as TextModel;
    for await (const _ of model.generate({ maximumLength: options.maximumLength, end: "never", seed: 1, signal }));
  },
};

const pairModel: Kind = {
  async train(executor, work) {
    const model = (await loadModel(work.folder, { executor })) as PairModel;
    if (model.weightType !== null) return false;
    const { batchSize, steps } = work.options;
    const { tokenizer } = model;
    const data = await PairData.create(await pairsFor(model, work), {
      tokenizer,
      ...given({ batchSize, longest: model.network.longest }),
      long: "skip",
    });
    await profiled(new Trainer(model, { data, epochs: steps, maximumSteps: steps }), work);
    return true;
  },
  async write(executor, work) {
    const model = (await loadModel(work.folder, { executor })) as PairModel;
    const { batchSize = pairRules.batchSize.initial, maximumLength } = work.options;
    const { longest = Number.POSITIVE_INFINITY } = model.network;
    const sources = (await pairsFor(model, work)).slice(0, batchSize).map(({ source }) => source);
    const read = sources.filter((source) => model.tokenizer.encodeSource(source).length <= longest);
    await model.translate(read, { batchSize, maximumLength: Math.min(maximumLength, longest), signal: work.signal });
  },
};

/** Trains, and says when the last step is made: what follows looks at the result. */
async function profiled<Form>(trainer: Trainer<Form>, { options, signal, ended }: Work): Promise<void> {
  trainer.on("step", ({ step }) => {
    if (step === options.steps) ended();
  });
  await trainer.run({ signal });
}

/** An executor whose programs are watched until `ended` is called. */
function watchedUntil(profile: Profile, executor: Executor): { executor: Executor; ended: () => void } {
  const watched = profile.watch(executor);
  let current = watched;
  return {
    executor: { ...watched, compile: (...call) => current.compile(...call) },
    ended: () => {
      current = executor;
    },
  };
}

/** Pairs to read: those of the files, or as many as a batch holds of tokens in turn. */
async function pairsFor(
  { tokenizer, network }: PairModel,
  { folder, files, command, options }: Work,
): Promise<readonly Pair[]> {
  if (files.length > 0) return (await pairsLike(folder, files, command)).pairs;
  const { batchSize = pairRules.batchSize.initial } = options;
  // A target also has its end.
  const length = Math.max(1, Math.min(20, (network.longest ?? Number.POSITIVE_INFINITY) - 1));
  const texts = (side: Tokenizer) => {
    const ids = tokensInTurn(side, batchSize * length);
    return (i: number) => side.decode(ids.subarray(i * length, (i + 1) * length));
  };
  const [source, target] = [texts(tokenizer.source), texts(tokenizer.target)];
  return Array.from({ length: batchSize }, (_, i) => ({ source: source(i), target: target(i) }));
}

/** Text that fills one batch of windows, or one batch of lines as long as a window. */
function textInTurn(
  { tokenizer, network }: TextModel,
  { batchSize, windowLength }: { batchSize: number; windowLength: number },
): Int32Array {
  const tokens = tokensInTurn(tokenizer, batchSize * windowLength + 1);
  if (!network.config.sentences) return tokens;
  const { end } = sentenceMarks(tokenizer);
  return tokens.map((id, i) => (i % windowLength === windowLength - 1 ? end : id));
}

/** All tokens that stand for text within a line, again and again. */
function tokensInTurn(tokenizer: Tokenizer, count: number): Int32Array {
  const { size, special } = tokenizer;
  const marks = new Set([...Object.values(special), tokenizer.id("\n")]);
  const ids = Array.from({ length: size }, (_, id) => id).filter((id) => !marks.has(id));
  return Int32Array.from({ length: count }, (_, i) => ids[i % ids.length] as number);
}

/** Profiles models of text. */
export const profileText: Ability = {
  verb,
  options: (command) => withLineOptions(withOptions(command, windowFlags)),
  run: (folder: string, ...call: Call) => profile(textModel, folder, call),
};

/** Profiles models of pairs. */
export const profilePairs: Ability = {
  verb,
  options: withPairOptions,
  run: (folder: string, ...call: Call) => profile(pairModel, folder, call),
};

type Call = [files: string[], options: Options, command: Command];

async function profile(kind: Kind, folder: string, [files, options, command]: Call): Promise<void> {
  const print = printer(options);
  const [training, writing] = [new Profile(), new Profile()];
  await untilInterrupted(async (signal) => {
    const { executor, ended } = watchedUntil(training, executorFrom(options));
    const work = { folder, files, command, options, signal, ended };
    const trained = await kind.train(executor, work);
    if (!trained) print.note("The weights are quantized and cannot be trained: only writing is profiled.");
    await kind.write(writing.watch(executorFrom(options)), work);
    print.object({ training: trained ? training.toJSON() : null, writing: writing.toJSON() });
    if (trained) print.line(`${countOf(options.steps, "training step")}:\n\n${training.table()}\n`);
    print.line(`Writing:\n\n${writing.table()}`);
  });
  if (options.trace === undefined) return;
  const events = [training, writing].flatMap((each, i) =>
    each.trace().traceEvents.map((event) => ({ ...event, pid: i + 1 })),
  );
  await writeFileAtomically(options.trace, JSON.stringify({ traceEvents: events }));
  print.note(`Wrote ${options.trace}.`);
}
