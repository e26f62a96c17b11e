import { InputError, OptionError } from "../errors.js";
import type { Executable, Feeds, Values } from "../executor/executor.js";
import type { OrderedPorts, RunningSearch, SearchPlan, SearchPorts } from "../executor/search.js";
import { orderPorts } from "../executor/search.js";
import type { Port, Value } from "../graph/program.js";
import { elementsOf } from "../graph/program.js";
import type { OptionsOf } from "../options.js";
import {
  callback,
  completeOptions,
  largestUint32,
  list,
  optional,
  table,
  whole,
  without,
  yesOrNo,
} from "../options.js";
import type { BeamSearchOptions, CompleteBeamSearchOptions } from "./beamSearchOptions.js";
import { beamSearchRules, completeBeamSearchOptions, requiredTokens } from "./beamSearchOptions.js";
import type { SearchResult } from "./hypothesis.js";
import { expectPossible, SentenceSearch } from "./sentenceSearch.js";

/** A recorded step of a decoder over N rows, and how search replays it. */
export interface SearchStep extends SearchPorts {
  readonly executable: Executable;
}

const rules = table("searchStep", {
  ...without(beamSearchRules, "onBest"),
  /** Sentences that are searched for together. */
  sentences: whole({ minimum: 1 }),
  /** Tokens of each sentence's hypotheses, instead of `maximumLength`. Default: that. */
  maximumLengths: optional(list(whole({ minimum: 1 }))),
  /** Beginning of each sentence, instead of `prefix`. Default: that. */
  prefixes: optional(list(list(whole()))),
  /** Number of each sentence in messages and for its random numbers. Default: its place, from 0. */
  numbers: optional(list(whole({ maximum: largestUint32 }))),
  /** Whether hypotheses come with the attention of their tokens. Default: if the step has it. */
  attention: optional(yesOrNo),
  /** Called after each step with the best hypothesis so far of each sentence, and finally with its result. Default: none. */
  onBest: callback<(ids: readonly number[], sentence: number) => void>(),
});

/** Options of `searchStep`. @interface */
export type SearchStepOptions = OptionsOf<typeof rules>;

interface Search {
  readonly step: SearchStep;
  readonly ports: OrderedPorts;
  readonly feeds: Feeds;
  readonly sentences: number;
  readonly numbers: readonly number[];
  /** One for each sentence. */
  readonly options: readonly CompleteBeamSearchOptions[];
  readonly attention: boolean;
  readonly onBest: SearchStepOptions["onBest"];
  readonly signal: AbortSignal | undefined;
}

/** Steps that are taken in one call of the executor: between calls the signal is looked at. */
const stepsAtOnce = 8;

/**
 * Beam search (see `beamSearch`) over all beams of many sentences at once, by replaying a recorded step: inside the executor where
 * it has a search of its own.
 *
 * N = sentences * beams; row = sentence * beams + beam.
 * @param feeds everything but `tokens`: first states repeated for each beam, memory, lengths ...
 * @returns one result for each sentence.
 * @throws OptionError for options that contradict each other or do not fit the step.
 * @throws InputError for feeds that do not fit, or logits that are no numbers.
 * @throws the signal's reason if it fires.
 */
export async function searchStep(step: SearchStep, feeds: Feeds, options: SearchStepOptions): Promise<SearchResult[]> {
  const search = completeSearch(step, feeds, options);
  return step.executable.search ? searchInside(search) : searchOutside(search);
}

/** The same in plain TypeScript over any executor, one run a step: what native search is compared with. */
export async function searchStepPlainly(
  step: SearchStep,
  feeds: Feeds,
  options: SearchStepOptions,
): Promise<SearchResult[]> {
  return searchOutside(completeSearch(step, feeds, options));
}

function completeSearch(step: SearchStep, feeds: Feeds, options: SearchStepOptions): Search {
  const who = "searchStep";
  completeOptions(who, options, rules);
  const { sentences, maximumLengths, prefixes, attention, onBest, signal, automaton, ...own } = options;
  const { numbers = Array.from({ length: sentences }, (_, place) => place), ...shared } = own;
  for (const [name, list] of Object.entries({ maximumLengths, prefixes, numbers })) {
    if (list && list.length !== sentences) {
      throw new OptionError(
        `${who}: expected ${name} to hold one entry for each of ${sentences} sentences, got ${list.length}.`,
      );
    }
  }
  const seed = options.sampling?.seed ?? Math.floor(Math.random() * 2 ** 31);
  const complete = Array.from({ length: sentences }, (_, sentence) => {
    const [maximumLength, prefix] = [maximumLengths?.[sentence], prefixes?.[sentence]];
    const own: BeamSearchOptions = {
      ...shared,
      ...(maximumLength === undefined ? {} : { maximumLength }),
      ...(prefix === undefined ? {} : { prefix }),
      ...(shared.sampling ? { sampling: { ...shared.sampling, seed } } : {}),
    };
    const name = maximumLengths || prefixes ? `${who}, sentence ${numbers[sentence]}` : who;
    // The automaton, which is as large as the vocabulary, has been checked with the shared options.
    return { ...completeBeamSearchOptions(own, name), automaton };
  });
  const ports = orderPorts(step.executable.program, step);
  const [first] = complete as [CompleteBeamSearchOptions];
  if (ports.N !== sentences * first.beams) {
    throw new OptionError(
      `${who}: the step has ${ports.N} rows; ${sentences} sentences with ${first.beams} beams each need ${sentences * first.beams}.`,
    );
  }
  if (step.tokens in feeds)
    throw new InputError(`${who}: ${JSON.stringify(step.tokens)} is what search feeds; leave it out.`);
  if (step.attention === undefined && (attention || first.coveragePenalty > 0)) {
    throw new OptionError(
      `${who}: ${attention ? "attention" : "coveragePenalty"} needs a step with an output for attention.`,
    );
  }
  for (const [sentence, own] of complete.entries()) {
    const tokens = [own.begin, own.end ?? 0, ...own.banned, ...requiredTokens(own).values()];
    const outside = tokens.find((token) => token >= ports.V);
    if (outside === undefined) continue;
    throw new OptionError(
      `${who}: token ${outside} of sentence ${sentence} is outside the step's vocabulary of ${ports.V}.`,
    );
  }
  if (automaton && automaton.classOf.length !== ports.V) {
    throw new OptionError(
      `${who}: the automaton has classes for ${automaton.classOf.length} tokens, and the step's vocabulary has ${ports.V}.`,
    );
  }
  return {
    step,
    ports,
    feeds,
    sentences,
    numbers,
    options: complete,
    attention: attention ?? step.attention !== undefined,
    onBest,
    signal,
  };
}

