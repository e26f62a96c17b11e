import type { Shape } from "../graph/program.js";
import { checkOption, completeOptions } from "../options.js";
import type { CellSizes } from "./cell.js";
import { initializerRule } from "./initializerRule.js";
import type { Initializer } from "./initializers.js";
import { constant } from "./initializers.js";
import { size } from "./layer.js";

/** The initializers of a layer, from which weights take their first values. */
export interface LayerInitializers {
  readonly initializer: Initializer;
  readonly recurrentInitializer: Initializer;
}

/** A weight that a cell has in each layer and direction. */
export interface CellWeight<IsBias extends boolean = false> {
  readonly shape: Shape;
  readonly first: (layer: LayerInitializers) => Initializer;
  /** Whether `bias: false` leaves it out. */
  readonly isBias: IsBias;
  /** Whether it is a matrix that the state is multiplied with. */
  readonly isRecurrent?: boolean;
}

/** A matrix that x is multiplied with: begins with the layer's `initializer`. */
export function input(shape: Shape): CellWeight {
  return { shape, first: ({ initializer }) => initializer, isBias: false };
}

/** A matrix that the state is multiplied with: begins with the layer's `recurrentInitializer`. */
export function recurrent(shape: Shape): CellWeight {
  return { shape, first: ({ recurrentInitializer }) => recurrentInitializer, isBias: false, isRecurrent: true };
}

/** A bias, which `bias: false` leaves out. Begins with 0, or by an initializer. */
export function bias(shape: Shape, first: Initializer = constant(0)): CellWeight<true> {
  checkOption("bias", "first", first, initializerRule);
  return { shape, first: () => first, isBias: true };
}

/** A weight of any other kind, with an initializer of its own: peepholes, gains, a diagonal. */
export function vector(shape: Shape, first: Initializer): CellWeight {
  checkOption("vector", "first", first, initializerRule);
  return { shape, first: () => first, isBias: false };
}

/** The four weights of a cell whose G gates each read x and h, by PyTorch's names. */
export function gated(G: number, sizes: CellSizes) {
  checkOption("gated", "G", G, size);
  const { I, H } = completeOptions("gated", sizes, { I: size, H: size });
  return {
    weight_ih: input([G * H, I]),
    weight_hh: recurrent([G * H, H]),
    bias_ih: bias([G * H]),
    bias_hh: bias([G * H]),
  };
}
