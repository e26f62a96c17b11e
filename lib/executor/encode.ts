import type { Program, Storage, Value } from "../graph/program.js";
import { elementsOf } from "../graph/program.js";

const magic = 0x4f535449;
const version = 2;
const storageCodes = { arena: 0, variable: 1, none: 2, moving: 3 } as const;

/**
 * A program as the addon reads it (native/runtime/program.h): one array of numbers.
 * @param codes code of each op, by name.
 * @param variables index of each variable in the addon's store, by name.
 */
export function encodeProgram(
  program: Program,
  { codes, variables }: { codes: ReadonlyMap<string, number>; variables: ReadonlyMap<string, number> },
): Float64Array {
  const { values, ops, loops, feeds, outputs, arenaBytes } = program;
  const counts = [values, ops, feeds, outputs, loops].map(({ length }) => length);
  const words: number[] = [magic, version, ...counts, arenaBytes];
  for (const { dtype, shape, storage } of values) {
    words.push(dtype === "f32" ? 0 : 1, ...placement(program, storage, variables), shape.length, ...shape);
  }
  for (const { value } of [...feeds, ...outputs]) words.push(value);
  for (const { begin, end, steps, reverse } of loops) words.push(begin, end, steps, Number(reverse));
  for (const { name, operands, results, attributes } of ops) {
    words.push(known(codes, name), operands.length, ...operands.map((id) => id ?? -1));
    words.push(results.length, ...results, attributes.length, ...attributes);
  }
  return Float64Array.from(words);
}

/** The code of a storage, and where it is: bytes from the arena's start, or the number of a variable. */
function placement(program: Program, storage: Storage, variables: ReadonlyMap<string, number>): [number, number] {
  switch (storage.kind) {
    case "arena":
      return [storageCodes.arena, storage.offset];
    case "variable":
      return [storageCodes.variable, known(variables, storage.name)];
    case "none":
      return [storageCodes.none, 0];
    case "rows": {
      const stack = program.values[storage.of] as Value;
      const [kind, offset] = placement(program, stack.storage, variables);
      if (kind !== storageCodes.arena) throw new Error(`the rows of ${stack.name} are not in the arena`);
      const rowBytes = 4 * elementsOf(stack.shape.slice(1));
      return [storage.moves ? storageCodes.moving : storageCodes.arena, offset + storage.index * rowBytes];
    }
  }
}

function known(numbers: ReadonlyMap<string, number>, name: string): number {
  const number = numbers.get(name);
  if (number === undefined) throw new Error(`the addon does not know ${name}`);
  return number;
}
