import { byName, operations } from "./operation.js";
import type { Op, Program, Value } from "./program.js";
import { shapeText } from "./program.js";

/**
 * A program to read: what it is fed, its variables, then one line for each op with its operands by name, and the layer that recorded
 * it. "%3[step + 1]" is a row of the stack %3; a loop's ops are indented.
 */
export function programText(program: Program): string {
  const { values, ops, loops, feeds, outputs } = program;
  const valueAt = (id: number) => values[id] as Value;
  const made = new Set([...feeds.map(({ value }) => value), ...ops.flatMap(({ results }) => results)]);
  const lines = feeds.map(({ name, value }) => `feed ${name} = ${defined(valueAt(value), program)}`);
  for (const value of values) {
    const { storage, id } = value;
    if (storage.kind === "variable" && !made.has(id))
      lines.push(`variable ${storage.name} = ${defined(value, program)}`);
    else if (storage.kind === "arena" && !made.has(id)) lines.push(`stack ${defined(value, program)}`);
  }
  ops.forEach((op, i) => {
    const loop = loops.find(({ begin, end }) => begin <= i && i < end);
    if (loop?.begin === i)
      lines.push(`loop of ${loop.steps} steps${loop.reverse ? ", from the last to the first" : ""}`);
    lines.push(`${loop ? "  " : ""}${opText(op, program)}`);
  });
  lines.push(...outputs.map(({ name, value }) => `output ${name} = ${used(valueAt(value))}`));
  return lines.join("\n");
}

function opText({ name, operands, results, attributes, path }: Op, program: Program): string {
  const operation = operations().get(name);
  const texts = operands.map((id) => (id === null ? "none" : used(program.values[id] as Value)));
  const byOwnName = operation ? byName(operation.operands, texts) : Object.fromEntries(texts.entries());
  const numbers = (operation?.attributes ?? []).map((own, i) => [own, attributes[i]] as const);
  const named = [...Object.entries(byOwnName), ...numbers].map(([own, text]) => `${own}: ${text}`);
  const left = results.map((id) => defined(program.values[id] as Value, program)).join(", ");
  return `${left ? `${left} = ` : ""}${name}(${named.join(", ")})${path ? `  # ${path}` : ""}`;
}

/** A value where it is made: its type, shape and place. */
function defined({ id, dtype, shape, storage }: Value, { values }: Program): string {
  const text = `%${id} ${dtype}${shapeText(shape)}`;
  if (storage.kind === "none") return `${text} unread`;
  return storage.kind === "rows" ? `${text} in ${rowText(values[storage.of] as Value, storage)}` : text;
}

function used({ id, storage }: Value): string {
  return storage.kind === "rows" ? rowText({ id: storage.of }, storage) : `%${id}`;
}

function rowText({ id }: Pick<Value, "id">, { index, moves }: { index: number; moves: boolean }): string {
  return `%${id}[${moves ? (index ? `step + ${index}` : "step") : index}]`;
}
