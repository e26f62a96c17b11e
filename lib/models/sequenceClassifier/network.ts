import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { binaryCrossEntropy } from "../../nn/binaryCrossEntropy.js";
import type { CellOptions } from "../../nn/cellRegistry.js";
import { cellNamed } from "../../nn/cellRegistry.js";
import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { constant, initializer, normal } from "../../nn/initializers.js";
import { Linear } from "../../nn/linear.js";
import { Parameter } from "../../nn/parameter.js";
import { connections, layerCount, RecurrentStack } from "../../nn/recurrent.js";
import { noiseOf, recurrentNoiseRules } from "../../nn/recurrentNoise.js";
import type { OptionsOf } from "../../options.js";
import { flag, list, option, optional, real, table, text, whole, word } from "../../options.js";
import type { CompleteConfig } from "../cellConfig.js";
import { completeWithCell, optionsOfCell } from "../cellConfig.js";
import { mostRows } from "./linearModel.js";
import { Pooling, poolings } from "./pooling.js";

/** The architecture of a classifier, as stored in config.json. Options of its cell stand beside the others. @interface */
export type SequenceClassifierConfig = OptionsOf<typeof classifierRules> & CellOptions;

const size = whole({ minimum: 1 });

/** The rules of the architecture's options. */
export const classifierRules = table("SequenceClassifier", {
  /** Kind of the inputs: "tokens" of texts, or "vectors". Default tokens. */
  input: option(word(["tokens", "vectors"], "tokens"), { flag: null }),
  /** V: tokens of the vocabulary; of a classifier of vectors I, the features of a frame. */
  vocabularySize: option(size, { flag: null, aka: ["vocab_size"] }),
  /** C: labels. */
  classes: option(whole({ minimum: 2 }), { flag: null, aka: ["num_classes", "num_labels"] }),
  /** A text may have several labels, or none: a sigmoid for each in place of one softmax. Default false. */
  multiLabel: option(flag(), { aka: ["multi_label", "multilabel"] }),
  /** Recurrent cell: one of the library's, or of those that registerCell has added. Default gru. */
  cell: cellNamed("gru"),
  /** Layers on top of each other. Default 1. */
  layers: option(layerCount(1), { aka: ["num_layers", "n_layers"] }),
  /** H: units of a layer, in each direction. Default 128. */
  hiddenSize: option(whole({ minimum: 1, initial: 128 }), { aka: ["hidden", "units", "hidden_dim"] }),
  /** E: size of token vectors. Default: as `hiddenSize`. */
  embeddingSize: option(optional(size), { aka: ["embedding", "embedding_dim"] }),
  /** Read the text in both directions. Default true. */
  bidirectional: option(flag(true), { aka: ["bidir"] }),
  /**
   * How the states of all steps become one vector: "last" of each direction; "max" or "mean" of each feature over time; or
   * "attention", a mean whose weights are learnt (Yang et al. 2016). Default attention.
   */
  pooling: option(word(poolings, "attention"), { aka: ["pool", "attention"] }),
  /** Dropout on embeddings, between layers and before the output layer. Default 0. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["dropout_rate", "p"] }),
  /** One dropout mask for all time steps (Gal & Ghahramani 2016). Default false. */
  variational: option(flag(), { aka: ["variational_dropout", "locked_dropout"] }),
  ...recurrentNoiseRules,
  /**
   * R: rows of the table of a linear model, kept beside the network for comparison: for hashes of words, or one for each feature of
   * vectors; 0 for none. See `fitLinear`. Default 0.
   */
  linearRows: option(whole({ maximum: mostRows, initial: 0 }), { flag: null }),
  /**
   * Commonest label of the texts to learn from, in a list, or where a text may have several the commonest set: `evaluate` says how well
   * it does alone. See `majorityOf`. Default: not known.
   */
  majority: option(optional(list(text())), { flag: null }),
  /** How layers are connected: see RecurrentStack. Default plain. */
  connections: word(connections, "plain"),
  /** First values of all weight matrices: "uniform:0.1", "normal:0.02", "xavier", "orthogonal" ... Default: each layer's own. */
  initializer: option(text({ initial: "default" }), {
    aka: ["init", "initialization", "kernel_initializer"],
    written: { as: "rule" },
  }),
});

/** A configuration with every default filled in, and the majority only where it is known. @inline */
export type CompleteClassifierConfig = CompleteConfig<Omit<SequenceClassifierConfig, "majority">> &
  Pick<SequenceClassifierConfig, "majority">;

/**
 * The layers of a classifier of sequences:
 * embedding -> dropout -> recurrent stack -> pooling over time -> dropout -> linear -> softmax, or sigmoids.
 */
