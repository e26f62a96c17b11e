import { OptionError } from "../errors.js";
import type { Shape } from "../graph/program.js";
import { elementsOf } from "../graph/program.js";
import { expectNumber } from "../options.js";
import type { RandomSource } from "../random/source.js";

/** Makes the first values of a parameter of a given shape. */
export type Initializer = (shape: Shape, random: RandomSource) => Float32Array;

/** All values the same. */
export function constant(value: number): Initializer {
  return (shape) => new Float32Array(elementsOf(shape)).fill(value);
}

/** Uniform in [-limit, limit). */
export function uniform(limit: number): Initializer {
  return (shape, random) => Float32Array.from({ length: elementsOf(shape) }, () => (2 * random.uniform() - 1) * limit);
}

/** Normal with mean 0. */
export function normal(deviation: number): Initializer {
  return (shape, random) => Float32Array.from({ length: elementsOf(shape) }, () => random.normal() * deviation);
}

/** Uniform with limit sqrt(6 / (inputs + outputs)) (Glorot & Bengio 2010). */
export const xavierUniform: Initializer = (shape, random) =>
  uniform(Math.sqrt(6 / (fanIn(shape) + fanOut(shape))))(shape, random);

/** Normal with deviation sqrt(2 / (inputs + outputs)) (Glorot & Bengio 2010). */
export const xavierNormal: Initializer = (shape, random) =>
  normal(Math.sqrt(2 / (fanIn(shape) + fanOut(shape))))(shape, random);

/** Normal with deviation sqrt(2 / inputs), for relu (He et al. 2015). */
export const heNormal: Initializer = (shape, random) => normal(Math.sqrt(2 / fanIn(shape)))(shape, random);

/** Uniform with limit 1 / sqrt(inputs): PyTorch's choice for linear layers. */
export const fanInUniform: Initializer = (shape, random) => uniform(1 / Math.sqrt(fanIn(shape)))(shape, random);

/**
 * Orthogonal rows or columns (Saxe et al. 2014), one square block for each gate when the rows are a multiple of the
 * columns, so that each gate's recurrent matrix keeps the length of the state.
 */
export const orthogonal: Initializer = (shape, random) => {
  const [rows, columns] = [fanOut(shape), fanIn(shape)];
  const block = rows % columns === 0 ? columns : rows;
  const values = new Float32Array(rows * columns);
  for (let start = 0; start < rows; start += block)
    values.set(orthogonalBlock(block, columns, random), start * columns);
  return values;
};

/** Gram-Schmidt (done twice, for orthogonality to rounding) over the shorter side of a normal matrix [rows, columns]. */
function orthogonalBlock(rows: number, columns: number, random: RandomSource): Float32Array {
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const v = Float64Array.from({ length }, () => random.normal());
    for (const u of [...vectors, ...vectors]) {
      const along = dot(u, v);
      for (let i = 0; i < length; i++) v[i] = (v[i] as number) - along * (u[i] as number);
    }
    const size = Math.sqrt(dot(v, v));
    if (size > 1e-6) vectors.push(v.map((value) => value / size));
  }
  return Float32Array.from({ length: rows * columns }, (_, e) => {
    const [row, column] = [Math.floor(e / columns), e % columns];
    return (rows <= columns ? vectors[row]?.[column] : vectors[column]?.[row]) as number;
  });
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

/** How an initialiser is written in a configuration: "uniform:0.1", "normal:0.02", "xavier", "orthogonal" ... */
export type InitializerName = `uniform:${number}` | `normal:${number}` | keyof typeof named;

const named = {
  xavier: xavierUniform,
  "xavier-normal": xavierNormal,
  he: heNormal,
  "fan-in": fanInUniform,
  orthogonal,
  zeros: constant(0),
};

/** The initialiser that a name stands for. @throws OptionError for any other word. */
export function initializer(name: string): Initializer {
  const known = (named as Record<string, Initializer>)[name];
  if (known && Object.hasOwn(named, name)) return known;
  const [kind = "", argument = ""] = name.split(":");
  if (kind === "uniform" || kind === "normal") {
    const width = expectNumber(`initializer ${name}`, "its width", argument === "" ? undefined : Number(argument), {
      minimum: 0,
    });
    return kind === "uniform" ? uniform(width) : normal(width);
  }
  const words = ["uniform:WIDTH", "normal:DEVIATION", ...Object.keys(named)];
  throw new OptionError(`initializer: expected one of ${words.join(", ")}, got ${JSON.stringify(name)}.`);
}
