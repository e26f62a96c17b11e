import { OptionError } from "../errors.js";
import type { ActivationLayer } from "../viz/index.js";
import { gateShares } from "../viz/index.js";
import type { Printer } from "./print.js";

/** A table of how often gates are open and shut over a text. @throws OptionError where there are none. */
export function printGates(print: Printer, gates: readonly ActivationLayer[]): void {
  if (gates.length === 0) throw new OptionError("inspect: the cell of this model has no gates that it shows.");
  const shares = gateShares(gates);
  print.object({ gates: shares.map(({ name: gate, open, shut }) => ({ gate, open, shut })) });
  const width = shares.reduce((most, { name }) => Math.max(most, name.length), 0);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(18);
  print.line(`${" ".repeat(width)}${"open (above 0.9)".padStart(18)}${"shut (below 0.1)".padStart(18)}`);
  for (const { name, open, shut } of shares) print.line(name.padEnd(width), percent(open), percent(shut));
  print.line("");
}
