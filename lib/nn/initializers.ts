import { OptionError } from "../errors.js";
import type { Shape } from "../graph/program.js";
import { elementsOf } from "../graph/program.js";
import { checkOption, real, text } from "../options.js";
import type { RandomSource } from "../random/source.js";
import { sliced, sliceLength } from "./slicedInitializer.js";

/**
 * Makes the first values of a parameter of a given shape, row-major, drawn from `random` in the order of the elements.
 * Any function will do. Those of this file also know how to work a slice at a time, so that large weights leave the event loop
 * free.
 */
export interface Initializer {
  (shape: Shape, random: RandomSource): Float32Array;
  /** The same values; yields between pieces of work of a few milliseconds at most. */
  readonly slices?: (shape: Shape, random: RandomSource) => Generator<void, Float32Array>;
}

/** Rule of a limit or a deviation. */
const width = real({ minimum: 0 });

/** Each element from a function of the random numbers; `draw` is made for the shape. */
function drawn(draw: (shape: Shape) => (random: RandomSource) => number): Initializer {
  return sliced(function* (shape, random) {
    const values = new Float32Array(elementsOf(shape));
    const next = draw(shape);
    for (let begin = 0; begin < values.length; begin += sliceLength) {
      const end = Math.min(begin + sliceLength, values.length);
      for (let i = begin; i < end; i++) values[i] = next(random);
      yield;
    }
    return values;
  });
}

const uniformIn = (limit: number) => (random: RandomSource) => (2 * random.uniform() - 1) * limit;
const normalOf = (deviation: number) => (random: RandomSource) => random.normal() * deviation;

/** All values the same. */
export function constant(number: number): Initializer {
  checkOption("constant", "its value", number, real());
  return drawn(() => () => number);
}

/** Uniform in [-limit, limit). */
export function uniform(limit: number): Initializer {
  checkOption("uniform", "limit", limit, width);
  return drawn(() => uniformIn(limit));
}

/** Normal with mean 0. */
export function normal(deviation: number): Initializer {
  checkOption("normal", "deviation", deviation, width);
  return drawn(() => normalOf(deviation));
}

/** Uniform with limit sqrt(6 / (inputs + outputs)) (Glorot & Bengio 2010). */
export const xavierUniform: Initializer = drawn((shape) => uniformIn(Math.sqrt(6 / (fanIn(shape) + fanOut(shape)))));

/** Normal with deviation sqrt(2 / (inputs + outputs)) (Glorot & Bengio 2010). */
export const xavierNormal: Initializer = drawn((shape) => normalOf(Math.sqrt(2 / (fanIn(shape) + fanOut(shape)))));

/** Normal with deviation sqrt(2 / inputs), for relu (He et al. 2015). */
export const heNormal: Initializer = drawn((shape) => normalOf(Math.sqrt(2 / fanIn(shape))));

/** Uniform with limit 1 / sqrt(inputs): PyTorch's choice for linear layers. */
export const fanInUniform: Initializer = drawn((shape) => uniformIn(1 / Math.sqrt(fanIn(shape))));

/**
 * Orthogonal rows or columns (Saxe et al. 2014), one square block for each gate when the rows are a multiple of the
 * columns, so that each gate's recurrent matrix keeps the length of the state.
 */
export const orthogonal: Initializer = sliced(function* (shape, random) {
  const [rows, columns] = [fanOut(shape), fanIn(shape)];
  const block = rows % columns === 0 ? columns : rows;
  const values = new Float32Array(rows * columns);
  for (let start = 0; start < rows; start += block) {
    values.set(yield* orthogonalBlock(block, columns, random), start * columns);
  }
  return values;
});

/** Gram-Schmidt (done twice, for orthogonality to rounding) over the shorter side of a normal matrix [rows, columns]. */
function* orthogonalBlock(rows: number, columns: number, random: RandomSource): Generator<void, Float32Array> {
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
  const vectors: Float64Array[] = [];
  let work = 0;
  while (vectors.length < count) {
    const v = Float64Array.from({ length }, () => random.normal());
    for (const u of [...vectors, ...vectors]) {
      const along = dot(u, v);
      for (let i = 0; i < length; i++) v[i] = (v[i] as number) - along * (u[i] as number);
      work += length;
      if (work < sliceLength * 16) continue;
      work = 0;
      yield;
    }
    const size = Math.sqrt(dot(v, v));
    if (size > 1e-6) vectors.push(v.map((value) => value / size));
  }
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      values[row * columns + column] = (rows <= columns ? vectors[row]?.[column] : vectors[column]?.[row]) as number;
    }
    if (row % 16 === 15) yield;
  }
  return values;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function fanIn(shape: Shape): number {
  return shape.length < 2 ? elementsOf(shape) : elementsOf(shape.slice(1));
}

function fanOut(shape: Shape): number {
  return shape[0] ?? 1;
}

/** How an initializer is written in a configuration: "uniform:0.1", "normal:0.02", "xavier", "orthogonal" ... @useDeclaredType */
export type InitializerName = `uniform:${number}` | `normal:${number}` | keyof typeof named;

const named = {
  xavier: xavierUniform,
  "xavier-normal": xavierNormal,
  he: heNormal,
  "fan-in": fanInUniform,
  orthogonal,
  zeros: constant(0),
};

/** The initializer that a name stands for. @throws OptionError for any other word. */
export function initializer(name: string): Initializer {
  checkOption("initializer", "name", name, text());
  const known = (named as Record<string, Initializer>)[name];
  if (known && Object.hasOwn(named, name)) return known;
  const [kind = "", argument = "", ...rest] = name.split(":");
  if ((kind === "uniform" || kind === "normal") && rest.length === 0) {
    const number = argument.trim() === "" ? undefined : Number(argument);
    const scale = checkOption(`initializer ${name}`, "its width", number, width);
    return kind === "uniform" ? uniform(scale) : normal(scale);
  }
  const words = ["uniform:WIDTH", "normal:DEVIATION", ...Object.keys(named)];
  throw new OptionError(`initializer: expected one of ${words.join(", ")}, got ${JSON.stringify(name)}.`);
}
