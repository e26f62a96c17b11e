import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { Embedding } from "../../nn/embedding.js";
import type { Layer } from "../../nn/layer.js";
import { Linear } from "../../nn/linear.js";
import type { Parameter } from "../../nn/parameter.js";
import { RecurrentStack } from "../../nn/recurrent.js";

/** How the characters of a word become a vector. */
export const characterEncoders = ["rnn", "cnn", "none"] as const;

/** Far below every feature, and finite: what takes no part in a maximum. */
const impossible = -1e30;

/**
 * One vector for the spelling of each word. characters i32 [C,W], lengths i32 [W] -> [W,F]. Padding takes no part.
 *
 *   rnn   the last states of an LSTM in both directions (Lample et al. 2016, section 4.1): F = 2 · size
 *   cnn   the maximum over the places of tanh(W [e_{c-1}; e_c; e_{c+1}] + b) (Ma & Hovy 2016, section 2.1): F = size
 */
export class CharacterEncoder implements Layer {
  readonly parameters: readonly Parameter[];
  readonly outputSize: number;
  readonly #embedding: Embedding;
  readonly #stack: RecurrentStack | null;
  readonly #filters: Linear | null;

  constructor(
    readonly name: string,
    options: { kind: "rnn" | "cnn"; characterCount: number; embeddingSize: number; size: number },
  ) {
    const { kind, characterCount: vocabularySize, embeddingSize, size } = options;
    this.#embedding = new Embedding(`${name}.embedding`, { vocabularySize, embeddingSize });
    const shared = { inputSize: embeddingSize, hiddenSize: size, bidirectional: true };
    this.#stack = kind === "rnn" ? new RecurrentStack(`${name}.rnn`, { cell: "lstm", ...shared }) : null;
    this.#filters =
      kind === "cnn" ? new Linear(`${name}.filters`, { inputSize: 3 * embeddingSize, outputSize: size }) : null;
    this.parameters = [this.#embedding, this.#stack, this.#filters].flatMap((layer) => layer?.parameters ?? []);
    this.outputSize = kind === "rnn" ? 2 * size : size;
  }

  apply(characters: Tensor, lengths: Tensor): Tensor {
    return characters.graph.within(this.name, () => {
      const embedded = lookedUp(this.#embedding.apply(characters), lengths);
      return this.#stack ? lastStates(this.#stack, embedded, lengths) : this.#convolve(embedded, lengths);
    });
  }

  #convolve(x: Tensor, lengths: Tensor): Tensor {
    const [C, W] = x.shape as [number, number, number];
    const padded = ops.pad(ops.mask(x, lengths), { axis: 0, before: 1, after: 1 });
    const windows = [0, 1, 2].map((start) => ops.slice(padded, { axis: 0, start, end: start + C }));
    const features = ops.tanh((this.#filters as Linear).apply(ops.concat(windows, 2)));
    const ones = ops.broadcastTo(ops.affine(x.graph.zeros([]), { shift: 1 }), [C, W, 1]);
    const outside = ops.affine(ops.mask(ones, lengths), { scale: -impossible, shift: impossible });
    return ops.max(ops.add(features, outside), 0);
  }
}

/**
 * Vectors from a table, [T,B,E]. In training a layer may multiply the table's rows instead of all of them (rewrites/smallTable.ts);
 * in use it may not, as that depends on the size of the batch and gives other bits.
 */
export function lookedUp(x: Tensor, lengths: Tensor): Tensor {
  return x.graph.training ? x : ops.mask(x, lengths);
}

function lastStates(stack: RecurrentStack, x: Tensor, lengths: Tensor): Tensor {
  const { last } = stack.apply(x, { lengths });
  const states = stack.stateEntries.filter(({ kind }) => kind === "h").map(({ name }) => last[name] as Tensor);
  return ops.concat(states, 1);
}
