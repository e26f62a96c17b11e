import { OptionError } from "../errors.js";
import type { LanguageModel } from "../models/languageModel/languageModel.js";
import { cellOf, knownCells } from "../nn/cellRegistry.js";
import type { ActivationLayer } from "../viz/index.js";
import { gateShares, openAbove, shutBelow } from "../viz/index.js";
import type { Printer } from "./print.js";

/** @throws OptionError for a model whose cell shows no gates. */
export function expectGates({ network }: LanguageModel): void {
  const { title, gateValues } = cellOf(network.config.cell);
  if (gateValues) return;
  const showing = knownCells().filter((cell) => cell.gateValues);
  throw new OptionError(
    `inspect: --gates needs a cell that shows its gates, which ${title} does not. Leave --gates out, or train a model with --cell ` +
      `${showing.map(({ name }) => name).join(", ")}; a cell of your own shows them by gateValues.`,
  );
}

/** A table of how often gates are open and shut over a text. @returns its rows. */
export function printGates(print: Printer, gates: readonly ActivationLayer[]) {
  const shares = gateShares(gates);
  const width = shares.reduce((most, { name }) => Math.max(most, name.length), 0);
  const cell = (text: string) => text.padStart(18);
  const percent = (share: number) => cell(`${(100 * share).toFixed(1)} %`);
  print.line(`${" ".repeat(width)}${cell(`open (above ${openAbove})`)}${cell(`shut (below ${shutBelow})`)}`);
  for (const { name, open, shut } of shares) print.line(name.padEnd(width), percent(open), percent(shut));
  print.line("");
  return shares.map(({ name: gate, open, shut }) => ({ gate, open, shut }));
}
