import type { DType } from "./program.js";
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
 * An entry of the op catalogue: the one place that says what an op takes, gives and does to its memory. Its file in lib/graph/ops
 * also exports the function that users call, which infers shapes and records the op. The reference executor's kernels see these
 * names, and native/ops/manifest.h is made from them (scripts/native-manifest.mjs).
 *
 * Operands and results are written as in "lengths? i32": the name, "?" where the operand may be absent or an executor need not
 * write the result when nobody reads it, and the type unless it is f32 ("any": several). "...tensors" stands for one or more.
 */
export interface Operation {
  readonly name: string;
  readonly operands: readonly string[];
  readonly results: readonly string[];
  /** Names of the numeric attributes, in the order in which programs store them. */
  readonly attributes?: readonly string[];
  /** Operands that the op may overwrite with rubbish. Nothing may read them afterwards. */
  readonly consumes?: readonly string[];
  /** Operands that are variables and are updated in place. */
  readonly mutates?: readonly string[];
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

/** An operand or a result, as its op declares it. */
export interface Slot {
  readonly name: string;
  readonly dtype: DType | "any";
  /** An operand that may be absent; a result that nobody need write. */
  readonly optional: boolean;
  /** One or more operands under one name. */
  readonly several: boolean;
}

/** What an entry of an op's operands or results says. */
export function slotOf(entry: string): Slot {
  const [, dots, name = "", mark, dtype = "f32"] = /^(\.{3})?(\w+)(\?)?(?: (i32|any))?$/.exec(entry) ?? [];
  if (name === "") throw new Error(`an operation has an operand or a result ${JSON.stringify(entry)}`);
  return { name, dtype: dtype as Slot["dtype"], optional: mark !== undefined, several: dots !== undefined };
}

/** Positions of those operands of an op that have these names. */
export function positionsOf({ operands }: Operation, names: readonly string[] = []): number[] {
  const known = operands.map((entry) => slotOf(entry).name);
  return names.map((name) => known.indexOf(name));
}

const catalogue = new Map<string, Operation>();

/** Adds an op to the catalogue. */
export function defineOperation<T extends Operation>(operation: T): T {
  const { name, operands, results, attributes = [], mutates = [], consumes = [] } = operation;
  if (catalogue.has(name)) throw new Error(`operation ${name} is defined twice`);
  const names = [...[...operands, ...results].map((entry) => slotOf(entry).name), ...attributes];
  const again = names.find((own, i) => names.indexOf(own) !== i);
  if (again) throw new Error(`operation ${name} has two things named ${again}`);
  const positions = positionsOf(operation, [...mutates, ...consumes]);
  if (positions.includes(-1)) throw new Error(`operation ${name} changes an operand that it does not have`);
  catalogue.set(name, operation);
  return operation;
}

/** Every op, by name. */
export function operations(): ReadonlyMap<string, Operation> {
  return catalogue;
}