export class SequenceClassifierNetwork {
  readonly config: CompleteClassifierConfig;
  readonly parameters: readonly Parameter[];
  /** The table of tokens' vectors, or what maps vectors to others. */
  readonly #embedding: Embedding | Linear;
  readonly #recurrent: RecurrentStack;
  readonly #pooling: Pooling;
  readonly #output: Linear;
  readonly #inputDropout: Dropout;
  readonly #outputDropout: Dropout;

  constructor(config: SequenceClassifierConfig) {
    const { majority, ...given } = completeWithCell("SequenceClassifier", config, {
      table: classifierRules,
      first: "none",
    });
    const embeddingSize = given.embeddingSize ?? given.hiddenSize;
    this.config = { ...given, embeddingSize, ...(majority ? { majority } : {}) };
    const { vocabularySize, classes, dropout, variational, pooling } = this.config;
    const first = this.config.initializer === "default" ? {} : { initializer: initializer(this.config.initializer) };
    // Vectors of deviation 1 drown what is learnt of rare words: SST-2 loses 4 points of accuracy.
    this.#embedding =
      this.config.input === "vectors"
        ? new Linear("embedding", { inputSize: vocabularySize, outputSize: embeddingSize, ...first })
        : new Embedding("embedding", { vocabularySize, embeddingSize, initializer: normal(0.1), ...first });
    this.#recurrent = stackOf(this.config, first);
    this.#pooling = new Pooling("pooling", { kind: pooling, stack: this.#recurrent });
    const { outputSize: inputSize } = this.#pooling;
    this.#output = new Linear("output", { inputSize, outputSize: classes, ...first });
    this.#inputDropout = new Dropout("embedding.dropout", { rate: dropout, variational });
    this.#outputDropout = new Dropout("output.dropout", { rate: dropout });
    const layers = [this.#embedding, this.#recurrent, this.#pooling, this.#output];
    this.parameters = [...layers.flatMap((layer) => layer.parameters), ...this.#linear()];
  }

  /** The weights of the linear model beside the network, which training leaves alone. */
  #linear(): Parameter[] {
    const { linearRows: rows, classes } = this.config;
    if (rows === 0) return [];
    const frozen = (name: string, shape: number[]) => new Parameter(name, shape, constant(0), { frozen: true });
    return [frozen("linear.weight", [rows, classes]), frozen("linear.bias", [classes])];
  }

  /** ids i32 [T,B] or frames [T,B,I], lengths i32 [B] -> features [B,F], and with attention its weights [B,T]. */
  features(inputs: Tensor, lengths: Tensor): { features: Tensor; weights: Tensor | null } {
    const embedded = this.#inputDropout.apply(this.#embedding.apply(inputs));
    const read = this.#recurrent.apply(embedded, { lengths });
    const { pooled, weights } = this.#pooling.apply(read, lengths);
    return { features: this.#outputDropout.apply(pooled), weights };
  }

  /** The embedded tokens or frames, and what each recurrent layer makes of them, [T,B,F] each. */
  layers(inputs: Tensor, lengths: Tensor): { embedded: Tensor; layers: Tensor[] } {
    const embedded = this.#embedding.apply(inputs);
    return { embedded, layers: this.#recurrent.apply(embedded, { lengths }).layers };
  }

  /** Loss of each text in nats, [B], and how many there are. features [B,F]; targets i32 [B], or f32 [B,C] for several labels. */
  losses(graph: Graph, features: Tensor): { losses: Tensor; count: Tensor } {
    const [B] = features.shape as [number, number];
    const { multiLabel, classes } = this.config;
    if (!multiLabel) return this.#output.crossEntropy(features, graph.feed("targets", "i32", [B]));
    const each = binaryCrossEntropy(this.#output.apply(features), graph.feed("targets", "f32", [B, classes]));
    const losses = ops.reshape(ops.sumTo(each, [B, 1]), [B]);
    return { losses, count: ops.affine(graph.zeros([]), { shift: B }) };
  }

  /** The likeliest label of each text, i32 [B]. */
  predictions(features: Tensor): Tensor {
    return ops.argmax(this.#output.apply(features), 1);
  }

  /** Probabilities of the labels, [B,C]. */
  probabilities(features: Tensor): Tensor {
    const logits = this.#output.apply(features);
    return this.config.multiLabel ? ops.sigmoid(logits) : ops.softmax(logits);
  }
}

function stackOf(config: CompleteClassifierConfig, first: object): RecurrentStack {
  const { cell, embeddingSize, hiddenSize, layers, bidirectional, dropout, variational, connections } = config;
  const shared = { inputSize: embeddingSize, hiddenSize, layers, bidirectional, dropout, variational, connections };
  return new RecurrentStack("rnn", { cell, ...shared, ...first, ...noiseOf(config), ...optionsOfCell(config) });
}
