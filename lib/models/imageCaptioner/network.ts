import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Memory } from "../../nn/attention.js";
import { Attention } from "../../nn/attention.js";
import { Convolution } from "../../nn/convolution.js";
import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { uniform } from "../../nn/initializers.js";
import { Linear } from "../../nn/linear.js";
import { Parameter } from "../../nn/parameter.js";
import { RecurrentStack } from "../../nn/recurrent.js";
import type { State, StateEntry } from "../../nn/stateEntry.js";
import type { CompleteConfig } from "../cellConfig.js";
import { optionsOfCell } from "../cellConfig.js";
import type { Decoder, Encoded } from "../decoderStep.js";
import type { ImageCaptionerConfig } from "./config.js";
import { completeCaptionerConfig, regionsOf } from "./config.js";
import type { GridShape } from "./grid.js";
import { slopes } from "./positions.js";

/**
 * The layers of "Show, Attend and Tell" (Xu et al. 2015) with soft attention.
 *
 *   a_1..a_S           the regions of the image, M features each: as they come, or the pixels after convolutions and pooling
 *   h_0, c_0           = tanh(W mean(a) + b), one W for each                      (section 3.1.2)
 *   z_t                = β_t Σ_i α_ti a_i,  α_t = softmax(vᵀ tanh(W h_t-1 + U a_i)),  β_t = σ(W h_t-1 + b)   (4 to 6, 13, 4.2.1)
 *   h_t, c_t           = LSTM([E y_t-1; z_t], h_t-1, c_t-1)                       (1 to 3)
 *   p(y_t)             = softmax(L tanh(W [h_t; z_t; E y_t-1]))                   (7; tanh as in the authors' program)
 */
export class ImageCaptionerNetwork implements Decoder {
  readonly config: CompleteConfig<ImageCaptionerConfig>;
  readonly parameters: readonly Parameter[];
  readonly output: Linear;
  /** The grid of regions that attention looks at, and the features of each. */
  readonly regions: GridShape;
  readonly #convolutions: readonly { layer: Convolution; halves: boolean }[];
  readonly #embedding: Embedding;
  readonly #positions: Parameter | null;
  /** From the mean of the regions to the decoder's first state, by its entries. */
  readonly #first: ReadonlyMap<string, Linear>;
  readonly #attention: Attention | null;
  readonly #gate: Linear | null;
  readonly #decoder: RecurrentStack;
  readonly #combine: Linear;
  readonly #embeddingDropout: Dropout;
  readonly #imageDropout: Dropout;
  readonly #outputDropout: Dropout;

