import type { Graph } from "../graph/graph.js";
import type { Shape } from "../graph/program.js";
import type { Tensor } from "../graph/tensor.js";
import type { Initializer } from "./initializers.js";

/** A weight: a named variable of the store with a rule for its first values. */
export class Parameter {
  constructor(
    /** Unique within a model, such as "rnn.weight_ih_l0"; the name in model.safetensors. */
    readonly name: string,
    readonly shape: Shape,
    readonly initializer: Initializer,
  ) {}

  /** The parameter as a tensor of a graph. */
  in(graph: Graph): Tensor {
    return graph.variable({ name: this.name, dtype: "f32", shape: this.shape });
  }
}

/** Something that holds parameters: a layer, or a model made of layers. */
export interface Layer {
  readonly name: string;
  readonly parameters: readonly Parameter[];
}
