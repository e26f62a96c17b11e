import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { constant, normal } from "../../nn/initializers.js";
import { Linear } from "../../nn/linear.js";
import { Parameter } from "../../nn/parameter.js";
import { RecurrentStack } from "../../nn/recurrent.js";
import type { State } from "../../nn/stateEntry.js";
import { optionsOfCell } from "../cellConfig.js";
import type { CompleteForecasterConfig, ForecasterConfig } from "./config.js";
import { completeForecaster } from "./config.js";
import { lossOf, numbersPerStep } from "./distribution.js";
import { inputSizes } from "./windows.js";

/** Deviation of the first vectors of positions and series. */
const firstDeviation = 0.1;

/** The windows of a batch, as tensors. */
interface WindowFeeds {
  /** [S,B,I] */
  readonly inputs: Tensor;
  /** [M,B,K] */
  readonly known: Tensor | null;
  /** i32 [B] */
  readonly series: Tensor | null;
  /** [B,L] */
  readonly window: Tensor | null;
}

/**
 * The layers of a forecaster. Each segment of w steps is read at once: relu(W x + b) -> recurrent stack. Then
 *
 * - segments (Lin et al. 2023): from the last state, one step for each segment of the horizon, all side by side, whose input is the
 *   vector of its position, and what is known of it;
 * - autoregressive (Salinas et al. 2020): the stack goes on over the segments of the horizon, each read before the next is written.
 *
 * A linear layer makes the numbers of each step's distribution of the stack's output.
 */
export class ForecasterNetwork {
  readonly config: CompleteForecasterConfig;
  readonly parameters: readonly Parameter[];
  readonly #sizes: ReturnType<typeof inputSizes>;
  readonly #input: Linear;
  readonly #recurrent: RecurrentStack;
  readonly #positions: Parameter | null;
  readonly #known: Linear | null;
  readonly #series: { table: Embedding; map: Linear } | null;
  readonly #linear: Linear | null;
  readonly #dropout: Dropout;
  readonly #output: Linear;

