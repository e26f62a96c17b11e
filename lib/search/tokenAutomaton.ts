import type { Rule } from "../options.js";
import { largestInt32, optional, value } from "../options.js";

/**
 * Which tokens may follow each other: a finite automaton that reads a hypothesis token by token, from state 0 on. Tokens of
 * a class are alike to it.
 */
export interface TokenAutomaton {
  readonly states: number;
  /** [V] the class of each token. */
  readonly classOf: Int32Array;
  /** [classes, states] the state after a token of a class; -1 where no such token may come. */
  readonly next: Int32Array;
}

/** An automaton as an option. That it has a class for each token is known when it meets a step. */
export const automatonRule: Rule<TokenAutomaton | undefined> = optional(
  value("{ states, classOf, next }, whose classes and states exist", isAutomaton),
);

/** The state after a token; -1 if the token may not come. */
export function stateAfter({ states, classOf, next }: TokenAutomaton, state: number, token: number): number {
  return next[(classOf[token] as number) * states + state] as number;
}

function isAutomaton(automaton: unknown): boolean {
  const { states, classOf, next } = (automaton ?? {}) as Partial<TokenAutomaton>;
  if (!(Number.isSafeInteger(states) && classOf instanceof Int32Array && next instanceof Int32Array)) return false;
  const [S, classes] = [states as number, next.length / (states as number)];
  return (
    S >= 1 &&
    S <= largestInt32 &&
    Number.isInteger(classes) &&
    classOf.every((own) => own >= 0 && own < classes) &&
    next.every((state) => state >= -1 && state < S)
  );
}
