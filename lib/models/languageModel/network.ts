import { OptionError } from "../../errors.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { GRU } from "../../nn/gru.js";
import { initializer, uniform } from "../../nn/initializers.js";
import { LayerNorm } from "../../nn/layerNorm.js";
import { Linear } from "../../nn/linear.js";
import { LSTM } from "../../nn/lstm.js";
import type { Parameter } from "../../nn/parameter.js";
import type { RecurrentStack, State } from "../../nn/recurrent.js";
import { connections, layerCount } from "../../nn/recurrent.js";
import { RNN } from "../../nn/rnn.js";
import type { TableFor } from "../../options.js";
import { completeOptions, flag, optional, real, text, whole, word } from "../../options.js";
import { cells } from "../cells.js";

/** The architecture of a recurrent language model, as stored in config.json. */
export interface LanguageModelConfig {
  /** V */
  vocabularySize: number;
  /** Default "lstm". */
  cell?: (typeof cells)[number];
  /** Layers on top of each other. Default 2. */
  layers?: number;
  /** H. Default 256. */
  hiddenSize?: number;
  /** E. Default: hiddenSize. */
  embeddingSize?: number;
  /** Dropout on the embedding, between layers and before the output layer (Zaremba et al. 2014). Default 0. */
  dropout?: number;
  /** One dropout mask for all time steps (Gal & Ghahramani 2016). Default false. */
  variational?: boolean;
  /** How layers are connected: see RecurrentOptions. Default "plain". */
  connections?: (typeof connections)[number];
  /** The output layer shares the embedding table (Press & Wolf 2017). Default false. */
  tied?: boolean;
  /** Layer normalisation between the recurrent layers and the output layer. Default false. */
  layerNorm?: boolean;
  /** First values of all weight matrices: "uniform:0.1", "xavier", "orthogonal" ... Default: each layer's own. */
  initializer?: string;
  /** LSTM: first value of the forget gate's bias. Default 1. */
  forgetBias?: number;
  /** GRU: which reset form. Default "after". */
  reset?: "after" | "before";
  /** RNN: which activation. Default "tanh". */
  activation?: "tanh" | "relu";
  /**
   * Each line is a text of its own, read from its beginning and a zero state, in training (SentenceData), measuring and
   * writing. Default false: one running text (WindowData).
   */
  sentences?: boolean;
}

const size = whole({ minimum: 1 });

/** The rules of the architecture's options. */
export const configRules = {
  vocabularySize: size,
  cell: word(cells, "lstm"),
  layers: layerCount(2),
  hiddenSize: whole({ minimum: 1, initial: 256 }),
  embeddingSize: optional(size),
  dropout: real({ minimum: 0, below: 1, initial: 0 }),
  variational: flag(),
  connections: word(connections, "plain"),
  tied: flag(),
  layerNorm: flag(),
  initializer: text({ initial: "default" }),
  forgetBias: real({ initial: 1 }),
  reset: word(["after", "before"], "after"),
  activation: word(["tanh", "relu"], "tanh"),
  sentences: flag(),
} satisfies TableFor<LanguageModelConfig>;

/** The options that belong to one cell. */
const cellOf = { forgetBias: "lstm", reset: "gru", activation: "rnn" } as const;

/** A configuration with every default filled in. @throws OptionError for what does not fit. */
export function completeConfig(config: LanguageModelConfig): Required<LanguageModelConfig> {
  const complete = completeOptions("LanguageModel", config, configRules);
  for (const [option, owner] of Object.entries(cellOf) as [keyof typeof cellOf, string][]) {
    // Completed configurations name every option, also those of the other cells.
    if (complete.cell === owner || complete[option] === configRules[option].initial) continue;
    throw new OptionError(
      `LanguageModel: ${option} belongs to the cell "${owner}", and this model's cell is "${complete.cell}".`,
    );
  }
  return { ...complete, embeddingSize: complete.embeddingSize ?? complete.hiddenSize };
}

/**
 * The layers of a recurrent language model (Mikolov et al. 2010; Zaremba et al. 2014):
 * embedding -> dropout -> recurrent stack -> layer norm? -> dropout -> projection? -> softmax over the vocabulary.
 */
