import * as ostinato from "../../lib/index.js";
import { Inputs } from "../graph/case.js";
import { calls } from "../graph/cases.js";
import type { Entry } from "./row.js";
import { entry } from "./row.js";
import * as things from "./things.js";

const { ops } = ostinato;

/** Every op, with the arguments of its first case. */
const cases = Object.entries(calls).map(([name, [first]]) => [
  `ops.${name}`,
  entry(ops[name as keyof typeof ops], () => first?.args(new Inputs()) ?? []),
]);

export const operationRows: Record<string, Entry> = {
  ...Object.fromEntries(cases),
  "ops.scan": entry(ops.scan, () => {
    const { f, x } = things.tensors();
    const body = (_: unknown, { h }: Record<string, ostinato.Tensor>) => ({ state: { h: ops.tanh(h as never) } });
    return [{ inputs: { x }, state: { h: f("h", 2) }, steps: 3, reverse: false }, body];
  }),
};
