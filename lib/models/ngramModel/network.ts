import { OptionError } from "../../errors.js";
import type { Graph } from "../../graph/graph.js";
import { ngramLayout } from "../../graph/ngramLayout.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { constant } from "../../nn/initializers.js";
import { Parameter } from "../../nn/parameter.js";
import type { State, StepEntry } from "../../nn/stateEntry.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, flag, list, option, table, whole, word } from "../../options.js";
import type { TokenNetwork, TokenSequences } from "../textModel/tokenNetwork.js";
import { smoothings } from "./smoothing.js";

/** The longest n-grams that a table holds. */
export const mostOrder = 24;

/** The description of an n-gram model, as config.json keeps it. @interface */
export type NgramModelConfig = OptionsOf<typeof configRules>;

/** The rules of the configuration. */
export const configRules = table("NgramModel", {
  /** V: tokens of the vocabulary. */
  vocabularySize: option(whole({ minimum: 1 }), { flag: null }),
  /** Number of different n-grams of each order from 1 on; that of order 1 is the vocabulary. */
  counts: option(list(whole()), { flag: null }),
  /** The estimate that made the probabilities; "arpa": they were read from a file. Default modifiedKneserNey. */
  smoothing: word([...smoothings, "arpa"], "modifiedKneserNey"),
  /** Make each line a text of its own, as a list of sentences is. Default false. */
  sentences: flag(),
});

/** An n-gram model as a step: its context is a node of the table, a trie, whose children are the words that followed it. */
export class NgramNetwork implements TokenNetwork {
  readonly config: Readonly<Required<NgramModelConfig>>;
  readonly parameters: readonly Parameter[];
  readonly stateEntries: readonly StepEntry[] = [{ name: "context", size: 1, dtype: "i32" }];
  readonly #table: Parameter;

  /** @throws OptionError for counts that no table has. */
  constructor(config: NgramModelConfig) {
    this.config = completeOptions("NgramModel", config, configRules);
    const { counts, vocabularySize } = this.config;
    if (counts.length < 1 || counts.length > mostOrder || counts[0] !== vocabularySize) {
      throw new OptionError(
        `NgramModel: expected counts of 1 to ${mostOrder} orders, the first of them ${vocabularySize}, got ` +
          `${counts.length} with ${counts[0]} first.`,
        ["counts"],
      );
    }
    this.#table = new Parameter("ngrams", [ngramLayout(counts).size], constant(0), { dtype: "i32" });
    this.parameters = [this.#table];
  }

  /** n: words of the longest n-grams. */
  get order(): number {
    return this.config.counts.length;
  }

  nextLogits(ids: Tensor, state: State): { logits: Tensor; last: State } {
    const B = ids.shape[1] as number;
    const rows = [B];
    const { logits, after } = ops.ngramStep({
      ngrams: this.#table.in(ids.graph),
      states: ops.reshape(state.context as Tensor, rows),
      ids: ops.reshape(ids, rows),
      V: this.config.vocabularySize,
    });
    return { logits, last: { context: ops.reshape(after, [B, 1]) } };
  }

  losses(sequences: TokenSequences): { losses: Tensor; count: Tensor; last: State } {
    const { losses, count, last } = this.scores(sequences);
    const [T, B] = losses.shape as [number, number];
    return { losses: ops.reshape(losses, [T * B]), count, last };
  }

  /** The losses, and besides orders i32 [T,B]: words of the n-gram that was found for each target. */
  scores({ inputs, targets, state, lengths }: TokenSequences) {
    const { graph } = inputs;
    const B = inputs.shape[1] as number;
    const { last, ...scores } = ops.ngramLosses({
      ngrams: this.#table.in(graph),
      states: state ? ops.reshape(state.context as Tensor, [B]) : noContext(graph, B),
      inputs,
      targets,
      ...(lengths ? { lengths } : {}),
    });
    return { ...scores, last: { context: ops.reshape(last, [B, 1]) } };
  }
}

/** The state before any text. */
function noContext(graph: Graph, B: number): Tensor {
  return graph.variable({ name: `no context [${B}]`, dtype: "i32", shape: [B] });
}
