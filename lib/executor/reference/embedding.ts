import { InputError } from "../../errors.js";
import type {
  embeddingGradient as embeddingGradientOperation,
  embeddingOperation,
  sumRowsOperation,
} from "../../graph/ops/embedding.js";
import type { Call } from "./kernel.js";
import { lastOf } from "./kernel.js";

/** @throws InputError for an id outside minimum..V-1. */
export function expectIds(operation: string, ids: Int32Array, { minimum, V }: { minimum: number; V: number }): void {
  for (const [i, id] of ids.entries()) {
    if (id >= minimum && id < V) continue;
    throw new InputError(`${operation}: id ${id} at position ${i} is outside the table of ${V} rows.`);
  }
}

/** @param words words for one of them, and for those that there are. @throws InputError for what is neither -1 nor in 0..V-1. */
export function expectTargets(
  operation: string,
  targets: Int32Array,
  V: number,
  [one, all]: readonly [string, string] = ["target", "classes"],
): void {
  for (const [i, target] of targets.entries()) {
    if (target >= -1 && target < V) continue;
    throw new InputError(`${operation}: ${one} ${target} at position ${i} is neither -1 nor one of the ${V} ${all}.`);
  }
}

export function embedding({ weight, ids, y, shapes }: Call<typeof embeddingOperation>): void {
  const [V, E] = shapes.weight as [number, number];
  expectIds("embedding", ids, { minimum: 0, V });
  for (const [i, id] of ids.entries()) y.set(weight.subarray(id * E, (id + 1) * E), i * E);
}

export function sumRows({ ids, rows, unique, sums, V, shapes }: Call<typeof sumRowsOperation>): void {
  const E = lastOf(shapes.rows);
  expectIds("sumRows", ids, { minimum: 0, V });
  unique.fill(-1);
  sums.fill(0);
  const slots = new Map<number, number>();
  for (const [i, id] of ids.entries()) {
    const slot = slots.get(id) ?? slots.size;
    slots.set(id, slot);
    unique[slot] = id;
    for (let e = 0; e < E; e++) sums[slot * E + e] = (sums[slot * E + e] as number) + (rows[i * E + e] as number);
  }
}

export function embeddingGradient({ ids, dy, dweight, V, shapes }: Call<typeof embeddingGradientOperation>): void {
  const E = lastOf(shapes.dy);
  expectIds("embeddingGradient", ids, { minimum: 0, V });
  dweight.fill(0);
  for (const [i, id] of ids.entries()) {
    for (let e = 0; e < E; e++) dweight[id * E + e] = (dweight[id * E + e] as number) + (dy[i * E + e] as number);
  }
}
