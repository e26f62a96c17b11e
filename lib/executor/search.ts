import { InputError } from "../errors.js";
import type { Port, Program, Shape, Value } from "../graph/program.js";
import { elementsOf, shapeText } from "../graph/program.js";

/** A recorded step of a decoder over N rows, and how search replays it. */
export interface SearchPorts {
  /** Feed i32 of N elements: the last token of each hypothesis. */
  readonly tokens: string;
  /** Output [N,V]. Unnormalised: search takes the log-softmax. */
  readonly logits: string;
  /** Output [N,S], where there is one: attention. */
  readonly attention?: string;
  /** By feed: the output that becomes its value in the next step; the first axis is N in both (rows follow the hypothesis they belong to). */
  readonly carry: Readonly<Record<string, string>>;
  /**
   * By feed: the output that becomes its value in the next step as it is, whichever rows hypotheses continue: caches whose rows are
   * found by indices. Where the step changes it in place (`ops.keepRow`), nothing is copied. Default: none.
   */
  readonly kept?: Readonly<Record<string, string>>;
}

/** A search that replays a step, in plain numbers: lib/search has filled in and checked what they mean. */
export interface SearchPlan {
  /** Rows are sentences * beams; row = sentence * beams + beam. */
  readonly sentences: number;
  readonly beams: number;
  readonly nBest: number;
  readonly groups: number;
  readonly diversity: number;
  readonly minimumLength: number;
  readonly blockNgramRepeat: number;
  readonly lengthPenalty: number | "average";
  readonly coveragePenalty: number;
  readonly earlyStopping: boolean;
  readonly begin: number;
  readonly end: number | null;
  readonly sampling: {
    readonly temperature: number;
    readonly topK: number;
    readonly topP: number;
    readonly seed: number;
  } | null;
  /** Whether hypotheses come with it. */
  readonly attention: boolean;
  readonly tree: boolean;
  readonly banned: readonly number[];
  /** Which tokens may follow each other: the class of each token, and [classes, states] the state after it, or -1. */
  readonly automaton: { readonly states: number; readonly classOf: Int32Array; readonly next: Int32Array } | null;
  readonly each: readonly PlannedSentence[];
}

export interface PlannedSentence {
  readonly maximumLength: number;
  /** Chooses its random numbers. */
  readonly number: number;
  /** Positions, each with the token that must stand there. */
  readonly required: ReadonlyMap<number, number>;
}

/** The result of a search for one sentence. */
export interface FoundSentence {
  readonly hypotheses: readonly {
    readonly ids: readonly number[];
    readonly score: number;
    readonly logProbabilities: readonly number[];
    readonly ended: boolean;
    readonly attention?: readonly ArrayLike<number>[];
  }[];
  readonly tree?: readonly { id: number; parent: number; logProbability: number; score: number }[];
}

/** A search under way in an executor. */
export interface RunningSearch {
  /**
   * Takes up to `steps` steps; fewer where the search ends.
   * @param options.best also say which is the best hypothesis so far, of each sentence that took a step; null for the others.
   * @throws InputError for logits that are no numbers.
   */
  advance(
    steps: number,
    options: { readonly best: boolean },
  ): Promise<{ readonly done: boolean; readonly best: readonly (readonly number[] | null)[] }>;
  result(): FoundSentence[];
}

/** The numbers of a step's feeds and outputs, and its sizes. */
export interface OrderedPorts {
  readonly tokens: number;
  readonly logits: number;
  readonly attention: number | null;
  readonly links: readonly { readonly feed: number; readonly output: number }[];
  readonly kept: readonly { readonly feed: number; readonly output: number }[];
  readonly N: number;
  readonly V: number;
}