export class LanguageModelNetwork {
  readonly config: Required<LanguageModelConfig>;
  readonly embedding: Embedding;
  readonly recurrent: RecurrentStack;
  readonly output: Linear;
  readonly parameters: readonly Parameter[];
  readonly #inputDropout: Dropout;
  readonly #outputDropout: Dropout;
  readonly #layerNorm: LayerNorm | null;
  /** Brings the stack's features to the size of a tied table. */
  readonly #projection: Linear | null;

  constructor(config: LanguageModelConfig) {
    this.config = completeConfig(config);
    const { vocabularySize, embeddingSize, dropout, variational, tied } = this.config;
    const first = this.config.initializer === "default" ? {} : { initializer: initializer(this.config.initializer) };
    // As output weights, vectors of length sqrt(E) would make a new model sure of itself: its loss would not begin at ln V.
    const small = tied ? { initializer: uniform(0.1) } : {};
    this.embedding = new Embedding("embedding", { vocabularySize, embeddingSize, ...small, ...first });
    this.recurrent = recurrentStack(this.config, first);
    const features = this.recurrent.outputSize;
    this.#layerNorm = this.config.layerNorm ? new LayerNorm("norm", { size: features }) : null;
    const projects = tied && features !== embeddingSize;
    this.#projection = projects
      ? new Linear("projection", { inputSize: features, outputSize: embeddingSize, bias: false, ...first })
      : null;
    this.output = new Linear("output", {
      inputSize: tied ? embeddingSize : features,
      outputSize: vocabularySize,
      ...first,
      ...(tied ? { tied: this.embedding.weight } : {}),
    });
    this.#inputDropout = new Dropout("embedding.dropout", { rate: dropout, variational });
    this.#outputDropout = new Dropout("output.dropout", { rate: dropout, variational });
    this.parameters = [this.embedding, this.recurrent, this.#layerNorm, this.#projection, this.output].flatMap(
      (layer) => layer?.parameters ?? [],
    );
  }

  /**
   * Everything up to the output layer. ids i32 [T,B] -> features [T,B,F] and the last state.
   * @param options.lengths i32 [B]; see RecurrentStack.
   */
  features(ids: Tensor, options: { state?: State; lengths?: Tensor | null }): { features: Tensor; last: State } {
    const embedded = this.#inputDropout.apply(this.embedding.apply(ids));
    const { y, last } = this.recurrent.apply(embedded, options);
    const normed = this.#layerNorm ? this.#layerNorm.apply(y) : y;
    const dropped = this.#outputDropout.apply(normed);
    return { features: this.#projection ? this.#projection.apply(dropped) : dropped, last };
  }

  /** The carried state of B rows, as variables of the store. `role` keeps training, evaluation and generation apart. */
  stateVariables(graph: Graph, role: string, B: number): State {
    return Object.fromEntries(
      Object.entries(this.recurrent.stateSizes).map(([name, H]) => [
        name,
        graph.variable({ name: stateName(role, B, name), dtype: "f32", shape: [B, H] }),
      ]),
    );
  }

  /** Logits of the last time step. ids i32 [T,B] -> [B,V]. */
  nextLogits(ids: Tensor, state: State): { logits: Tensor; last: State } {
    const [T, B] = ids.shape as [number, number];
    const { features, last } = this.features(ids, { state });
    const final = T === 1 ? features : ops.slice(features, { axis: 0, start: T - 1, end: T });
    return { logits: this.output.apply(ops.reshape(final, [B, features.shape[2] as number])), last };
  }
}

/** The store's name of a carried state. */
export function stateName(role: string, B: number, entry: string): string {
  return `state/${role}/${B}/${entry}`;
}

function recurrentStack(config: Required<LanguageModelConfig>, first: object): RecurrentStack {
  const { embeddingSize, hiddenSize, layers, dropout, variational, connections } = config;
  const shared = { inputSize: embeddingSize, hiddenSize, layers, dropout, variational, connections, ...first };
  if (config.cell === "lstm") return new LSTM("rnn", { ...shared, forgetBias: config.forgetBias });
  if (config.cell === "gru") return new GRU("rnn", { ...shared, reset: config.reset });
  return new RNN("rnn", { ...shared, activation: config.activation });
}
