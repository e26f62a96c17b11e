import type { Tokenizer } from "../../data/index.js";
import { OptionError, quote } from "../../errors.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { constant } from "../../nn/initializers.js";
import { Parameter } from "../../nn/parameter.js";
import type { State, StepEntry } from "../../nn/stateEntry.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, flag, list, object, option, table, text, whole } from "../../options.js";
import { kindNamed } from "../kindTable.js";
import type { TokenNetwork, TokenSequences } from "../textModel/tokenNetwork.js";

/** The architecture of a mixture, as stored in config.json. @interface */
export type MixtureConfig = OptionsOf<typeof mixtureRules>;

export const mixtureRules = table("Mixture", {
  /** V: tokens of the vocabulary that all parts have. */
  vocabularySize: option(whole({ minimum: 1 }), { flag: null }),
  /** The kind of each part, and its architecture. */
  parts: option(list(object({ model: text(), config: object({}, { open: true }) })), { flag: null }),
  /** Whether each line is a text of its own. Default false. */
  sentences: option(flag(), { flag: null }),
});

/**
 * Networks whose probabilities are interpolated (Jelinek & Mercer 1980):
 *
 *   p(w | h) = w_1 p_1(w | h) + ... + w_K p_K(w | h)
 *
 * Each keeps a state of its own.
 */
export class MixtureNetwork implements TokenNetwork {
  readonly config: Required<MixtureConfig>;
  readonly parts: readonly TokenNetwork[];
  /** [K], which sum to 1. */
  readonly weights: Parameter;
  readonly parameters: readonly Parameter[];
  readonly stateEntries: readonly StepEntry[];
  readonly carriedEntries: readonly StepEntry[];
  /** The shortest of the parts' windows. */
  readonly windowLength?: number;

  constructor(config: MixtureConfig) {
    this.config = completeMixture(config);
    const K = this.config.parts.length;
    this.parts = this.config.parts.map(partNetwork);
    this.weights = new Parameter("weights", [K], constant(1 / K), { frozen: true });
    const own = this.parts.flatMap((part, k) =>
      part.parameters.map((one) => one.frozenAs(`${prefixOf(k)}${one.name}`)),
    );
    this.parameters = [this.weights, ...own];
    const entriesOf = (of: (part: TokenNetwork) => readonly StepEntry[]) =>
      this.parts.flatMap((part, k) => of(part).map((entry) => ({ ...entry, name: `${prefixOf(k)}${entry.name}` })));
    this.stateEntries = entriesOf((part) => part.stateEntries);
    this.carriedEntries = entriesOf((part) => part.carriedEntries ?? part.stateEntries);
    const windowLengths = this.parts.flatMap(({ windowLength }) => windowLength ?? []);
    if (windowLengths.length > 0) this.windowLength = Math.min(...windowLengths);
  }

  readVocabulary(tokenizer: Tokenizer): void {
    for (const part of this.parts) part.readVocabulary?.(tokenizer);
  }

  nextLogits(ids: Tensor, state: State): { logits: Tensor; last: State } {
    const { probability, last } = this.#mixed(ids, (part, k) => {
      const { logits, last } = part.nextLogits(ids, stateOf(k, state));
      return { probability: ops.softmax(logits), last };
    });
    return { logits: ops.log(probability), last };
  }

  losses(sequences: TokenSequences): { losses: Tensor; count: Tensor; last: State } {
    let count: Tensor | null = null;
    const { inputs, state } = sequences;
    const { probability, last } = this.#mixed(inputs, (part, k) => {
      const own = part.losses({ ...sequences, ...(state ? { state: stateOf(k, state) } : {}) });
      count ??= own.count;
      return { probability: ops.exp(ops.affine(own.losses, { scale: -1 })), last: own.last };
    });
    // Divided by what the weights sum to in float32, past the end of a sequence the loss is 0 to the bit.
    const sum = this.parts.map((_, k) => this.#weight(inputs, k)).reduce((a, b) => ops.add(a, b));
    const losses = ops.affine(ops.log(ops.divide(probability, sum)), { scale: -1 });
    return { losses, count: count as unknown as Tensor, last };
  }

  /** The parts' probabilities, weighted and summed, and the state after them. */
  #mixed(
    { graph }: Tensor,
    record: (part: TokenNetwork, k: number) => { probability: Tensor; last: State },
  ): { probability: Tensor; last: State } {
    const all: State = {};
    const weighted = this.parts.map((part, k) => {
      const { probability, last } = graph.prefixed(prefixOf(k), () => record(part, k));
      for (const [name, values] of Object.entries(last)) all[`${prefixOf(k)}${name}`] = values;
      return ops.multiply(probability, this.#weight(probability, k));
    });
    return { probability: weighted.reduce((a, b) => ops.add(a, b)), last: all };
  }

  /** [1] */
  #weight({ graph }: Tensor, k: number): Tensor {
    return ops.slice(this.weights.in(graph), { axis: 0, start: k, end: k + 1 });
  }
}

function completeMixture(config: MixtureConfig): Required<MixtureConfig> {
  const complete = completeOptions("Mixture", config, mixtureRules);
  if (complete.parts.length >= 2) return complete;
  throw new OptionError(`Mixture: expected parts to hold at least 2 models, got ${complete.parts.length}.`);
}

/** The layers of a part. @throws OptionError for a kind that is not known, or none of text. */
function partNetwork({ model, config }: { model: string; config: object }): TokenNetwork {
  const kind = kindNamed(model);
  if (!kind) throw new OptionError(`Mixture: the kind ${quote(model)} of a part is not known (registerKind).`);
  const network = kind.network(config as Record<string, unknown>);
  if ("nextLogits" in network) return network as TokenNetwork;
  throw new OptionError(`Mixture: a ${model} is no model of text.`);
}

/** Prefix of the names of a part's weights and states. */
export function prefixOf(k: number): string {
  return `part ${k + 1}.`;
}

/** A part's own state. */
function stateOf(k: number, state: State): State {
  const own = Object.entries(state).filter(([name]) => name.startsWith(prefixOf(k)));
  return Object.fromEntries(own.map(([name, values]) => [name.slice(prefixOf(k).length), values]));
}
