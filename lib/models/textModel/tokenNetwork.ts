import type { Tokenizer } from "../../data/index.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { State, StepEntry } from "../../nn/stateEntry.js";
import type { ModelNetwork } from "../modelKind.js";

/** Tokens of some sequences side by side, and what is to follow each. */
export interface TokenSequences {
  /** i32 [T,B] */
  readonly inputs: Tensor;
  /** i32 [T,B] */
  readonly targets: Tensor;
  /** The state before the first token. Default: the first state. */
  readonly state?: State;
  /** i32 [B] tokens of each sequence; what comes after them has loss 0. Default: T. */
  readonly lengths?: Tensor;
}

/** Recorded losses of sequences. */
export interface TokenLosses {
  /** [T*B] in nats; 0 where there is no target. */
  readonly losses: Tensor;
  /** [] the number of targets. */
  readonly count: Tensor;
  /** The state after the last token. */
  readonly last: State;
  /** [] an amount that training adds to the mean loss. Default: nothing. */
  readonly penalty?: Tensor;
  /** [T,B,F] the state from which each token is predicted, where there is one that a cache may compare with others. */
  readonly hidden?: Tensor;
}

/** The layers of a model of text: a step from a token to the logits of the next, and the losses of whole sequences. */
export interface TokenNetwork extends ModelNetwork {
  readonly config: { readonly vocabularySize: number; readonly sentences: boolean };
  readonly stateEntries: readonly StepEntry[];
  /** Entries that windows of a running text hand on, where not all do: none where each window is read from its beginning. */
  readonly carriedEntries?: readonly StepEntry[];
  /** Most tokens of a window, and of a line with its end, where they are read at once. Absent: any number. */
  readonly windowLength?: number;

  /**
   * Positions that have vectors, which only windows of that length teach: after so many tokens a text begins afresh. Absent or 0: none, and
   * it never does.
   */
  readonly positionVectors?: number;

  /** Takes what it needs of the vocabulary besides the size. Default: nothing. */
  readVocabulary?(tokenizer: Tokenizer): void;

  /** Records a step without dropout. ids i32 [1,B] -> logits [B,V] and the state after it. */
  nextLogits(ids: Tensor, state: State): { logits: Tensor; last: State };

  /**
   * Records the state after texts that are read at once, from the first state, without dropout: the entries that differ from it.
   * Absent: a text is read token by token.
   * @param ids i32 [T,B], T at most `windowLength`.
   * @param last i32 [B], the step of each text's last token; what comes after it is not read.
   */
  stateAfter?(ids: Tensor, last: Tensor): State;

  /** Records the losses of tokens. */
  losses(sequences: TokenSequences): TokenLosses;
}

/**
 * A state where `keep` is 1, and the first state where it is 0, but for what lasts.
 * @param keep [B,1], or a scalar for all rows.
 */
export function keptState(state: State, keep: Tensor, entries: readonly StepEntry[]): State {
  const lasting = new Set(entries.filter(({ lasts }) => lasts).map(({ name }) => name));
  const kept = (values: Tensor) => (values.dtype === "i32" ? ops.keepIds(values, keep) : ops.multiply(values, keep));
  return Object.fromEntries(
    Object.entries(state).map(([name, values]) => [name, lasting.has(name) ? values : kept(values)]),
  );
}

/**
 * The carried state of B rows, as variables of the store. `role` keeps training, evaluation and generation apart; rows of a larger
 * batch have its name.
 */
export function stateVariables(
  graph: Graph,
  entries: readonly StepEntry[],
  { role, B }: { role: string; B: number },
): State {
  return Object.fromEntries(
    entries.map(({ name, size, dtype = "f32" }) => [
      name,
      graph.variable({ name: `state/${role}/${graph.rows?.of ?? B}/${name}`, dtype, shape: [B, size] }),
    ]),
  );
}
