import type { Tensor } from "./tensor.js";

/** What the gradient rule of an op is given. All tensors belong to the graph that is being differentiated. */
export interface GradientContext {
  readonly operands: readonly (Tensor | null)[];
  readonly results: readonly Tensor[];
  readonly attributes: readonly number[];
  /** The gradient of the loss with respect to each result; null where nothing depends on it. */
  readonly gradients: readonly (Tensor | null)[];
  /** For each operand: whether anybody wants its gradient. A rule may answer null for the others. */
  readonly needs: readonly boolean[];
}

/**
 * An entry of the op catalogue. Its file in lib/graph/ops also exports the function that users call, which infers shapes
 * and records the op. The same name stands in lib/executor/reference and native/ops.
 */
export interface Operation {
  readonly name: string;
  /** Names of the numeric attributes, in the order in which programs store them. */
  readonly attributes?: readonly string[];
  /** Results that an executor need not write when nobody reads them. */
  readonly optionalResults?: readonly number[];
  /** Operands that the op may overwrite with rubbish. Nothing may read them afterwards. */
  readonly consumes?: readonly number[];
  /** Operands that are variables and are updated in place. */
  readonly mutates?: readonly number[];
  /** In the body of a loop it runs in every step, also where it meets nothing but the world outside. */
  readonly perStep?: boolean;
  /** The result is its operand under another shape: the same memory. */
  readonly view?: boolean;
  /** Gradient with respect to each operand (null where it does not exist). Absent: the op cannot be differentiated. */
  readonly gradient?: (context: GradientContext) => (Tensor | null)[];
  /**
   * Whether the results, given operands joined along their first axis, are the sum of the results for each. The gradient of what
   * a loop meets in every step is then computed once, from all steps, and not added up.
   * @param varies for each operand: whether it is another one in each step, to be joined, and not the same in all.
   */
  readonly sumsRows?: (
    varies: readonly boolean[],
    node: { operands: readonly (Tensor | null)[]; attributes: readonly number[]; results: readonly Tensor[] },
  ) => boolean;
}

const catalogue = new Map<string, Operation>();

/** Adds an op to the catalogue. */
export function defineOperation<T extends Operation>(operation: T): T {
  if (catalogue.has(operation.name)) throw new Error(`operation ${operation.name} is defined twice`);
  catalogue.set(operation.name, operation);
  return operation;
}

/** Every op, by name. */
export function operations(): ReadonlyMap<string, Operation> {
  return catalogue;
}
