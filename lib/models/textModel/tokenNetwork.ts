import type { Tokenizer } from "../../data/index.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { State } from "../../nn/stateEntry.js";
import type { ModelNetwork } from "../modelKind.js";

/** One entry of the state that a model of text carries from token to token: a tensor [B,size] that begins as zeros, if not said. */
export interface TokenStateEntry {
  /** Its key in a State: "h_l0". */
  readonly name: string;
  readonly size: number;
  /** The type of its values. Default: "f32". */
  readonly dtype?: "f32" | "i32";
  /** Whether it goes on where a line begins afresh: what a text may read of it is for the network to say. Default false. */
  readonly lasts?: boolean;
  /** Whether its rows stay where they are when hypotheses continue others, and the network finds them by indices. Default false. */
  readonly stays?: boolean;
  /** Whether it begins as the number of each row instead of zeros. Default false. */
  readonly ownRow?: boolean;
}

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
  readonly stateEntries: readonly TokenStateEntry[];
  /** Entries that windows of a running text hand on, where not all do: none where each window is read from its beginning. */
  readonly carriedEntries?: readonly TokenStateEntry[];
  /** Most tokens of a window, and of a line with its end, where they are read at once. Absent: any number. */
  readonly windowLength?: number;

  /** Positions of a window that have vectors, which only windows of that length teach. Absent: none. */
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
export function keptState(state: State, keep: Tensor, entries: readonly TokenStateEntry[]): State {
  const lasting = new Set(entries.filter(({ lasts }) => lasts).map(({ name }) => name));
  const kept = (values: Tensor) => (values.dtype === "i32" ? ops.keepIds(values, keep) : ops.multiply(values, keep));
  return Object.fromEntries(
    Object.entries(state).map(([name, values]) => [name, lasting.has(name) ? values : kept(values)]),
  );
}

/** The carried state of B rows, as variables of the store. `role` keeps training, evaluation and generation apart. */
export function stateVariables(
  graph: Graph,
  entries: readonly TokenStateEntry[],
  { role, B }: { role: string; B: number },
): State {
  return Object.fromEntries(
    entries.map(({ name, size, dtype = "f32" }) => [
      name,
      graph.variable({ name: `state/${role}/${B}/${name}`, dtype, shape: [B, size] }),
    ]),
  );
}
