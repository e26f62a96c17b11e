import type { OnnxBuilder } from "./builder.js";
import type { Dimension } from "./dimension.js";
import type { OnnxType } from "./onnxModel.js";

/** A value of one step. */
export interface StepValue {
  readonly type: OnnxType;
  readonly shape: readonly Dimension[];
}

/** A loop over time, as the operator Scan runs it. */
export interface ScanNode {
  /** Values that steps hand on: the name of the first, and its form. */
  readonly states: readonly (StepValue & { readonly first: string })[];
  /** Values whose first axis is time: their names, and the form of a row. */
  readonly rows: readonly (StepValue & { readonly of: string })[];
  readonly reverse: boolean;
  /** Adds the nodes of a step, and gives the states after it and the rows of what it puts out. */
  step(
    body: OnnxBuilder,
    states: readonly string[],
    rows: readonly string[],
  ): { states: readonly string[]; outputs: readonly (StepValue & { readonly name: string })[] };
}

/** Adds a loop. @returns the states after the last step, and all steps of what they put out. */
export function addScan(
  builder: OnnxBuilder,
  { states, rows, reverse, step }: ScanNode,
): { last: string[]; stacked: string[] } {
  const body = builder.body();
  const port = ({ type, shape }: StepValue, name: string) => ({
    name,
    type,
    shape: shape.map((size) => (typeof size === "number" ? size : "?")),
  });
  const before = states.map(() => body.fresh("state"));
  const read = rows.map(() => body.fresh("row"));
  body.inputs.push(
    ...states.map((state, i) => port(state, before[i] as string)),
    ...rows.map((row, i) => port(row, read[i] as string)),
  );
  const { states: after, outputs } = step(body, before, read);
  // A result of a step may be what it was given, and each has a name of its own.
  const named = [...after, ...outputs.map(({ name }) => name)].map((name) => body.node("Identity", [name]));
  body.outputs.push(...[...states, ...outputs].map((value, i) => port(value, named[i] as string)));
  const results = named.map(() => builder.fresh("scan"));
  const direction = Number(reverse);
  builder.node(
    "Scan",
    [...states.map(({ first }) => first), ...rows.map(({ of }) => of)],
    {
      body: body.graph("body"),
      num_scan_inputs: rows.length,
      scan_input_directions: rows.map(() => direction),
      ...(outputs.length > 0 ? { scan_output_directions: outputs.map(() => direction) } : {}),
    },
    results,
  );
  return { last: results.slice(0, states.length), stacked: results.slice(states.length) };
}
