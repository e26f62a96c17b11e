import { InputError } from "../../errors.js";
import type { Buffer, KernelCall } from "./kernel.js";
import { floatsOf, integersOf, lastOf, resultOf, shapeOf } from "./kernel.js";

/** @throws InputError for an id outside minimum..V-1. */
export function expectIds(operation: string, ids: Int32Array, { minimum, V }: { minimum: number; V: number }): void {
  for (const [i, id] of ids.entries()) {
    if (id >= minimum && id < V) continue;
    throw new InputError(`${operation}: id ${id} at position ${i} is outside the table of ${V} rows.`);
  }
}

export function embedding(call: KernelCall): void {
  const [weight, ids, y] = [floatsOf(call, 0), integersOf(call, 1), resultOf(call, 0)];
  const [V, E] = shapeOf(call, 0) as [number, number];
  expectIds("embedding", ids, { minimum: 0, V });
  for (const [i, id] of ids.entries()) y.set(weight.subarray(id * E, (id + 1) * E), i * E);
}

export function sumRows(call: KernelCall): void {
  const [ids, rows] = [integersOf(call, 0), floatsOf(call, 1)];
  const unique = (call.results[0] as Buffer).data as Int32Array;
  const sums = resultOf(call, 1);
  const E = lastOf(shapeOf(call, 1));
  expectIds("sumRows", ids, { minimum: 0, V: call.attributes[0] as number });
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

export function embeddingGradient(call: KernelCall): void {
  const [ids, dy, dweight] = [integersOf(call, 0), floatsOf(call, 1), resultOf(call, 0)];
  const E = lastOf(shapeOf(call, 1));
  expectIds("embeddingGradient", ids, { minimum: 0, V: call.attributes[0] as number });
  dweight.fill(0);
  for (const [i, id] of ids.entries()) {
    for (let e = 0; e < E; e++) dweight[id * E + e] = (dweight[id * E + e] as number) + (dy[i * E + e] as number);
  }
}
