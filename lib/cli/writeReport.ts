import { join } from "node:path";
import { writeFileAtomically } from "../formats/index.js";
import type { LanguageModel } from "../models/languageModel/languageModel.js";
import { cellOf } from "../nn/cellRegistry.js";
import type { History } from "../train/events.js";
import type { ActivationTrace, GradientCurve } from "../viz/index.js";
import { renderReport } from "../viz/index.js";
import { given } from "./options.js";
import { count } from "./print.js";
import { figuresOf, summaryOf } from "./reportFigures.js";

/** A language model in a few words. */
export function describeLanguageModel({
  network: { config },
  tokenizer,
}: Pick<LanguageModel, "network" | "tokenizer">): string {
  return (
    `a ${config.layers}-layer ${cellOf(config.cell).title} language model of ${config.hiddenSize} units over ${tokenizer.kind}s, ` +
    `vocabulary ${count(tokenizer.size)}`
  );
}

/** A model's walk over a text, with the tokens as they stand in the text. */
export async function traceOf(
  model: LanguageModel,
  text: string,
  signal?: AbortSignal,
): Promise<Required<ActivationTrace>> {
  const { layers, gates, surprise } = await model.activations(text, given({ signal }));
  const ids = model.tokenizer.encode(text);
  const decoder = model.tokenizer.decoder();
  const tokens = Array.from(ids, (id) => decoder.push(id));
  return { tokens, layers, gates, surprise };
}

/** Writes report.html: curves, samples, and the units' walk over `text`. @returns its path. */
export async function writeReport(options: {
  model: LanguageModel;
  folder: string;
  history: History | null;
  /** Spent training. */
  seconds: number;
  /** The units' walk over a text. Default: it is made of `text`. */
  trace?: ActivationTrace;
  text: string;
  /** Default: report.html in the folder. */
  file?: string;
  /** Norms of gradients, to be drawn. */
  gradients?: readonly GradientCurve[];
}): Promise<string> {
  const { model, folder, history, seconds, text, file = join(folder, "report.html"), gradients = [] } = options;
  const { config } = model.network;
  const { parameterCount } = model;
  const last = history?.steps.at(-1);
  const html = renderReport({
    title: folder,
    summary: summaryOf(describeLanguageModel(model), last),
    figures: figuresOf({ history, seconds, parameterCount }),
    configuration: Object.entries(config).map(([name, value]) => [name, String(value)] as const),
    ...(history ? { history } : {}),
    trace: options.trace ?? (await traceOf(model, text)),
    gradients,
  });
  await writeFileAtomically(file, html);
  return file;
}