  constructor(config: ForecasterConfig) {
    this.config = completeForecaster(config);
    this.#sizes = inputSizes(this.config);
    const {
      cell,
      layers,
      hiddenSize: H,
      dropout,
      lookback,
      segment,
      seriesEmbedding: E,
      decoder,
      linear,
      baseline,
    } = this.config;
    const { M, read, known } = this.#sizes;
    const atOnce = decoder === "segments";
    this.#input = new Linear("input", { inputSize: read, outputSize: H });
    const shared = { inputSize: H, hiddenSize: H, layers, dropout };
    this.#recurrent = new RecurrentStack("rnn", { cell, ...shared, ...optionsOfCell(this.config) });
    this.#positions = atOnce ? new Parameter("positions", [M, H], normal(firstDeviation)) : null;
    this.#known = atOnce && known > 0 ? new Linear("known", { inputSize: known, outputSize: H, bias: false }) : null;
    const first = { initializer: normal(firstDeviation) };
    this.#series =
      E > 0
        ? {
            table: new Embedding("series", { vocabularySize: this.config.series.length, embeddingSize: E, ...first }),
            map: new Linear("series.map", { inputSize: E, outputSize: H, bias: false }),
          }
        : null;
    const zero = { initializer: constant(0) };
    this.#linear = linear ? new Linear("linear", { inputSize: lookback, outputSize: M * segment, ...zero }) : null;
    this.#dropout = new Dropout("output.dropout", { rate: dropout });
    const outputSize = numbersPerStep(this.config) * segment;
    // Beside a forecast that is one already the network begins with no correction of it.
    const begins = baseline === "level" ? {} : zero;
    this.#output = new Linear("output", { inputSize: H, outputSize, ...begins });
    const { table, map } = this.#series ?? { table: null, map: null };
    const layersInOrder = [this.#input, this.#recurrent, this.#known, table, map, this.#linear, this.#output];
    this.parameters = [
      ...layersInOrder.flatMap((layer) => layer?.parameters ?? []),
      ...(this.#positions ? [this.#positions] : []),
    ];
  }

  /** Feeds of a batch of B windows; in training of an autoregressive model the segments of the horizon too. */
  #feeds(graph: Graph, B: number, segments: number): WindowFeeds {
    const { M, read, known } = this.#sizes;
    return {
      inputs: graph.feed("inputs", "f32", [segments, B, read]),
      known: this.#known ? graph.feed("known", "f32", [M, B, known]) : null,
      series: this.#series ? graph.feed("series", "i32", [B]) : null,
      window: this.#linear ? graph.feed("window", "f32", [B, this.config.lookback]) : null,
    };
  }

  /** The mean loss of each value of the horizon, [M,B,w], and how many there are. */
  losses(graph: Graph, B: number): { losses: Tensor; count: Tensor } {
    const { S, M } = this.#sizes;
    const { segment: w, decoder, output } = this.config;
    const atOnce = decoder === "segments";
    const feeds = this.#feeds(graph, B, atOnce ? S : S + M - 1);
    const parts = atOnce ? this.#partsAtOnce(feeds, B) : this.#partsInTurn(feeds, B);
    const y = graph.feed("targets", "f32", [M, B, w]);
    const weights = graph.feed("weights", "f32", [M, B, w]);
    const scale = output === "negative-binomial" ? graph.feed("scale", "f32", [1, B, 1]) : null;
    const losses = ops.multiply(lossOf(this.config, { parts, y, scale }), weights);
    return { losses, count: ops.sum(weights) };
  }

  /** The numbers of all steps of the horizon, each [M,B,w]. */
  forecast(graph: Graph, B: number): readonly Tensor[] {
    return this.#partsAtOnce(this.#feeds(graph, B, this.#sizes.S), B);
  }

  /** Reads the windows: the numbers of the first segment of the horizon, each [1,B,w], and the state after the windows. */
  read(graph: Graph, B: number): { parts: readonly Tensor[]; state: State } {
    const { inputs, series } = this.#feeds(graph, B, this.#sizes.S);
    const { y, last } = this.#recurrent.apply(this.#embed(inputs, series));
    const [S, H] = [this.#sizes.S, this.#recurrent.outputSize];
    const now = ops.slice(y, { axis: 0, start: S - 1, end: S });
    return { parts: this.#parts(ops.reshape(now, [B, H]), 1, B), state: last };
  }

  /** One segment further: the numbers of the next, each [1,B,w]. */
  step(graph: Graph, B: number): { parts: readonly Tensor[]; state: State } {
    const inputs = graph.feed("inputs", "f32", [1, B, this.#sizes.read]);
    const series = this.#series ? graph.feed("series", "i32", [B]) : null;
    const state = Object.fromEntries(
      this.#recurrent.stateEntries.map(({ name, size }) => [name, graph.feed(name, "f32", [B, size])]),
    );
    const { y, last } = this.#recurrent.apply(this.#embed(inputs, series), { state });
    return { parts: this.#parts(ops.reshape(y, [B, this.#recurrent.outputSize]), 1, B), state: last };
  }

  /** Names and sizes of what the stack carries. */
  get stateEntries() {
    return this.#recurrent.stateEntries;
  }

  /** inputs [T,B,I] -> [T,B,H]. An autoregressive model meets the vector of the series here. */
  #embed(inputs: Tensor, series: Tensor | null): Tensor {
    const own = this.#input.apply(inputs);
    const vector = this.config.decoder === "autoregressive" ? this.#vector(series) : null;
    return ops.relu(vector ? ops.add(own, vector) : own);
  }

  /** The vectors of series, as wide as the stack, [B,H]. */
  #vector(series: Tensor | null): Tensor | null {
    return this.#series && series ? this.#series.map.apply(this.#series.table.apply(series)) : null;
  }

  #partsAtOnce({ inputs, known, series, window }: WindowFeeds, B: number): readonly Tensor[] {
    const { graph } = inputs;
    const [{ M }, { hiddenSize: H, segment: w }] = [this.#sizes, this.config];
    const { last } = this.#recurrent.apply(this.#embed(inputs, null));
    const positions = ops.reshape((this.#positions as Parameter).in(graph), [M, 1, H]);
    let asked = ops.broadcastTo(positions, [M, B, H]);
    if (known && this.#known) asked = ops.add(asked, this.#known.apply(known));
    const vector = this.#vector(series);
    if (vector) asked = ops.add(asked, vector);
    const state = Object.fromEntries(
      Object.entries(last).map(([name, h]) => {
        const size = h.shape[1] as number;
        return [name, ops.reshape(ops.broadcastTo(h, [M, B, size]), [M * B, size])];
      }),
    );
    const { y } = this.#recurrent.apply(ops.reshape(asked, [1, M * B, H]), { state });
    const parts = this.#parts(ops.reshape(y, [M * B, this.#recurrent.outputSize]), M, B);
    if (!window || !this.#linear) return parts;
    const line = ops.transpose(ops.reshape(this.#linear.apply(window), [B, M, w]), 0, 1);
    return parts.map((part, k) => (this.#isLocation(k) ? ops.add(part, line) : part));
  }

  #partsInTurn({ inputs, series }: WindowFeeds, B: number): readonly Tensor[] {
    const { S, M } = this.#sizes;
    const { y } = this.#recurrent.apply(this.#embed(inputs, series));
    const last = ops.slice(y, { axis: 0, start: S - 1, end: S + M - 1 });
    return this.#parts(ops.reshape(last, [M * B, this.#recurrent.outputSize]), M, B);
  }

  /** Whether a number of a step moves with its values: a quantile, or the location of a distribution. */
  #isLocation(part: number): boolean {
    return this.config.output === "quantile" || part === 0;
  }

  /** y [M·B,H] -> the numbers of each step, each [M,B,w]. */
  #parts(y: Tensor, M: number, B: number): readonly Tensor[] {
    const { segment: w } = this.config;
    const P = numbersPerStep(this.config);
    const all = ops.reshape(this.#output.apply(this.#dropout.apply(y)), [M, B, P, w]);
    return Array.from({ length: P }, (_, k) =>
      ops.reshape(ops.slice(all, { axis: 2, start: k, end: k + 1 }), [M, B, w]),
    );
  }
}
