import type { Graph } from "./graph.js";
import type { Shape, ValueType } from "./program.js";
import type { Tensor } from "./tensor.js";

/** The name in "name? i32". */
export type NameIn<Entry extends string> = Entry extends `...${infer Name}`
  ? Name
  : Entry extends `${infer Name}? ${string}`
    ? Name
    : Entry extends `${infer Name} ${string}`
      ? Name
      : Entry extends `${infer Name}?`
        ? Name
        : Entry;

/** Values by the names of some entries: null where one may be absent, a list where there may be several. */
export type Named<Entries extends readonly string[], V, Absent = null> = {
  readonly [Entry in Entries[number] as NameIn<Entry>]: Entry extends `...${string}`
    ? readonly V[]
    : Entry extends `${string}?${string}`
      ? V | Absent
      : V;
};

/** The same, none of them absent. */
export type All<Entries extends readonly string[], V> = { readonly [Entry in Entries[number] as NameIn<Entry>]: V };

/** An op as its gradient rule sees it: its operands, results and attributes by name, all of the graph that is differentiated. */
export type Seen<O extends readonly string[], R extends readonly string[], A extends readonly string[]> = {
  readonly graph: Graph;
} & Named<O, Tensor> &
  All<R, Tensor> &
  All<A, number>;

/** Gradients that a rule is given: `dy` for the result y, and so on; null where nothing depends on one of several. */
export type Incoming<R extends readonly string[]> = {
  readonly [Entry in R[number] as `d${NameIn<Entry>}`]: R extends readonly [string] ? Tensor : Tensor | null;
};

/** Gradients that it answers: `dx` for the operand x, and so on; nothing where there is none. */
export type Outgoing<O extends readonly string[]> = {
  readonly [Entry in O[number] as `d${NameIn<Entry>}`]?: Entry extends `...${string}`
    ? readonly (Tensor | null | false)[]
    : Tensor | null | false | undefined;
};

/**
 * An entry of the op catalogue: the one place that says what an op takes, gives and does to its memory. Its file in lib/graph/ops
 * also exports the function that users call, which infers shapes and records the op. The reference executor's kernels see these
 * names, and native/ops/manifest.h is made from them (scripts/native-manifest.mjs).
 *
 * Operands and results are written as in "lengths? i32": the name, "?" where the operand may be absent or an executor need not
 * write the result when nobody reads it, and the type unless it is f32 ("any": several; "saved": see ValueType). "...tensors" stands for one or more.
 */
export interface Operation<
  O extends readonly string[] = readonly string[],
  R extends readonly string[] = readonly string[],
  A extends readonly string[] = readonly string[],
> {
  readonly name: string;
  readonly operands: O;
  readonly results: R;
  /** Names of the numeric attributes, in the order in which programs store them. */
  readonly attributes?: A;
  /** Operands that the op may overwrite with anything. Nothing may read them afterwards. */
  readonly consumes?: readonly NameIn<O[number]>[];
  /** The only op that may read the results. */
  readonly readBy?: string;
  /** Operands that are variables and are updated in place. */
  readonly mutates?: readonly NameIn<O[number]>[];
  /** In the body of a loop it runs in every step, also where it meets nothing but the world outside. */
  readonly perStep?: boolean;
  /**
   * The result is the first operand in the same memory: under another shape, or, where that operand is consumed, as the op has changed
   * it.
   */
  readonly view?: boolean;
  /**
   * The gradients with respect to the operands. Absent: the op cannot be differentiated.
   * @param needs whether anybody wants the gradient of an operand; a rule may leave out the others.
   */
  gradient?(seen: Seen<O, R, A>, incoming: Incoming<R>, needs: Named<O, boolean, never>): Outgoing<O>;
  /**
   * Whether the results, given operands joined along their first axis, are the sum of the results for each. The gradient of what
   * a loop meets in every step is then computed once, from all steps, and not added up.
   * @param varies whether an operand is another one in each step, to be joined, and not the same in all.
   */
  sumsRows?(varies: Named<O, boolean, never>, shapes: ShapesOf<O, R, A>): boolean;
  /** The cost of a run, where that is more than to read and write every value once. */
  cost?(shapes: ShapesOf<O, R, A>): Partial<OpCost>;
}

/** Shapes of operands and results by name, null for an operand that is absent; and attributes. */
export type ShapesOf<O extends readonly string[], R extends readonly string[], A extends readonly string[]> = Named<
  O,
  Shape
> &
  All<R, Shape> &
  All<A, number>;

/** The cost of one run of an op. */
export interface OpCost {
  /** Multiplications and additions of its matrix products. */
  readonly flops: number;
  /** Bytes that it reads and writes. */
  readonly bytes: number;
}

/** An operand or a result, as its op declares it. */
export interface Slot {
  readonly name: string;
  readonly dtype: ValueType | "any";
  /** An operand that may be absent; a result that nobody need write. */
  readonly optional: boolean;
  /** One or more operands under one name. */
  readonly several: boolean;
}

/** An entry of an op's operands or results, taken apart. */
export function slotOf(entry: string): Slot {
  const [, dots, name = "", mark, dtype = "f32"] = /^(\.{3})?(\w+)(\?)?(?: (i32|saved|any))?$/.exec(entry) ?? [];
  if (name === "") throw new Error(`an operation has an operand or a result ${JSON.stringify(entry)}`);
  return { name, dtype: dtype as Slot["dtype"], optional: mark !== undefined, several: dots !== undefined };
}

/** Positions of those operands of an op that have these names. */
export function positionsOf({ operands }: Operation, names: readonly string[] = []): number[] {
  const known = operands.map((entry) => slotOf(entry).name);
  return names.map((name) => known.indexOf(name));
}

/** Values in the order of some entries, by name: one that stands for several gets the list. */
export function byName<V>(entries: readonly string[], values: readonly V[]): Record<string, V | readonly V[]> {
  return Object.fromEntries(
    entries.map((entry, i) => [slotOf(entry).name, slotOf(entry).several ? values : (values[i] as V)]),
  );
}

/** The reverse: values by name as a list, null where one is absent. */
export function inOrder<V>(entries: readonly string[], values: Readonly<Record<string, unknown>>): (V | null)[] {
  return entries.flatMap((entry) => {
    const { name, several } = slotOf(entry);
    return several ? (values[name] as V[]) : [(values[name] as V | undefined) ?? null];
  });
}

const catalogue = new Map<string, Operation>();

/** Adds an op to the catalogue. */
export function defineOperation<
  const O extends readonly string[],
  const R extends readonly string[],
  const A extends readonly string[] = [],
>(operation: Operation<O, R, A>): Operation<O, R, A> {
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
