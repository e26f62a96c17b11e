import { describe, ShapeError } from "../errors.js";
import type { Rule } from "../options.js";
import { nullable, value } from "../options.js";
import type { Graph } from "./graph.js";
import type { Shape, ValueType } from "./program.js";
import { shapeText } from "./program.js";

/** A value that a program will compute: its type and shape are known, its numbers are not. */
export class Tensor {
  constructor(
    readonly graph: Graph,
    readonly id: number,
    readonly dtype: ValueType,
    readonly shape: Shape,
    readonly name: string,
  ) {}

  toString(): string {
    return `${this.name} ${this.dtype}${shapeText(this.shape)}`;
  }
}

/** Tensors by name. */
export type NamedTensors<Names extends string = string> = Readonly<Record<Names, Tensor>>;

/** Rules of operands that are given by name. */
export const operand: Rule<Tensor> = value("a Tensor of a Graph", (tensor) => tensor instanceof Tensor);
export const operandIfAny: Rule<Tensor | null> = { ...nullable(operand), initial: null };

/** The tensor itself. @throws ShapeError for anything else. */
export function expectTensor(owner: string, name: string, tensor: unknown): Tensor {
  if (tensor instanceof Tensor) return tensor;
  throw new ShapeError(`${owner}: expected ${name} to be a Tensor of a Graph, got ${describe(tensor)}.`);
}

/**
 * One operand to check: its name in messages, the tensor, and its pattern such as "T B 4H". An operand that may be absent has
 * a name that ends in "?".
 */
export type Expected = readonly [name: string, tensor: Tensor | null | undefined, pattern: string, dtype?: ValueType];

/**
 * Checks the shapes of several operands against each other and returns what each letter stands for.
 *
 * A pattern lists the dimensions: a letter, a multiple of a letter ("4H"), or a number. The first use of a letter binds
 * it; "..." at the start stands for any leading dimensions and is not bound.
 * @throws ShapeError naming the operation, the operand, the expected and the actual shape.
 */
export function matchShapes(operation: string, expected: readonly Expected[]): Record<string, number> {
  const sizes: Record<string, number> = {};
  let graph: Graph | undefined;
  for (const [label, operand, pattern, dtype = "f32"] of expected) {
    const name = label.replace("?", "");
    if (name !== label && (operand === null || operand === undefined)) continue;
    const tensor = expectTensor(operation, name, operand);
    const who = `${operation}: expected ${name}`;
    graph ??= tensor.graph;
    if (tensor.graph !== graph) throw new ShapeError(`${who} to belong to the same graph as the other operands.`);
    if (tensor.dtype !== dtype) throw new ShapeError(`${who} to hold ${dtype} values, got ${tensor}.`);
    const parts = pattern === "" ? [] : pattern.split(" ");
    const open = parts[0] === "...";
    if (open) parts.shift();
    const shape = open ? tensor.shape.slice(tensor.shape.length - parts.length) : tensor.shape;
    const known = { ...sizes };
    const fits = shape.length === parts.length && parts.every((part, i) => matches(part, shape[i] as number, sizes));
    if (!fits) throw new ShapeError(`${who} of shape ${patternText(parts, open, known)}, got ${tensor}.`);
  }
  return sizes;
}

function matches(part: string, size: number, sizes: Record<string, number>): boolean {
  const [, factorText = "", letter = ""] = /^(\d*)([A-Za-z]*)$/.exec(part) ?? [];
  const factor = factorText === "" ? 1 : Number(factorText);
  if (letter === "") return size === factor;
  const known = sizes[letter];
  if (known !== undefined) return size === factor * known;
  if (size % factor !== 0) return false;
  sizes[letter] = size / factor;
  return true;
}

function patternText(parts: readonly string[], open: boolean, sizes: Record<string, number>): string {
  const text = parts.map((part) => {
    const [, factor = "", letter = ""] = /^(\d*)([A-Za-z]*)$/.exec(part) ?? [];
    const size = sizes[letter];
    return letter && size !== undefined ? `${part}=${(factor === "" ? 1 : Number(factor)) * size}` : part;
  });
  return `[${(open ? ["...", ...text] : text).join(",")}]`;
}
