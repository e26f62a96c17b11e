import { OptionError } from "../errors.js";
import { Graph } from "../graph/graph.js";
import type { DType, Shape } from "../graph/program.js";
import { elementsOf, firstValues, shapeRule, shapeText } from "../graph/program.js";
import type { Tensor } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, flag, largestInt32, option, table, text, value, word } from "../options.js";
import { initializerRule } from "./initializerRule.js";
import type { Initializer } from "./initializers.js";
import { initialValues } from "./initialValues.js";

/** Largest number of weights, and of bytes of each. */
const mostWeights = largestInt32;
const weightBytes = 4;

/** @throws OptionError for a shape that is none, or holds more weights than a kernel can count. */
function expectFits(name: string, shape: Shape): void {
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size > 0);
  const count = isShape ? elementsOf(shape) : 0;
  if (count <= mostWeights) {
    checkOption(name, "shape", shape, shapeRule);
    return;
  }
  throw new OptionError(
    `${name}: shape ${shapeText(shape)} has ${count} weights, ${Math.ceil((count * weightBytes) / 2 ** 30)} GiB as float32. ` +
      `The most that one can have is ${mostWeights}: choose smaller sizes.`,
  );
}

const dtypes = ["f32", "i32"] as const satisfies readonly DType[];

/** Rule of a graph to record in. */
export const graphRule = value<Graph>("a Graph", (graph) => graph instanceof Graph);

/** The seed of parameters that nobody has initialized when a program first uses them. */
const defaultSeed = 1;

const rules = table("Parameter", {
  /**
   * Type of its values. Those of whole numbers are made by the model itself: they begin as zeros, and nothing learns or rounds
   * them. Default f32.
   */
  dtype: word(dtypes, "f32"),
  /** Leave it as it is in training: it is saved and loaded, and has no gradient and no moments. Default false. */
  frozen: flag(),
  /**
   * A batch uses some rows of it, as of a table of vectors: processes that train together send each other the rows of its gradient that are not 0.
   * Default false.
   */
  table: option(flag(), { aka: ["sparse"] }),
});

/** Options of a Parameter. @interface */
export type ParameterOptions = OptionsOf<typeof rules>;

/** A weight: a named variable of the store with a rule for its first values. */
export class Parameter {
  readonly dtype: DType;
  /** Whether training leaves it as it is. */
  readonly frozen: boolean;
  /** Whether a batch uses some of its rows. */
  readonly table: boolean;

  /**
   * @param name unique within a model, such as "rnn.weight_ih_l0"; the name in model.safetensors.
   * @throws OptionError for a name that is no text, a shape of no size or of more than 2^31 - 1 weights, or no initializer.
   */
  constructor(
    readonly name: string,
    readonly shape: Shape,
    readonly initializer: Initializer,
    options: ParameterOptions = {},
  ) {
    checkOption("Parameter", "name", name, text());
    expectFits(name, shape);
    checkOption(name, "initializer", initializer, initializerRule);
    const { dtype, frozen, table } = completeOptions(name, options, rules);
    this.dtype = dtype;
    this.table = table;
    this.frozen = frozen || dtype === "i32";
  }

  /** The same weight under another name, as training leaves it. */
  frozenAs(name: string): Parameter {
    const { shape, initializer, dtype } = this;
    return new Parameter(name, shape, initializer, { dtype, frozen: true });
  }

  /** The parameter as a tensor of a graph. A store that does not have it yet initializes it, from the seed 1. */
  in(graph: Graph): Tensor {
    checkOption(this.name, "graph", graph, graphRule);
    const { name, dtype, shape } = this;
    const first = dtype === "f32" ? { [firstValues]: () => initialValues(this, defaultSeed) } : {};
    return graph.variable({ name, dtype, shape, ...first });
  }
}

/** The parameters that training changes. */
export function learntParameters({ parameters }: { readonly parameters: readonly Parameter[] }): readonly Parameter[] {
  return parameters.filter(({ frozen }) => !frozen);
}