/** By the executor's own search. */
async function searchInside({ step, feeds, sentences, numbers, options, attention, onBest, signal }: Search) {
  signal?.throwIfAborted();
  const [first] = options as readonly [CompleteBeamSearchOptions];
  const required = options.map(requiredTokens);
  const plan: SearchPlan = {
    ...first,
    automaton: first.automaton ?? null,
    sentences,
    attention,
    each: options.map(({ maximumLength }, sentence) => ({
      maximumLength,
      number: numbers[sentence] as number,
      required: required[sentence] as Map<number, number>,
    })),
  };
  const search = step.executable.search?.(step, feeds, plan) as RunningSearch;
  for (let done = false; !done; ) {
    signal?.throwIfAborted();
    const progress = await search.advance(onBest ? 1 : stepsAtOnce, { best: onBest !== undefined });
    done = progress.done;
    for (const [sentence, tokens] of progress.best.entries()) if (tokens) onBest?.(tokens, sentence);
  }
  signal?.throwIfAborted();
  const results = search.result() as SearchResult[];
  for (const [sentence, { hypotheses }] of results.entries()) {
    if (hypotheses.length > 0) continue;
    expectPossible((required[sentence] as Map<number, number>).size, numbers[sentence] as number);
  }
  return results;
}

/** Step by step. */
async function searchOutside({ step, ports, feeds, sentences, numbers, options, attention, onBest, signal }: Search) {
  const { program } = step.executable;
  const beams = ports.N / sentences;
  const searches = options.map((own, sentence) => new SentenceSearch(own, numbers[sentence]));
  const rowsOf = (name: string, values: Values) => {
    const port = program.outputs.find((output) => output.name === name) as Port;
    const columns = elementsOf((program.values[port.value] as Value).shape) / ports.N;
    return (row: number) => values.subarray(row * columns, (row + 1) * columns);
  };
  const tokens = new Int32Array(ports.N).fill((options[0] as CompleteBeamSearchOptions).begin);
  let own: Feeds = feeds;
  while (!searches.every(({ done }) => done)) {
    signal?.throwIfAborted();
    for (const [sentence, { tokens: last }] of searches.entries()) tokens.set(last, sentence * beams);
    const { outputs } = await step.executable.run({ ...own, [step.tokens]: tokens });
    const logits = rowsOf(step.logits, outputs[step.logits] as Values);
    const weights = step.attention === undefined ? null : rowsOf(step.attention, outputs[step.attention] as Values);
    // Rows that nobody follows stay where they are.
    const parents = Int32Array.from({ length: ports.N }, (_, row) => row);
    for (const [sentence, search] of searches.entries()) {
      if (search.done) continue;
      const rows = search.tokens.map((_, beam) => sentence * beams + beam);
      const continued = search.advance({
        logProbabilities: rows.map((row, beam) => logSoftmax(logits(row), { sentence, beam })),
        ...(weights ? { attention: rows.map((row) => weights(row).slice()) } : {}),
      });
      for (const [beam, parent] of continued.entries()) parents[sentence * beams + beam] = sentence * beams + parent;
      onBest?.(search.best(), sentence);
    }
    const carried = Object.entries(step.carry).map(([feed, output]) => {
      const values = outputs[output] as Values;
      const row = rowsOf(output, values);
      const next = values.slice();
      for (const [to, from] of parents.entries()) next.set(row(from), to * (values.length / ports.N));
      return [feed, next] as const;
    });
    const kept = Object.entries(step.kept ?? {}).map(([feed, output]) => [feed, outputs[output] as Values] as const);
    own = { ...own, ...Object.fromEntries(carried), ...Object.fromEntries(kept) };
  }
  signal?.throwIfAborted();
  return searches.map((search) => {
    const result = search.result();
    return attention ? result : withoutAttention(result);
  });
}

/** @throws InputError for logits that have no distribution; where all are -infinity, every token is impossible. */
function logSoftmax(row: Values, { sentence, beam }: { sentence: number; beam: number }): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of row) {
    // A NaN is not less than or equal to anything.
    if (!(logit <= Number.MAX_VALUE)) {
      const what = Number.isNaN(logit) ? "a NaN" : "+infinity";
      throw new InputError(`search: the logits of sentence ${sentence}, beam ${beam} hold ${what}.`);
    }
    if (logit > largest) largest = logit;
  }
  if (largest === Number.NEGATIVE_INFINITY) return Float64Array.from(row);
  let sum = 0;
  for (const logit of row) sum += Math.exp(logit - largest);
  const logSum = Math.log(sum);
  return Float64Array.from(row, (logit) => logit - largest - logSum);
}

function withoutAttention({ hypotheses, ...rest }: SearchResult): SearchResult {
  return { hypotheses: hypotheses.map(({ attention: _, ...hypothesis }) => hypothesis), ...rest };
}
