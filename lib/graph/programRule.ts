import { InputError } from "../errors.js";
import {
  checkOption,
  completeOptions,
  double,
  flag,
  list,
  nullable,
  object,
  text,
  value,
  variants,
  whole,
  word,
} from "../options.js";
import type { Program, Value, VariableSpec } from "./program.js";
import { shapeRule } from "./program.js";

const variable = { name: text(), dtype: word(["f32", "i32"]), shape: shapeRule };

/** @throws OptionError for anything but the name, type and shape of a variable. */
export function expectVariable(owner: string, spec: VariableSpec): void {
  completeOptions(owner, spec, variable);
}

const storage = variants("kind", {
  arena: { first: whole({ minimum: -1 }), last: whole({ minimum: -1 }) },
  view: { of: whole() },
  rows: { of: whole(), index: whole(), moves: flag() },
  variable: { name: text() },
  none: {},
});

const ports = list(object({ name: text(), value: whole() }));

/** Rule of a program that comes from elsewhere than a Graph. */
const programRule = object({
  values: list(
    object({ ...variable, dtype: word(["f32", "i32", "saved"]), id: whole(), name: text({ empty: true }), storage }),
  ),
  ops: list(
    object({
      name: text(),
      operands: list(nullable(whole())),
      results: list(whole()),
      attributes: list(double()),
      path: text({ empty: true }),
    }),
  ),
  loops: list(object({ begin: whole(), end: whole(), steps: whole({ minimum: 1 }), reverse: flag() })),
  feeds: ports,
  outputs: ports,
  variables: list(object(variable)),
});

/**
 * Checks that what an executor is given is a program: its parts, and that it names only values that it has. Whether the ops fit
 * their operands is for the executor to find.
 * @throws OptionError for a part of another kind; InputError for a value, a variable or a loop that the program does not have.
 */
export function expectProgram(program: Program): void {
  checkOption(
    "compile",
    "program",
    program,
    value("a Program, of Graph.program()", (program) => typeof program === "object" && program !== null),
  );
  checkOption("compile", "program", program, programRule);
  const { values, ops, loops, feeds, outputs, variables } = program;
  const scalar = values.find(({ dtype, shape }) => dtype === "saved" && shape.length === 0);
  if (scalar)
    throw new InputError(`compile: the saved value ${scalar.id} of the program has no rows: its shape is [].`);
  const used = [
    ...ops.flatMap(({ operands, results }) => [...operands, ...results]),
    ...[...feeds, ...outputs].map((port) => port.value),
    ...values.flatMap(({ storage }) => ("of" in storage ? [storage.of] : [])),
  ];
  const missing = used.find((id) => id !== null && id >= values.length);
  if (missing !== undefined) throw new InputError(`compile: the program names value ${missing} of ${values.length}.`);
  const names = new Set(variables.map(({ name }) => name));
  for (const { name, storage } of values) {
    if (storage.kind === "variable" && !names.has(storage.name)) {
      throw new InputError(
        `compile: ${name} is the variable ${JSON.stringify(storage.name)}, which the program does not have.`,
      );
    }
    if ("of" in storage && !isInArena(values, storage.of)) {
      throw new InputError(`compile: the memory of ${name} is not in the arena.`);
    }
  }
  const lost = loops.find(({ begin, end }) => begin >= end || end > ops.length);
  if (lost) throw new InputError(`compile: a loop has the ops ${lost.begin} to ${lost.end} of ${ops.length}.`);
}

/** Whether a value lies in the arena, or in the memory of what does. */
function isInArena(values: readonly Value[], id: number): boolean {
  let { storage } = values[id] as Value;
  for (let steps = 0; "of" in storage && steps < values.length; steps++) {
    storage = (values[storage.of] as Value).storage;
  }
  return storage.kind === "arena";
}
