import { readFileSync } from "node:fs";

/** A tensor of a figure. `per`: its data are whole multiples of 1/per. */
export interface FigureTensor {
  shape: number[];
  data: number[];
  per?: number;
}

export type FigureTensors = Record<string, FigureTensor>;

/** Figures that PyTorch computed, as test/parity/figures.py wrote it. */
export function readFigures<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`figures/${name}.json`, import.meta.url), "utf8")) as T;
}

/** The numbers of a tensor, exact in float32 too when they are inputs. */
export function numbers({ data, per = 1 }: FigureTensor): Float64Array {
  return Float64Array.from(data, (value) => value / per);
}

/** Row `index` along the first axis: one layer and direction of a stacked state. */
export function part(tensor: FigureTensor, index: number): FigureTensor {
  const [rows = 1, ...shape] = tensor.shape;
  const size = tensor.data.length / rows;
  return { ...tensor, shape, data: tensor.data.slice(index * size, (index + 1) * size) };
}
