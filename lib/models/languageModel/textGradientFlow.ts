import type { SentenceMarks } from "../../data/index.js";
import { InputError } from "../../errors.js";
import type { Executor, Store } from "../../executor/executor.js";
import * as ops from "../../graph/ops/index.js";
import type { OptionsOf } from "../../options.js";
import { abortSignal, option, table, whole } from "../../options.js";
import type { GradientFlow } from "../gradientFlow.js";
import { expectFlowFits, followGradient, lagsRule } from "../gradientFlow.js";
import type { SequenceState, TokenStep } from "../textModel/tokenStep.js";
import type { LanguageModelNetwork } from "./network.js";

/** The rules of the options of `gradientFlow` of a language model. */
export const textFlowRules = table("LanguageModel.gradientFlow", {
  /** Steps back that the gradient is followed. Default 50. */
  lags: lagsRule,
  /**
   * Places of the text whose loss is followed back, each with the tokens before it, and averaged over.
   * Default 32.
   */
  sequences: option(whole({ minimum: 1, initial: 32 }), { aka: ["places"] }),
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
});

/** Options of `gradientFlow` of a language model. @interface */
export type TextGradientFlowOptions = OptionsOf<typeof textFlowRules>;

/** A token to predict, and the tokens that are read before it. */
interface Place {
  /** Number of its text: the line, in a model of sentences. */
  text: number;
  /** Its place there, from 1 on. */
  at: number;
}

/**
 * The gradient of the losses at some places of a text with respect to the states before them.
 * @param options.texts tokens that are read from a zero state each: the text, or its lines with their marks.
 */
export async function textGradientFlow(
  model: { network: LanguageModelNetwork; executor: Executor; store: Store; step: TokenStep },
  options: { texts: readonly Int32Array[]; lags: number; sequences: number; signal?: AbortSignal },
): Promise<GradientFlow> {
  const { texts, lags, sequences, signal } = options;
  const { network } = model;
  const chosen = placesIn(texts, { reach: lags + 1, count: sequences });
  if (chosen.length === 0) throw new InputError("gradientFlow: the text has no token to predict.");
  const reach = chosen.map(({ at }) => Math.min(at, lags + 1));
  const T = reach.reduce((most, steps) => Math.max(most, steps), 0);
  const form = { T, B: chosen.length, entries: network.recurrent.stateEntries };
  expectFlowFits(form, 1);
  const { B } = form;
  const own = (b: number) => texts[(chosen[b] as Place).text] as Int32Array;
  const tokens = (t: number) =>
    Int32Array.from(chosen, ({ at }, b) => (t < T - (reach[b] as number) ? 0 : (own(b)[at - T + t] as number)));
  return followGradient(model, form, {
    network: {
      start: await statesBefore(model.step, texts, { chosen, reach, signal }),
      reach,
      step: (graph, t, state) => network.step(graph.feed(`ids ${t}`, "i32", [B]), state),
      inputs: (from, to) =>
        Object.fromEntries(Array.from({ length: to - from }, (_, t) => [`ids ${t}`, tokens(from + t)])),
      loss: (y) => ops.sum(network.output.crossEntropy(y, y.graph.feed("targets", "i32", [B])).losses),
      targets: { targets: Int32Array.from(chosen, ({ at }, b) => own(b)[at] as number) },
    },
    signal,
  });
}

/**
 * Places evenly over the texts: of those with `reach` tokens before them, or where there are too few the ones
 * with most.
 */
function placesIn(texts: readonly Int32Array[], { reach, count }: { reach: number; count: number }): Place[] {
  const all = texts.flatMap((ids, text) =>
    Array.from({ length: Math.max(0, ids.length - 1) }, (_, i) => ({ text, at: i + 1 })),
  );
  const far = all.filter(({ at }) => at >= reach);
  if (far.length >= count) {
    return Array.from({ length: count }, (_, i) => far[Math.floor(((i + 0.5) * far.length) / count)] as Place);
  }
  return all.sort((a, b) => b.at - a.at || a.text - b.text).slice(0, count);
}

/**
 * The state of each row before its first step, by entry. Tokens of a text are read once, up to the last of
 * its places.
 */
async function statesBefore(
  step: TokenStep,
  texts: readonly Int32Array[],
  { chosen, reach, signal }: { chosen: readonly Place[]; reach: readonly number[]; signal: AbortSignal | undefined },
): Promise<SequenceState> {
  const rows = step.start(chosen.length);
  const starts = chosen.map(({ text, at }, b) => ({ text, start: at - (reach[b] as number), b }));
  starts.sort((a, b) => a.text - b.text || a.start - b.start);
  let [text, read, state] = [-1, 0, step.start()];
  for (const { text: own, start, b } of starts) {
    if (own !== text) [text, read, state] = [own, 0, step.start()];
    for (; read < start; read++) {
      signal?.throwIfAborted();
      ({ state } = await step.read((texts[text] as Int32Array)[read] as number, state));
    }
    for (const [name, values] of Object.entries(state)) rows[name]?.set(values, b * values.length);
  }
  return rows;
}

/** The lines of a text as a model of sentences reads them: each between its marks, without empty ones. */
export function linesBetween(ids: Int32Array, { begin, end }: SentenceMarks): Int32Array[] {
  const lines: number[][] = [[]];
  for (const id of ids) {
    if (id === end) lines.push([]);
    else lines.at(-1)?.push(id);
  }
  return lines
    .filter((line) => line.length > 0)
    .map((line) => {
      const whole = new Int32Array(line.length + 2);
      whole[0] = begin;
      whole.set(line, 1);
      whole[line.length + 1] = end;
      return whole;
    });
}
