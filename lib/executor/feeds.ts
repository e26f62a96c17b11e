import { InputError } from "../errors.js";
import type { Port, Program, Value } from "../graph/program.js";
import { elementsOf, shapeText } from "../graph/program.js";
import type { Feeds, Values } from "./executor.js";

/**
 * The feeds of a run as typed arrays in the program's order. Plain numbers become arrays of one.
 * @param floats the executor's type for f32 values.
 * @throws InputError for a missing or unknown name, the wrong type, or the wrong number of values.
 */
export function orderFeeds(
  program: Program,
  feeds: Feeds,
  floats: Float32ArrayConstructor | Float64ArrayConstructor,
): Values[] {
  const names = program.feeds.map(({ name }) => name);
  for (const name of Object.keys(feeds)) {
    if (!names.includes(name))
      throw new InputError(`run: the program has no feed ${JSON.stringify(name)}; it has ${names.join(", ")}.`);
  }
  return program.feeds.map((port) => feedOf(program, port, feeds[port.name], floats));
}

function feedOf(
  program: Program,
  { name, value: id }: Port,
  given: Values | number | undefined,
  floats: Float32ArrayConstructor | Float64ArrayConstructor,
): Values {
  const { dtype, shape } = program.values[id] as Value;
  const kind = dtype === "f32" ? floats : Int32Array;
  const wanted = `a ${kind.name} of shape ${shapeText(shape)}`;
  if (given === undefined) throw new InputError(`run: feed ${JSON.stringify(name)} is missing; expected ${wanted}.`);
  const array = typeof given === "number" ? kind.of(given) : given;
  if (!(array instanceof kind)) {
    throw new InputError(
      `run: expected feed ${JSON.stringify(name)} to be ${wanted}, got ${(given as object).constructor.name}.`,
    );
  }
  if (array.length !== elementsOf(shape)) {
    throw new InputError(`run: expected feed ${JSON.stringify(name)} to be ${wanted}, got ${array.length} values.`);
  }
  return array;
}
