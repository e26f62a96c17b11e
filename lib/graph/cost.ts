import type { OpCost } from "./operation.js";
import { byName, operations } from "./operation.js";
import type { Op, Program, Shape, Value } from "./program.js";
import { elementsOf } from "./program.js";

/** The cost of an op of a program: what the op's entry in the catalogue says, else no products, and each value once. */
export function costOf({ values }: Program, { name, operands, results, attributes }: Op): OpCost {
  const operation = operations().get(name);
  const seen = [...operands, ...results].map((id) => (id === null ? null : (values[id] as Value)));
  const bytesOf = (value: Value | null) => (!value || value.storage.kind === "none" ? 0 : 4 * elementsOf(value.shape));
  const bytes = operation?.view ? 0 : seen.reduce((sum, value) => sum + bytesOf(value), 0);
  if (!operation?.cost) return { flops: 0, bytes };
  const shapes = seen.map((value): Shape | null => value?.shape ?? null);
  const named = {
    ...byName(operation.operands, shapes.slice(0, operands.length)),
    ...byName(operation.results, shapes.slice(operands.length)),
    ...byName(operation.attributes ?? [], attributes),
  };
  return { flops: 0, bytes, ...operation.cost(named as never) };
}