  constructor(config: ImageCaptionerConfig) {
    this.config = completeCaptionerConfig(config);
    const { vocabularySize, hiddenSize, embeddingSize, attentionSize, layers, dropout, tied } = this.config;
    const { attention: scorer, convolutions } = this.config;
    const { halved, ...regions } = regionsOf(this.config);
    const { rows, columns, channels: memorySize } = regions;
    this.regions = regions;
    this.#convolutions = convolutions.map((outputSize, i) => {
      const inputSize = convolutions[i - 1] ?? this.config.channels;
      return { layer: new Convolution(`convolution.${i}`, { inputSize, outputSize }), halves: halved[i] as boolean };
    });
    // As output weights, vectors of length sqrt(E) would make a new model sure of itself: its loss would not begin at ln V.
    const first = tied ? { initializer: uniform(0.1) } : {};
    this.#embedding = new Embedding("embedding", { vocabularySize, embeddingSize, ...first });
    this.#positions = this.config.positions
      ? new Parameter("positions", [rows * columns, 1, memorySize], slopes(regions))
      : null;
    const attends = scorer !== "none";
    this.#attention = attends
      ? new Attention("attention", {
          querySize: hiddenSize,
          memorySize,
          scorer,
          ...(scorer === "additive" ? { size: attentionSize } : {}),
        })
      : null;
    this.#gate = attends && this.config.gate ? new Linear("gate", { inputSize: hiddenSize, outputSize: 1 }) : null;
    const contextSize = attends ? memorySize : 0;
    this.#decoder = new RecurrentStack("decoder", {
      cell: this.config.cell,
      inputSize: embeddingSize + contextSize,
      hiddenSize,
      layers,
      dropout,
      ...optionsOfCell(this.config),
    });
    this.#first = new Map(
      this.#decoder.stateEntries.map(({ name, size: outputSize }) => [
        name,
        new Linear(`first.${name}`, { inputSize: memorySize, outputSize }),
      ]),
    );
    this.#combine = new Linear("combine", {
      inputSize: hiddenSize + contextSize + embeddingSize,
      outputSize: embeddingSize,
    });
    this.output = new Linear("output", {
      inputSize: embeddingSize,
      outputSize: vocabularySize,
      ...(tied ? { tied: this.#embedding.weight } : {}),
    });
    this.#embeddingDropout = new Dropout("embedding.dropout", { rate: dropout });
    this.#imageDropout = new Dropout("image.dropout", { rate: this.config.imageDropout });
    this.#outputDropout = new Dropout("output.dropout", { rate: dropout });
    const all = [
      ...this.#convolutions.map(({ layer }) => layer),
      this.#embedding,
      this.#attention,
      this.#gate,
      ...this.#first.values(),
      this.#decoder,
      this.#combine,
      this.output,
    ];
    this.parameters = [
      ...all.flatMap((layer) => layer?.parameters ?? []),
      ...(this.#positions ? [this.#positions] : []),
    ];
  }

  /** images [B,rows,columns,channels]. */
  encode(images: Tensor): Encoded {
    const { graph } = images;
    const grid = this.#seen(images);
    const [B, rows, columns, M] = grid.shape as [number, number, number, number];
    const S = rows * columns;
    const regions = this.#imageDropout.apply(ops.transpose(ops.reshape(grid, [B, S, M]), 0, 1));
    const placed = this.#positions ? ops.add(regions, this.#positions.in(graph)) : regions;
    const mean = ops.affine(ops.reshape(ops.sumTo(placed, [1, B, M]), [B, M]), { scale: 1 / S });
    const state: State = {};
    for (const [name, linear] of this.#first) state[name] = ops.tanh(linear.apply(mean));
    return { memory: this.#attention?.memory(placed) ?? null, summary: null, state, blocks: null };
  }

  /**
   * Records all steps of the decoder, each reading the true token before, up to what the output layer reads.
   * @param inputs i32 [T,B], the tokens before those that are to be predicted.
   * @returns features [T B,E]; weights [T,B,S] of attention, or null.
   */
  unroll(inputs: Tensor, encoded: Encoded): { features: Tensor; weights: Tensor | null } {
    const { graph } = inputs;
    const [T, B] = inputs.shape as [number, number];
    const embedded = this.#embeddingDropout.apply(this.#embedding.apply(inputs));
    const masks = this.#decoder.dropoutMasks(graph, T, B);
    const { outputs } = ops.scan({ inputs: { embedded, ...masks }, state: encoded.state }, (rows, state) => {
      const { embedded: row, ...own } = rows as Record<string, Tensor>;
      const { features, state: after, weights } = this.#step(row as Tensor, state, encoded, own);
      const results: Record<string, Tensor> = weights ? { features, weights } : { features };
      return { state: after, outputs: results };
    });
    const features = graph.within("output", () => this.#outputDropout.apply(outputs.features as Tensor));
    return {
      features: ops.reshape(features, [T * B, this.config.embeddingSize]),
      weights: outputs.weights ?? null,
    };
  }

  step(tokens: Tensor, state: State, encoded: Encoded): { logits: Tensor; state: State; weights: Tensor | null } {
    const next = this.#step(this.#embedding.apply(tokens), state, encoded, {});
    return { logits: this.output.apply(next.features), state: next.state, weights: next.weights };
  }

  /** The image after its convolutions. */
  #seen(images: Tensor): Tensor {
    const pool = this.config.pooling === "max" ? ops.maxPool : ops.meanPool;
    let grid = images;
    for (const { layer, halves } of this.#convolutions) {
      const seen = ops.relu(layer.apply(grid));
      grid = halves ? images.graph.within(layer.name, () => pool(seen, { size: 2 })) : seen;
    }
    return grid;
  }

  /** embedded [N,E] */
  #step(
    embedded: Tensor,
    state: State,
    { memory }: Encoded,
    masks: Record<string, Tensor>,
  ): { features: Tensor; state: State; weights: Tensor | null } {
    const attended = this.#attend(this.#top(state), memory);
    const context = attended ? [attended.context] : [];
    const { y, state: after } = this.#decoder.step(ops.concat([embedded, ...context], 1), state, masks);
    const features = ops.tanh(this.#combine.apply(ops.concat([y, ...context, embedded], 1)));
    return { features, state: after, weights: attended?.weights ?? null };
  }

  /** query [N,H] -> the gated context [N,M], weights [N,S]. */
  #attend(query: Tensor, memory: Memory | null): { context: Tensor; weights: Tensor } | null {
    if (!this.#attention || !memory) return null;
    const { context, weights } = this.#attention.apply(ops.reshape(query, [1, ...query.shape]), memory);
    const row = ops.reshape(context, context.shape.slice(1));
    return {
      context: this.#gate ? ops.multiply(row, ops.sigmoid(this.#gate.apply(query))) : row,
      weights: ops.reshape(weights, weights.shape.slice(1)),
    };
  }

  /** The decoder's topmost hidden state. */
  #top(state: State): Tensor {
    const top = this.#decoder.stateEntries.findLast(({ kind }) => kind === "h") as StateEntry;
    return state[top.name] as Tensor;
  }
}
