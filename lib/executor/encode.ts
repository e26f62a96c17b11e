import type { Program } from "../graph/program.js";

const magic = 0x4f535449;
const version = 1;
const storageCodes = { arena: 0, variable: 1, none: 2 } as const;

/**
 * A program as the addon reads it (native/runtime/program.h): one array of numbers.
 * @param codes code of each op, by name.
 * @param variables index of each variable in the addon's store, by name.
 */
export function encodeProgram(
  program: Program,
  { codes, variables }: { codes: ReadonlyMap<string, number>; variables: ReadonlyMap<string, number> },
): Float64Array {
  const { values, ops, feeds, outputs, arenaBytes } = program;
  const words: number[] = [magic, version, values.length, ops.length, feeds.length, outputs.length, arenaBytes];
  for (const { dtype, shape, storage } of values) {
    const location =
      storage.kind === "arena" ? storage.offset : storage.kind === "variable" ? known(variables, storage.name) : 0;
    words.push(dtype === "f32" ? 0 : 1, storageCodes[storage.kind], location, shape.length, ...shape);
  }
  for (const { value } of [...feeds, ...outputs]) words.push(value);
  for (const { name, operands, results, attributes } of ops) {
    words.push(known(codes, name), operands.length, ...operands.map((id) => id ?? -1));
    words.push(results.length, ...results, attributes.length, ...attributes);
  }
  return Float64Array.from(words);
}

function known(numbers: ReadonlyMap<string, number>, name: string): number {
  const number = numbers.get(name);
  if (number === undefined) throw new Error(`the addon does not know ${name}`);
  return number;
}
