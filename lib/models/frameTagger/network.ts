import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { binaryCrossEntropy } from "../../nn/binaryCrossEntropy.js";
import type { CellOptions } from "../../nn/cellRegistry.js";
import { cellNamed } from "../../nn/cellRegistry.js";
import { Dropout } from "../../nn/dropout.js";
import { initializer } from "../../nn/initializers.js";
import { Linear } from "../../nn/linear.js";
import type { Parameter } from "../../nn/parameter.js";
import { connections, layerCount, RecurrentStack } from "../../nn/recurrent.js";
import { noiseOf, recurrentNoiseRules } from "../../nn/recurrentNoise.js";
import type { OptionsOf } from "../../options.js";
import { flag, option, optional, real, table, text, whole, word, yesOrNo } from "../../options.js";
import type { CompleteConfig } from "../cellConfig.js";
import { completeWithCell, optionsOfCell } from "../cellConfig.js";

/** The architecture of a tagger of frames, as stored in config.json. Options of its cell stand beside the others. @interface */
export type FrameTaggerConfig = OptionsOf<typeof frameTaggerRules> & CellOptions;

/** The rules of the architecture's options. */
export const frameTaggerRules = table("FrameTagger", {
  /** I: features of a frame. */
  inputSize: option(whole({ minimum: 1 }), { flag: null, aka: ["input_size", "n_features"] }),
  /** C: labels. */
  classes: option(whole({ minimum: 2 }), { flag: null, aka: ["num_classes", "num_labels"] }),
  /** Recurrent cell: one of the library's, or of those that registerCell has added. Default lstm. */
  cell: cellNamed("lstm"),
  /** Layers on top of each other. Default 1. */
  layers: option(layerCount(1), { aka: ["num_layers", "n_layers"] }),
  /** H: units of a layer, in each direction. Default 128. */
  hiddenSize: option(whole({ minimum: 1, initial: 128 }), { aka: ["hidden", "units", "hidden_dim"] }),
  /**
   * Read the sequence in both directions; otherwise a label depends on the frames up to its own, as one that the next frame is predicted from
   * must. Default: true, except for `next`.
   */
  bidirectional: option(optional(yesOrNo), { aka: ["bidir"] }),
  /** Dropout on the frames that are read. Default 0. */
  inputDropout: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["emb_dropout", "input_dropout"] }),
  /** Dropout between layers and before the output layer. Default 0. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["dropout_rate", "p"] }),
  /** One dropout mask for all time steps (Gal & Ghahramani 2016). Default false. */
  variational: option(flag(), { aka: ["variational_dropout", "locked_dropout"] }),
  ...recurrentNoiseRules,
  /** How layers are connected: see RecurrentStack. Default plain. */
  connections: word(connections, "plain"),
  /** First values of all weight matrices: "uniform:0.1", "normal:0.02", "xavier", "orthogonal" ... Default: each layer's own. */
  initializer: option(text({ initial: "default" }), {
    aka: ["init", "initialization", "kernel_initializer"],
    written: { as: "rule" },
  }),
});

/**
 * The layers of a tagger of frames:
 * frames -> dropout -> recurrent stack -> dropout -> linear -> softmax, or sigmoids where a frame may have several labels.
 */
export class FrameTaggerNetwork {
  readonly config: Omit<CompleteConfig<FrameTaggerConfig>, "bidirectional"> & { bidirectional: boolean };
  readonly parameters: readonly Parameter[];
  readonly #recurrent: RecurrentStack;
  readonly #output: Linear;
  readonly #inputDropout: Dropout;
  readonly #outputDropout: Dropout;

  constructor(config: FrameTaggerConfig) {
    const given = completeWithCell("FrameTagger", config, { table: frameTaggerRules, first: "none" });
    this.config = { ...given, bidirectional: given.bidirectional ?? true };
    const { inputSize, classes, inputDropout, dropout, variational, bidirectional } = this.config;
    const { cell, hiddenSize, layers, connections: form, initializer: chosen } = this.config;
    const first = chosen === "default" ? {} : { initializer: initializer(chosen) };
    const sizes = { inputSize, hiddenSize, layers, bidirectional, dropout, variational, connections: form };
    this.#recurrent = new RecurrentStack("rnn", {
      cell,
      ...sizes,
      ...first,
      ...noiseOf(this.config),
      ...optionsOfCell(this.config),
    });
    this.#output = new Linear("output", { inputSize: this.#recurrent.outputSize, outputSize: classes, ...first });
    this.#inputDropout = new Dropout("frames.dropout", { rate: inputDropout, variational });
    this.#outputDropout = new Dropout("output.dropout", { rate: dropout, variational });
    this.parameters = [...this.#recurrent.parameters, ...this.#output.parameters];
  }

  /** frames [T,B,I], lengths i32 [B] -> the states of the stack for each frame, [T,B,F]. */
  features(frames: Tensor, lengths: Tensor): Tensor {
    return this.#outputDropout.apply(this.#recurrent.apply(this.#inputDropout.apply(frames), { lengths }).y);
  }

  /** Loss of each frame in nats, [T,B], and how many there are. The feed "targets" is i32 [T,B], -1 for none. */
  losses(graph: Graph, features: Tensor): { losses: Tensor; count: Tensor } {
    const [T, B, F] = features.shape as [number, number, number];
    const targets = graph.feed("targets", "i32", [T, B]);
    const { losses, count } = this.#output.crossEntropy(
      ops.reshape(features, [T * B, F]),
      ops.reshape(targets, [T * B]),
    );
    return { losses: ops.reshape(losses, [T, B]), count };
  }

  /**
   * The same where a frame may have several labels: its loss is the sum of theirs. The feed "targets" is f32 [T,B,C], and "counted"
   * f32 [T,B,1] is 1 for the frames that count, 0 for others.
   */
  jointLosses(graph: Graph, features: Tensor): { losses: Tensor; count: Tensor } {
    const [T, B] = features.shape as [number, number, number];
    const each = binaryCrossEntropy(
      this.#output.apply(features),
      graph.feed("targets", "f32", [T, B, this.config.classes]),
    );
    const counted = graph.feed("counted", "f32", [T, B, 1]);
    const losses = ops.multiply(ops.sumTo(each, [T, B, 1]), counted);
    return { losses: ops.reshape(losses, [T, B]), count: ops.sum(counted) };
  }

  /** The likeliest label of each frame, i32 [T,B]. */
  predictions(features: Tensor): Tensor {
    return ops.argmax(this.#output.apply(features), 2);
  }

  /** Probabilities of the labels, [T,B,C]. @param several whether a frame may have several. */
  probabilities(features: Tensor, several: boolean): Tensor {
    const logits = this.#output.apply(features);
    return several ? ops.sigmoid(logits) : ops.softmax(logits);
  }
}
