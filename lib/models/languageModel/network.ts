import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { CellOptions } from "../../nn/cellRegistry.js";
import { cellNamed } from "../../nn/cellRegistry.js";
import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { initializer, uniform } from "../../nn/initializers.js";
import { LayerNorm } from "../../nn/layerNorm.js";
import { Linear } from "../../nn/linear.js";
import type { Parameter } from "../../nn/parameter.js";
import type { GateValue } from "../../nn/recurrent.js";
import { connections, layerCount, RecurrentStack } from "../../nn/recurrent.js";
import { noiseOf, recurrentNoiseRules } from "../../nn/recurrentNoise.js";
import type { State, StateEntry } from "../../nn/stateEntry.js";
import type { OptionsOf } from "../../options.js";
import { flag, option, optional, real, table, text, whole, word } from "../../options.js";
import type { CompleteConfig } from "../cellConfig.js";
import { completeWithCell, optionsOfCell } from "../cellConfig.js";
import type { TokenLosses, TokenNetwork, TokenSequences } from "../textModel/tokenNetwork.js";
import type { AwdOptions } from "./awdLstm.js";
import { activationPenalty, awdRules, expectAwdLayers, withoutAwdDefaults } from "./awdLstm.js";

/** The architecture of a recurrent language model, as stored in config.json. Options of its cell stand beside the others. @interface */
export type LanguageModelConfig = OptionsOf<typeof configRules> & CellOptions;

const size = whole({ minimum: 1 });

/** The rules of the architecture's options. */
export const configRules = table("LanguageModel", {
  /** V: tokens of the vocabulary. */
  vocabularySize: option(size, { flag: null, aka: ["vocab_size", "n_vocab"] }),
  /** Recurrent cell: one of the library's, or of those that registerCell has added. Default lstm. */
  cell: cellNamed("lstm"),
  /** Layers on top of each other. Default 2. */
  layers: option(layerCount(2), { aka: ["num_layers", "n_layers", "num_hidden_layers"] }),
  /** H: units of a layer. Default 256. */
  hiddenSize: option(whole({ minimum: 1, initial: 256 }), { aka: ["hidden", "units", "num_units", "d_model", "nhid"] }),
  /** E: size of token vectors. Default: as `hiddenSize`. */
  embeddingSize: option(optional(size), { aka: ["embedding", "embedding_dim", "emb_size", "emsize", "input_size"] }),
  /** Dropout on the embedding, between layers and before the output layer (Zaremba et al. 2014). Default 0. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["dropout_rate", "p"] }),
  /** One dropout mask for all time steps (Gal & Ghahramani 2016). Default false. */
  variational: option(flag(), { aka: ["variational_dropout", "locked_dropout"] }),
  ...recurrentNoiseRules,
  ...awdRules,
  /** How layers are connected: see RecurrentStack. Default plain. */
  connections: word(connections, "plain"),
  /** Share the embedding table with the output layer (Press & Wolf 2017). Default false. */
  tied: option(flag(), { aka: ["tie_weights", "tie_word_embeddings", "tied_weights"] }),
  /** Layer normalisation between the recurrent layers and the output layer. Default false. */
  layerNorm: flag(),
  /** First values of all weight matrices: "uniform:0.1", "normal:0.02", "xavier", "orthogonal" ... Default: each layer's own. */
  initializer: option(text({ initial: "default" }), {
    aka: ["init", "initialization", "kernel_initializer"],
    written: { as: "rule" },
  }),
  /**
   * Make each line a text of its own, read from its beginning and a zero state, in training (SentenceData), measuring and
   * writing, instead of one running text (WindowData). Default false.
   */
  sentences: option(flag(), { aka: ["sentence_level", "line_by_line"] }),
});

/**
 * A configuration with its defaults; of the options of AWD-LSTMs, which older folders do not know, those that are not at their default.
 * @inline
 */
export type CompleteLanguageModelConfig = Omit<CompleteConfig<LanguageModelConfig>, keyof AwdOptions> & AwdOptions;

/** A configuration with its defaults filled in. @throws OptionError for what does not fit. */
export function completeConfig(config: LanguageModelConfig): CompleteLanguageModelConfig {
  const complete = completeWithCell("LanguageModel", config, { table: configRules, first: "all" });
  expectAwdLayers(complete);
  const { sentences, ...others } = withoutAwdDefaults(complete);
  // In the order of older folders, whose digests know it.
  return { ...others, embeddingSize: complete.embeddingSize ?? complete.hiddenSize, sentences };
}

/**
 * The layers of a recurrent language model (Mikolov et al. 2010; Zaremba et al. 2014):
 * embedding -> dropout -> recurrent stack -> layer norm? -> dropout -> projection? -> softmax over the vocabulary.
 */
