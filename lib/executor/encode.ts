import type { Program, Shape, Value } from "../graph/program.js";
import { elementsOf } from "../graph/program.js";
import type { Arena } from "./arena.js";
import { placeValues } from "./arena.js";

const magic = 0x4f535449;
const version = 2;
const storageCodes = { arena: 0, variable: 1, none: 2, moving: 3 } as const;

/** Hidden units of a row of saved values, which kernels write in blocks (native/kernels/recurrent_step.h). */
const savedBlock = 16;

/** Where the addon has a program's values. */
export function arenaOf(program: Program): Arena {
  return placeValues(program, (value) => 4 * elementsOf(shapeOf(value)));
}

/** The shape of a value in the addon: the rows of saved ones end with a whole block. */
function shapeOf({ dtype, shape }: Value): Shape {
  return dtype === "saved" ? shape.with(-1, Math.ceil((shape.at(-1) as number) / savedBlock) * savedBlock) : shape;
}

/**
 * A program as the addon reads it (native/runtime/program.h): one array of numbers.
 * @param codes code of each op, by name.
 * @param variables index of each variable in the addon's store, by name.
 * @param arena where its values lie. Default: as arenaOf says.
 */
export function encodeProgram(
  program: Program,
  {
    codes,
    variables,
    arena = arenaOf(program),
  }: { codes: ReadonlyMap<string, number>; variables: ReadonlyMap<string, number>; arena?: Arena },
): Float64Array {
  const { values, ops, loops, feeds, outputs } = program;
  const counts = [values, ops, feeds, outputs, loops].map(({ length }) => length);
  const words: number[] = [magic, version, ...counts, arena.bytes];
  /** The code of a value's storage, and where it is: bytes from the arena's start, or the number of a variable. */
  const placement = ({ id, storage }: Value): [number, number] => {
    switch (storage.kind) {
      case "arena":
        return [storageCodes.arena, arena.offsets.get(id) as number];
      case "view":
        return placement(values[storage.of] as Value);
      case "variable":
        return [storageCodes.variable, known(variables, storage.name)];
      case "none":
        return [storageCodes.none, 0];
      case "rows": {
        const stack = values[storage.of] as Value;
        const [, offset] = placement(stack);
        const rowBytes = 4 * elementsOf(shapeOf(stack).slice(1));
        return [storage.moves ? storageCodes.moving : storageCodes.arena, offset + storage.index * rowBytes];
      }
    }
  };
  for (const value of values) {
    const shape = shapeOf(value);
    words.push(value.dtype === "i32" ? 1 : 0, ...placement(value), shape.length, ...shape);
  }
  for (const { value } of [...feeds, ...outputs]) words.push(value);
  for (const { begin, end, steps, reverse } of loops) words.push(begin, end, steps, Number(reverse));
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
