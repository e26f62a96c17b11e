import { setImmediate } from "node:timers/promises";
import type { Executor, Feeds, Values } from "../../executor/executor.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { mixedLoss } from "./countCache.js";

/** States that are compared before the event loop has a turn. */
const statesAtOnce = 200_000;

/**
 * The continuous cache of Grave et al. (2017): the last N states h_i of a text, each with the token x_i that followed it. The next token
 * after a state h_t has the probability
 *
 *   p(w) = Σ_i 1{w = x_i} exp(θ h_t · h_i) / Σ_i exp(θ h_t · h_i)
 *
 * which a model's is interpolated with. Before the first token there is no cache, and the model's stands alone.
 */
export class HiddenCache {
  readonly #options: { size: number; weight: number; theta: number };
  readonly #executor: Executor;
  /** [N,F], the newest last; rows before the first token are 0. */
  #states: Float32Array | Float64Array | null = null;
  /** [N] the token after each state. */
  readonly #tokens: Int32Array;
  #filled = 0;

  constructor(executor: Executor, options: { size: number; weight: number; theta: number }) {
    this.#executor = executor;
    this.#options = options;
    this.#tokens = new Int32Array(options.size);
  }

  /** Records how like the states of a window are to those of the cache and to each other. hidden [T,1,F] -> [T,N+T]. */
  record(graph: Graph, hidden: Tensor): void {
    const [T, , F] = hidden.shape as [number, number, number];
    const { size } = this.#options;
    const rows = ops.reshape(hidden, [T, F]);
    const all = ops.concat([graph.feed("cache", "f32", [size, F]), rows], 0);
    this.#states ??= new this.#executor.floats(size * F);
    graph.output("cache.scores", ops.matmul(rows, all, { transposeB: true }));
    graph.output("cache.states", rows);
  }

  get feeds(): Feeds {
    return this.#states ? { cache: this.#states } : {};
  }

  /**
   * The losses of a window beside the cache, which then holds its tokens.
   * @param targets of the window, as many as are predicted. @param losses of the model.
   */
  async read(
    targets: Int32Array,
    losses: ArrayLike<number>,
    outputs: Readonly<Record<string, Values>>,
  ): Promise<Float64Array> {
    const { size, weight } = this.#options;
    const scores = outputs["cache.scores"] as Values;
    const states = outputs["cache.states"] as Float32Array | Float64Array;
    const width = (scores.length * (this.#states as Values).length) / size / states.length;
    const tokens = new Int32Array(size + targets.length);
    tokens.set(this.#tokens);
    tokens.set(targets, size);
    const mixed = Float64Array.from(losses).subarray(0, targets.length);
    let compared = 0;
    for (const [t, target] of targets.entries()) {
      const [from, to] = [Math.max(size - this.#filled, t), size + t];
      if (from === to) continue;
      const row = scores.subarray(t * width, (t + 1) * width);
      const p = this.#probability(target, { row, tokens, from, to });
      mixed[t] = mixedLoss(losses[t] as number, { p, weight });
      compared += to - from;
      if (compared < statesAtOnce) continue;
      await setImmediate();
      compared = 0;
    }
    this.#push(targets, states);
    return mixed;
  }

  /** The share of a token among those from..to-1, each weighted by its score. */
  #probability(
    target: number,
    { row, tokens, from, to }: { row: Values; tokens: Int32Array; from: number; to: number },
  ): number {
    const { theta } = this.#options;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i++) most = Math.max(most, row[i] as number);
    let own = 0;
    let all = 0;
    for (let i = from; i < to; i++) {
      const likeness = Math.exp(theta * ((row[i] as number) - most));
      all += likeness;
      if (tokens[i] === target) own += likeness;
    }
    return own / all;
  }

  /** Keeps the last N of the old and the new. @param states [T,F], of which the first `targets.length` count. */
  #push(targets: Int32Array, states: Float32Array | Float64Array): void {
    const { size } = this.#options;
    const kept = this.#states as Float32Array | Float64Array;
    const F = kept.length / size;
    const count = Math.min(size, targets.length);
    const first = targets.length - count;
    kept.copyWithin(0, count * F);
    kept.set(states.subarray(first * F, targets.length * F), (size - count) * F);
    this.#tokens.copyWithin(0, count);
    this.#tokens.set(targets.subarray(first), size - count);
    this.#filled = Math.min(size, this.#filled + targets.length);
  }
}
