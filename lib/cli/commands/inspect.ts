import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { Pair } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { loadTrainerHistory, modelFiles } from "../../formats/index.js";
import { lagsRule } from "../../models/gradientFlow.js";
import type { HeadAttention } from "../../models/headAttention.js";
import type { LanguageModel } from "../../models/languageModel/languageModel.js";
import type { PairModel } from "../../models/pairModel/pairModel.js";
import type { SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import type { Completed } from "../../options.js";
import { flag, list, option, optional, pick, table, text, whole, word } from "../../options.js";
import type { History } from "../../train/events.js";
import type { ActivationLayer, ActivationTrace, ColourDepth, LabelledSample, TextFeature } from "../../viz/index.js";
import {
  blockChart,
  colourText,
  featureTitles,
  legend,
  passageOf,
  rankFeatures,
  rankUnits,
  textFeatures,
  unitValues,
} from "../../viz/index.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { labelledLike } from "../labelledFiles.js";
import { withOptions } from "../options.js";
import { Painted } from "../output.js";
import { pairsLike } from "../pairFiles.js";
import type { Printer } from "../print.js";
import { colourDepth, oneCell, printer } from "../print.js";
import { expectGates, printGates } from "../printGates.js";
import { printGradientFlow } from "../printGradientFlow.js";
import { withLabelOptions, withLineOptions, withPairOptions } from "../reading.js";
import { corpusLike } from "../textFiles.js";
import type { Ability, Verb } from "../verbs.js";
import { labelledSamples, writeLabelReport } from "../writeLabelReport.js";
import { writePairReport } from "../writePairReport.js";
import { traceOf, writeReport } from "../writeReport.js";

/** Tokens of a text that are looked at; enough for a few screens. */
const mostTokens = 3000;

/** Characters of a file in which a passage is searched for. */
const mostSearched = 4_000_000;

const flags = table("inspect", {
  /**
   * File of a text to read: the passage of about 3,000 tokens that shows --feature best; for a model of pairs, a table or two
   * files; for a classifier, tables of texts and labels; for a tagger, tagged sentences; for a forecaster, tables of series; for word vectors, judgements as `evaluate` reads them. Default: a text
   * that the model writes; none.
   */
  text: optional(list(text({ as: "file" }))),
  /** File of the report. Default: report.html in the folder. */
  out: option(optional(text({ as: "file" })), { flag: "-o, --out" }),
  /** Print one JSON object. */
  json: flag(),
});

const unitFlags = table("inspect units", {
  /** Show it here, not in a report: a text, coloured by a unit, by attention or by tags; charts of series. */
  terminal: flag(),
  /** Feature that units watch for, and that the passage shows. Default: the one that a unit follows best. */
  feature: optional(word(textFeatures)),
  /** Layer of the unit, with `terminal`, such as "layer 1 cell", or one of its gates: "layer 1 forget gate". Default: any layer. */
  layer: option(optional(text({ as: "name" })), { needs: { terminal: true } }),
  /** Number of the unit, with `terminal`. Default: the one that goes best with `feature`. */
  unit: option(optional(whole()), { needs: { terminal: true } }),
});

const gradientFlags = table("inspect gradients", {
  /** Print how often the gates are open and shut over the text; with `terminal`, colour it by a unit of one of them. */
  gates: flag(),
  /** Print how far the gradient reaches back over the text, and draw it in the report: its norm against the time lag. */
  gradients: flag(),
  /** Steps back that the gradient is followed, with `gradients`. Default 50. */
  lags: option(lagsRule, { needs: { gradients: true } }),
});

type Options = ExecutorOptions &
  Completed<typeof flags> &
  Completed<typeof unitFlags> &
  Completed<typeof gradientFlags>;

/** The verb that shows what models have learnt. */
export const inspect: Verb = {
  name: "inspect",
  description: "see what a model has learnt: an HTML report, or units of a language model over a text in the terminal",
  options: (command) => withOptions(command, flags),
};

/** Adds the option that shows things here instead of in a report. */
export function withTerminal(command: Command): Command {
  return withOptions(command, pick(unitFlags, "terminal"));
}

/** Curves, and what units do over a text. */
export const inspectText: Ability = {
  verb: inspect,
  options: (command) => withLineOptions(withOptions(withOptions(command, unitFlags), gradientFlags)),
  run: showUnits,
};

/** A kind of models of pairs, as reports show it. */
interface ShownPairs<M> {
  /** Says in a few words what it is. */
  describe(model: M): string;
  /** Which token looks at which over a pair, by head. Default: the report has no such picture. */
  heads?(model: M, pair: Pair): Promise<HeadAttention[]>;
}

/** Curves, and what the model makes of some pairs: the first ones of the table. */
export function inspectPairs<M extends PairModel>(shown: ShownPairs<M>): Ability {
  return {
    verb: inspect,
    options: withPairOptions,
    run: (folder: string, options: Options, command: Command) => showPairs(shown, folder, options, command),
  };
}

/** Curves, scores on labelled texts, and where the model looked in them. */
export const inspectLabels: Ability = {
  verb: inspect,
  options: (command) => withLabelOptions(withTerminal(command)),
  run: showLabels,
};

async function showUnits(folder: string, options: Options, command: Command): Promise<void> {
  await untilInterrupted(async (signal) => {
    const print = printer(options);
    const history = await historyIn(folder);
    const model = await modelFrom<LanguageModel>(folder, options);
    if (options.gates) expectGates(model);
    const text = await textFor(model, folder, { options, command, signal });
    const flow = options.gradients ? await model.gradientFlow(text, { lags: options.lags, signal }) : null;
    const printed = flow ? printGradientFlow(print, flow) : {};
    const walk = await traceOf(model, text, signal);
    const gates = options.gates ? { gates: printGates(print, walk.gates) } : {};
    if (options.terminal) {
      print.object({ ...printed, ...gates, ...showText(print, walk, options) });
      if (history) showLoss(print, history);
      return;
    }
    const out = options.out === undefined ? {} : { file: options.out };
    const shared = { model, folder, history, seconds: history?.seconds ?? 0, text, gradients: flow?.layers ?? [] };
    const report = await writeReport({ ...shared, trace: walk, ...out });
    print.object({ ...printed, ...gates, report });
    print.line(`The report is in ${report}: open it in a browser.`);
  });
}

/** Prints a text coloured by the unit that goes best with a feature, or by one of the user's choice. @returns its values. */
function showText(print: Printer, walk: Required<ActivationTrace>, options: Options): object {
  const trace = looked(walk, options);
  const found = rankFeatures(trace);
  const feature = options.feature ?? (found[0] as TextFeature);
  if (!found.includes(feature)) {
    throw new OptionError(
      `inspect: "${featureTitles[feature]}" does not occur in this text. Take another --text, or --feature ${found.join(", ")}.`,
    );
  }
  const [best] = rankUnits(trace, feature).filter(
    ({ layer, unit }) =>
      (options.layer === undefined || trace.layers[layer]?.name === options.layer) &&
      (options.unit === undefined || unit === options.unit),
  );
  if (!best) {
    const layers = trace.layers.map(({ name, units }) => `${name} (${units} units)`).join(", ");
    throw new OptionError(`inspect: there is no such unit. This model has ${layers}.`);
  }
  const { name: layer } = trace.layers[best.layer] as ActivationLayer;
  const values = unitValues(trace, best);
  const isGate = walk.gates.includes(trace.layers[best.layer] as ActivationLayer);
  const shown = isGate ? values.map((value) => 2 * value - 1) : values;
  const limit = isGate ? 1 : values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const [width, depth] = [process.stdout.columns ?? 100, colourDepth()];
  print.line(
    `${layer}, unit ${best.unit}: ${best.score.toFixed(2)} with "${featureTitles[feature]}"   `,
    new Painted(legend(limit, depth, isGate ? ["shut", "open"] : undefined)),
    "\n",
  );
  print.line(new Painted(colourText(trace.tokens, shown, { limit, depth, width })));
  return { unit: best.unit, layer, score: best.score, tokens: trace.tokens, values: [...values] };
}

/** A chart of the losses of a training. */
function showLoss(print: Printer, { steps }: History): void {
  if (steps.length < 2) return;
  const losses = steps.map(({ loss }) => loss);
  print.line(`\nloss over ${steps.at(-1)?.step} updates`);
  print.line(blockChart(losses, { width: process.stdout.columns ?? 100, height: 6 }));
}

async function showPairs<M extends PairModel>(
  { describe, heads }: ShownPairs<M>,
  folder: string,
  { text, out, json = false, ...options }: Options,
  command: Command,
): Promise<void> {
  const model = await modelFrom<M>(folder, options);
  const pairs = text === undefined ? [] : (await pairsLike(folder, text, command)).pairs;
  const file = out ?? join(folder, "report.html");
  await writePairReport({
    ...{ model, description: describe(model), folder, history: await historyIn(folder), pairs, file },
    ...(heads ? { heads: (pair) => heads(model, pair) } : {}),
  });
  const print = printer({ json });
  print.object({ report: file });
  print.line(`The report is in ${file}: open it in a browser.`);
}

async function showLabels(folder: string, options: Options, command: Command): Promise<void> {
  const print = printer(options);
  const { text = [], terminal, out: file = join(folder, "report.html") } = options;
  await untilInterrupted(async (signal) => {
    const { examples } = text.length > 0 ? await labelledLike(folder, text, command) : { examples: [] };
    const model = await modelFrom<SequenceClassifier>(folder, options);
    const samples = await labelledSamples(model, examples, signal);
    if (terminal) {
      if (examples.length === 0) throw new OptionError("inspect: --terminal of a classifier needs --text.");
      printSamples(print, samples);
      return;
    }
    const scores = examples.length > 0 ? await model.evaluate(examples, { signal }) : null;
    await writeLabelReport({ model, folder, history: await historyIn(folder), scores, samples, file });
    print.object({ report: file });
    print.line(`The report is in ${file}: open it in a browser.`);
  });
}

/** Texts coloured by how much each token counted. */
function printSamples(print: Printer, samples: readonly LabelledSample[]): void {
  const [width, depth] = [process.stdout.columns ?? 100, colourDepth()];
  print.note(weightLegend(samples, depth));
  for (const { tokens, weights, label, probability, truth } of samples) {
    print.object({ label, probability, truth, tokens, weights: weights && Array.from(weights) });
    print.line(`${oneCell(label)} ${probability.toFixed(4)}${label === truth ? "" : ` (truly ${oneCell(truth)})`}`);
    print.line(new Painted(colourText(tokens, weights ?? tokens.map(() => 0), { depth, width })), "\n");
  }
}

/** The meaning of the colours or marks of texts, in words. */
function weightLegend(samples: readonly LabelledSample[], depth: ColourDepth): string {
  if (samples.every(({ weights }) => weights === null)) {
    return "Which tokens count is known of models with attention pooling only (--pooling attention).";
  }
  return depth === 0
    ? "[+ ] tokens that count at least half as much as the one that counts most"
    : "The darker a token, the more it counts.";
}

/** The units that may colour a text: those of the state, or the gates where those are asked for. */
function looked(
  walk: Required<ActivationTrace>,
  { gates: only, layer }: Pick<Options, "gates" | "layer">,
): ActivationTrace {
  const { gates } = walk;
  if (layer !== undefined) return { ...walk, layers: [...walk.layers, ...gates] };
  return only ? { ...walk, layers: gates } : walk;
}

/** The curves and samples of a model's training; null where the folder has none. */
export async function historyIn(folder: string): Promise<(History & { seconds: number }) | null> {
  return existsSync(join(folder, modelFiles.history)) ? loadTrainerHistory(folder) : null;
}

/** The passage of the file that shows the feature best, or what the model itself writes. */
async function textFor(
  model: LanguageModel,
  folder: string,
  {
    options: { text: files = [], feature },
    command,
    signal,
  }: { options: Options; command: Command; signal: AbortSignal },
): Promise<string> {
  if (files.length > 1) throw new OptionError("inspect: --text of a language model is one file.");
  if (files.length === 0) {
    let text = "";
    for await (const piece of model.generate({ maximumLength: 800, temperature: 0.7, seed: 1, signal })) text += piece;
    return text;
  }
  let text = "";
  for await (const piece of (await corpusLike(folder, files, { command, owner: "inspect --text" })).pieces()) {
    signal.throwIfAborted();
    text += piece;
    if (text.length > mostSearched) break;
  }
  // A token is at least one character but for bytes, so this much text holds enough of them; words are longer.
  const passage = passageOf(text, { length: mostTokens * 8, ...(feature ? { feature } : {}) });
  const tokens = model.tokenizer.encode(passage);
  if (tokens.length <= mostTokens) return passage;
  // A shorter passage may show more of the feature.
  const length = Math.floor((passage.length * mostTokens) / tokens.length);
  const shorter = passageOf(passage, { length, ...(feature ? { feature } : {}) });
  return model.tokenizer.decode(model.tokenizer.encode(shorter).subarray(0, mostTokens));
}
