import { InputError } from "../errors.js";
import { checkOption, value } from "../options.js";
import type { BeamSearchOptions } from "./beamSearchOptions.js";
import { completeBeamSearchOptions } from "./beamSearchOptions.js";
import type { SearchResult } from "./hypothesis.js";
import { SentenceSearch } from "./sentenceSearch.js";

/** A model's answer about the next token of some hypotheses. */
export interface StepResult<State> {
  /** [hypotheses][V] log-probabilities. */
  logProbabilities: readonly ArrayLike<number>[];
  /** The state after each. */
  states: readonly State[];
  /** [hypotheses][S] where attention looked; for the coverage penalty and for pictures. */
  attention?: readonly ArrayLike<number>[];
}

/** One step of any model: the last token of each hypothesis, and its state, to what comes next. */
export type StepFunction<State> = (
  ids: readonly number[],
  states: readonly State[],
) => StepResult<State> | Promise<StepResult<State>>;

const stepRule = value("a function from ids and states to the next ones", (step) => typeof step === "function");

/**
 * Beam search over any step function, in plain TypeScript: it follows the `beams` likeliest beginnings, and returns the nBest
 * hypotheses, best first. In each step the candidates are all beams with all tokens; an end among the best `beams` of them
 * ends a hypothesis, and the best others live on. With `sampling` each hypothesis is drawn instead.
 *
 * @param state the state before the first step.
 * @throws OptionError for options that contradict each other.
 * @throws the signal's reason if it fires.
 */
export async function beamSearch<State>(
  step: StepFunction<State>,
  state: State,
  options: BeamSearchOptions,
): Promise<SearchResult> {
  checkOption("beamSearch", "step", step, stepRule);
  const complete = completeBeamSearchOptions(options);
  const search = new SentenceSearch(complete);
  let states = search.tokens.map(() => state);
  while (!search.done) {
    complete.signal?.throwIfAborted();
    const result = await step(search.tokens, states);
    const [rows, next] = [result?.logProbabilities?.length, result?.states?.length];
    if (rows !== states.length || next !== states.length) {
      throw new InputError(
        `beamSearch: expected the step to return logProbabilities and states for ${states.length} hypotheses, got ${rows} and ${next}.`,
      );
    }
    states = search.advance(result).map((parent) => result.states[parent] as State);
    complete.onBest?.(search.best());
  }
  return search.result();
}
