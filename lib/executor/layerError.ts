import { InputError } from "../errors.js";
import type { Program } from "../graph/program.js";

/**
 * An InputError of an op, whose message begins with the op's name, that begins with the layer instead: "source embedding: id 9
 * at position 1 is outside the table of 4 rows".
 * @param op number of the op; undefined for an error that no op raised.
 */
export function layerError(program: Program, op: number | undefined, error: Error): InputError {
  const { path = "", name = "" } = program.ops[op ?? -1] ?? {};
  const { message } = error;
  if (path === "") return new InputError(message, error);
  return new InputError(
    message.startsWith(`${name}: `) ? path + message.slice(name.length) : `${path}: ${message}`,
    error,
  );
}