/** A step's ports by number. @throws InputError for what the program does not have, or has in another shape. */
export function orderPorts(program: Program, ports: SearchPorts): OrderedPorts {
  const { tokens, logits, attention, carry, kept = {} } = ports;
  const fed = find(program, program.feeds, "feed", tokens);
  const N = elementsOf(fed.value.shape);
  const refuse = (name: string, wanted: string, { dtype, shape }: Value): never => {
    throw new InputError(`search: expected ${JSON.stringify(name)} to be ${wanted}, got ${dtype}${shapeText(shape)}.`);
  };
  if (fed.value.dtype !== "i32") refuse(tokens, "whole numbers", fed.value);
  const rows = (name: string) => {
    const port = find(program, program.outputs, "output", name);
    const { dtype, shape } = port.value;
    if (dtype !== "f32" || shape.length !== 2 || shape[0] !== N) refuse(name, `f32[${N}, ...]`, port.value);
    return port;
  };
  const link = ([feedName, outputName]: readonly [string, string], hasRows: boolean) => {
    const [to, from] = [
      find(program, program.feeds, "feed", feedName),
      find(program, program.outputs, "output", outputName),
    ];
    const fits = (shape: Shape) => !hasRows || shape[0] === N;
    if (feedName === tokens)
      throw new InputError(`search: ${JSON.stringify(tokens)} is what search feeds; it is not carried.`);
    if (!fits(to.value.shape)) refuse(feedName, `of ${N} rows`, to.value);
    if (
      !fits(from.value.shape) ||
      elementsOf(from.value.shape) !== elementsOf(to.value.shape) ||
      from.value.dtype !== to.value.dtype
    ) {
      refuse(outputName, `as ${JSON.stringify(feedName)}, ${to.value.dtype}${shapeText(to.value.shape)}`, from.value);
    }
    return { feed: to.index, output: from.index };
  };
  const scored = rows(logits);
  return {
    tokens: fed.index,
    logits: scored.index,
    attention: attention === undefined ? null : rows(attention).index,
    links: Object.entries(carry).map((entry) => link(entry, true)),
    kept: Object.entries(kept).map((entry) => link(entry, false)),
    N,
    V: scored.value.shape[1] as number,
  };
}

function find({ values }: Program, ports: readonly Port[], kind: string, name: string) {
  const index = ports.findIndex((port) => port.name === name);
  if (index < 0) throw new InputError(`search: the program has no ${kind} ${JSON.stringify(name)}.`);
  return { index, value: values[(ports[index] as Port).value] as Value };
}

/** A search as the addon reads it (native/search/program_search.h): one array of numbers. */
export function encodeSearch(ports: OrderedPorts, plan: SearchPlan): Float64Array {
  const { sampling, banned, automaton, each, lengthPenalty } = plan;
  const words: number[] = [ports.tokens, ports.logits, ports.attention ?? -1, ports.links.length];
  for (const { output, feed } of ports.links) words.push(output, feed);
  words.push(ports.kept.length);
  for (const { output, feed } of ports.kept) words.push(output, feed);
  words.push(plan.sentences, plan.beams, plan.nBest, plan.groups, plan.diversity, plan.minimumLength);
  // No text is longer than this, so greater values mean the same.
  const atMost = (value: number) => Math.min(value, 2 ** 31 - 1);
  words.push(atMost(plan.blockNgramRepeat), lengthPenalty === "average" ? -1 : lengthPenalty, plan.coveragePenalty);
  words.push(Number(plan.earlyStopping), plan.begin, plan.end ?? -1);
  if (sampling) words.push(1, sampling.temperature, atMost(sampling.topK), sampling.topP, sampling.seed % 2 ** 32);
  else words.push(0, 1, 0, 1, 0);
  words.push(Number(plan.attention), Number(plan.tree), banned.length);
  for (const token of banned) words.push(token);
  words.push(automaton?.states ?? 0);
  if (automaton) {
    words.push(automaton.next.length / automaton.states);
    for (const state of automaton.next) words.push(state);
    for (const own of automaton.classOf) words.push(own);
  }
  for (const { maximumLength, number, required } of each) {
    words.push(maximumLength, number % 2 ** 32, required.size);
    for (const [position, token] of required) words.push(position, token);
  }
  return Float64Array.from(words);
}
