import { ShapeError } from "../errors.js";
import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, option, table, word } from "../options.js";
import { initializerOr } from "./initializerRule.js";
import { normal } from "./initializers.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import { Parameter } from "./parameter.js";
import { sliced, sliceLength } from "./slicedInitializer.js";

/** How vectors for positions come about. */
export const positionKinds = ["sinusoidal", "learned"] as const;

/** Options of Positions. @interface */
export type PositionsOptions = OptionsOf<typeof rules>;

const rules = table("Positions", {
  /** F: features of x. */
  size: option(size, { aka: ["d_model", "embedding_dim"] }),
  /** L: positions, from 0. */
  length: option(size, { aka: ["max_len", "block_size", "num_embeddings"] }),
  /** "sinusoidal" (Vaswani et al. 2017, section 3.5) or "learned" (Gehring et al. 2017). Default sinusoidal. */
  kind: word(positionKinds, "sinusoidal"),
  /** First values of learned positions. Default: normal with deviation 0.02. */
  initializer: initializerOr(normal(0.02)),
});

/** sin(p / 10000^(2i/F)) at 2i, and the cosine of the same at 2i + 1 (Vaswani et al. 2017, section 3.5), for p from 0: [L,F]. */
const sinusoids = sliced(function* ([L, F]) {
  const [length, size] = [L as number, F as number];
  const divisors = Float64Array.from({ length: size }, (_, i) => 10_000 ** ((i - (i % 2)) / size));
  const values = new Float32Array(length * size);
  const rows = Math.ceil(sliceLength / size);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < size; i++) {
      const angle = position / (divisors[i] as number);
      values[position * size + i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
    if (position % rows === rows - 1) yield;
  }
  return values;
});

/** A vector for each position, added to x: so that attention, which has no order, knows it. */
export class Positions implements Layer {
  /** [L,F], frozen where the positions are sinusoidal */
  readonly weight: Parameter;
  readonly parameters: readonly Parameter[];

  /** @throws OptionError for an unknown option or one outside its range. */
  constructor(
    readonly name: string,
    options: PositionsOptions,
  ) {
    const { size: F, length, kind, initializer } = completeOptions(expectLayerName("Positions", name), options, rules);
    const frozen = kind === "sinusoidal";
    this.weight = new Parameter(`${name}.weight`, [length, F], frozen ? sinusoids : initializer, { frozen });
    this.parameters = [this.weight];
  }

  /** x [T,B,F] at positions 0 to T - 1. @throws ShapeError for more steps than positions. */
  apply(x: Tensor): Tensor {
    const [length, F] = this.weight.shape as [number, number];
    const { T } = matchShapes(this.name, [["x", x, `T B ${F}`]]) as { T: number };
    if (T > length) throw new ShapeError(`${this.name}: ${x} has more steps than there are positions, ${length}.`);
    const { graph } = x;
    return graph.within(this.name, () => {
      const weight = this.weight.in(graph);
      const own = T === length ? weight : ops.slice(weight, { axis: 0, start: 0, end: T });
      return ops.add(x, ops.reshape(own, [T, 1, F]));
    });
  }

  /** One step: x [N,F], each row at a position of its own. positions i32 [N], below L. */
  step(x: Tensor, positions: Tensor): Tensor {
    matchShapes(this.name, [
      ["x", x, `N ${this.weight.shape[1]}`],
      ["positions", positions, "N", "i32"],
    ]);
    const { graph } = x;
    return graph.within(this.name, () => ops.add(x, ops.embedding(this.weight.in(graph), positions)));
  }
}
