import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { fanInUniform } from "../../nn/initializers.js";
import type { Layer } from "../../nn/layer.js";
import { Linear } from "../../nn/linear.js";
import { Parameter } from "../../nn/parameter.js";
import type { RecurrentStack } from "../../nn/recurrent.js";
import type { State } from "../../nn/stateEntry.js";

/** How the states of all steps become one vector. */
export const poolings = ["attention", "max", "mean", "last"] as const;

/** Far below every feature, and finite: what takes no part in a maximum. */
const impossible = -1e30;

/**
 * One vector for a sequence. y [T,B,F] of a recurrent stack, lengths i32 [B] -> [B,F']. Padding takes no part.
 *
 *   attention   u_t = tanh(W y_t + b)   α = softmax over t of vᵀ u_t   sum of α_t y_t   (Yang et al. 2016, equations 5 to 7)
 *   last        h of the uppermost layer after the last step, of both directions: [B,H] or [B,2H]
 */
export class Pooling implements Layer {
  readonly parameters: readonly Parameter[];
  readonly outputSize: number;
  readonly #kind: (typeof poolings)[number];
  readonly #stack: RecurrentStack;
  readonly #projection: Linear | null = null;
  readonly #v: Parameter | null = null;

  constructor(
    readonly name: string,
    options: { kind: (typeof poolings)[number]; stack: RecurrentStack },
  ) {
    this.#kind = options.kind;
    this.#stack = options.stack;
    const size = options.stack.outputSize;
    if (this.#kind === "attention") {
      this.#projection = new Linear(`${name}.projection`, { inputSize: size, outputSize: size });
      this.#v = new Parameter(`${name}.v`, [size], (shape, random) => fanInUniform([1, ...shape], random));
    }
    this.parameters = [...(this.#projection?.parameters ?? []), ...(this.#v ? [this.#v] : [])];
    this.outputSize =
      this.#kind === "last" ? lastEntries(this.#stack).reduce((sum, entry) => sum + entry.size, 0) : size;
  }

  /** @returns the vector [B,F'], and with attention its weights [B,T]. */
  apply({ y, last }: { y: Tensor; last: State }, lengths: Tensor): { pooled: Tensor; weights: Tensor | null } {
    return y.graph.within(this.name, () => {
      if (this.#kind === "attention") return this.#attend(y, lengths);
      return {
        pooled: this.#kind === "last" ? lastOf(this.#stack, last) : overTime(this.#kind, y, lengths),
        weights: null,
      };
    });
  }

  #attend(y: Tensor, lengths: Tensor): { pooled: Tensor; weights: Tensor } {
    const [T, B, F] = y.shape as [number, number, number];
    const { graph } = y;
    const keys = (this.#projection as Linear).apply(y);
    const v = (this.#v as Parameter).in(graph);
    // The same question to every sequence: its part of the score is in the projection's bias.
    const query = graph.zeros([1, B, F]);
    const { context, weights } = ops.attention({ query, keys, values: y, v, lengths });
    return { pooled: ops.reshape(context, [B, F]), weights: ops.reshape(weights, [B, T]) };
  }
}

function overTime(kind: "max" | "mean", y: Tensor, lengths: Tensor): Tensor {
  const [T, B, F] = y.shape as [number, number, number];
  const ones = ops.broadcastTo(ops.affine(y.graph.zeros([]), { shift: 1 }), [T, B, 1]);
  const within = ops.mask(ones, lengths);
  if (kind === "max") {
    return ops.max(ops.add(y, ops.affine(within, { scale: -impossible, shift: impossible })), 0);
  }
  const sums = ops.reshape(ops.sumTo(y, [1, B, F]), [B, F]);
  return ops.divide(sums, ops.reshape(ops.sumTo(within, [1, B, 1]), [B, 1]));
}

function lastEntries({ stateEntries }: RecurrentStack) {
  const top = Math.max(...stateEntries.map(({ layer }) => layer));
  return stateEntries.filter(({ kind, layer }) => kind === "h" && layer === top);
}

function lastOf(stack: RecurrentStack, last: State): Tensor {
  const states = lastEntries(stack).map(({ name }) => last[name] as Tensor);
  return states.length === 1 ? (states[0] as Tensor) : ops.concat(states, 1);
}