export class LanguageModelNetwork implements TokenNetwork {
  readonly config: CompleteLanguageModelConfig;
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
    const { inputDropout = dropout, outputDropout = dropout, embeddingDropout = 0 } = this.config;
    const first = this.config.initializer === "default" ? {} : { initializer: initializer(this.config.initializer) };
    // As output weights, vectors of length sqrt(E) would make a new model sure of itself: its loss would not begin at ln V.
    const small = tied ? { initializer: uniform(0.1) } : {};
    const sizes = { vocabularySize, embeddingSize, dropout: embeddingDropout };
    this.embedding = new Embedding("embedding", { ...sizes, ...small, ...first });
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
    this.#inputDropout = new Dropout("embedding.dropout", { rate: inputDropout, variational });
    this.#outputDropout = new Dropout("output.dropout", { rate: outputDropout, variational });
    this.parameters = [this.embedding, this.recurrent, this.#layerNorm, this.#projection, this.output].flatMap(
      (layer) => layer?.parameters ?? [],
    );
  }

  get stateEntries(): readonly StateEntry[] {
    return this.recurrent.stateEntries;
  }

  /**
   * Everything up to the output layer. ids i32 [T,B] -> features [T,B,F] and the last state.
   * @param options.lengths i32 [B]; see RecurrentStack.
   */
  features(ids: Tensor, options: { state?: State; lengths?: Tensor | null }): { features: Tensor; last: State } {
    const { dropped, last } = this.#outputs(ids, options);
    return { features: this.#projected(dropped), last };
  }

  /** The output y [T,B,F] of the recurrent layers, and the same after normalisation and dropout. */
  #outputs(ids: Tensor, options: { state?: State; lengths?: Tensor | null }) {
    const embedded = this.#inputDropout.apply(this.embedding.apply(ids));
    const { y, last } = this.recurrent.apply(embedded, options);
    return { y, dropped: this.#dropped(y), last };
  }

  /** The embedded tokens, and what each recurrent layer makes of them, [T,B,F] each. ids i32 [T,B], lengths i32 [B]. */
  layers(ids: Tensor, lengths: Tensor): { embedded: Tensor; layers: Tensor[] } {
    const embedded = this.embedding.apply(ids);
    return { embedded, layers: this.recurrent.apply(embedded, { lengths }).layers };
  }

  /** One step without dropout, by the equation of the cell. ids i32 [B] -> y [B,F], the features, and the state. */
  step(ids: Tensor, before: State): { y: Tensor; state: State } {
    const { y, state } = this.recurrent.step(this.embedding.apply(ids), before);
    return { y: this.#projected(this.#dropped(y)), state };
  }

  /** The same, and how far open the gates are. */
  stepWithGates(ids: Tensor, before: State): { y: Tensor; state: State; gates: GateValue[] } {
    const { y, state, gates } = this.recurrent.stepWithGates(this.embedding.apply(ids), before);
    return { y: this.#projected(this.#dropped(y)), state, gates };
  }

  #dropped(y: Tensor): Tensor {
    return this.#outputDropout.apply(this.#layerNorm ? this.#layerNorm.apply(y) : y);
  }

  #projected(dropped: Tensor): Tensor {
    return this.#projection ? this.#projection.apply(dropped) : dropped;
  }

  losses({ inputs, targets, state, lengths }: TokenSequences): TokenLosses {
    const padded = lengths ? { lengths } : {};
    const { y, dropped, last } = this.#outputs(inputs, { ...padded, ...(state ? { state } : {}) });
    const features = this.#projected(dropped);
    const rows = ops.reshape(targets, [(targets.shape[0] as number) * (targets.shape[1] as number)]);
    const { losses, count } = this.output.crossEntropy(ops.asRows(features), rows);
    const penalty = activationPenalty({ y, dropped, count, ...padded }, this.config);
    return { losses, count, last, hidden: y, ...(penalty ? { penalty } : {}) };
  }

  nextLogits(ids: Tensor, state: State): { logits: Tensor; last: State } {
    const { features, last } = this.features(ids, { state });
    return { logits: this.output.apply(ops.asRows(features)), last };
  }
}

function recurrentStack(config: CompleteLanguageModelConfig, first: object): RecurrentStack {
  const { cell, embeddingSize, hiddenSize, lastHiddenSize, layers, variational, connections } = config;
  const { layerDropout: dropout = config.dropout } = config;
  const shared = { inputSize: embeddingSize, hiddenSize, layers, dropout, variational, connections };
  const last = lastHiddenSize === undefined ? {} : { lastHiddenSize };
  const own = { ...noiseOf(config), ...optionsOfCell(config) };
  return new RecurrentStack("rnn", { cell, ...shared, ...last, ...first, ...own });
}
