import { OptionError } from "../errors.js";
import type { CellName, CellOptions } from "../nn/cellRegistry.js";
import { cellOf, knownCells } from "../nn/cellRegistry.js";
import type { NoiseRates } from "../nn/recurrentNoise.js";
import { recurrentNoiseRules } from "../nn/recurrentNoise.js";
import type { Completed, OptionTable, Rule } from "../options.js";
import { checkOption, completeOptions, expectKnownOptions, expectOptions } from "../options.js";

/** A configuration with every default filled in; of the options of cells, those of its own; of noise, what is not 0. @inline */
export type CompleteConfig<Config extends CellOptions> = Required<Omit<Config, keyof CellOptions | keyof NoiseRates>> &
  CellOptions &
  Partial<NoiseRates>;

/** The cells of the first format: their configurations stay as they were, so that a resumed training finds its own model. */
const firstCells: readonly string[] = ["lstm", "gru", "rnn"];

/**
 * Options of a model that has a cell: those of the table and the cell's own, checked, with their defaults.
 * @param first which cell options configurations of lstm, gru and rnn name: "all" of the three, or none at its default.
 * @throws OptionError for an option that another cell has, and for what completeOptions refuses.
 */
export function completeWithCell<Table extends OptionTable & { cell?: Rule<CellName> }>(
  owner: string,
  options: object,
  { table, first }: { table: Table; first: "all" | "none" },
): Omit<Completed<Table>, keyof NoiseRates> & CellOptions & Partial<NoiseRates> {
  const entries = expectOptions(owner, options);
  const cell = cellOf(checkOption(owner, "cell", entries.cell, table.cell as Rule<CellName>));
  const clash = Object.keys(cell.options).find((name) => Object.hasOwn(table, name));
  if (clash) throw new OptionError(`${owner}: the cell "${cell.name}" and the model both have an option ${clash}.`);
  const isFirst = firstCells.includes(cell.name);
  const named = isFirst && first === "all" ? firstCells.map(cellOf) : [cell];
  const own: OptionTable = Object.assign({}, ...named.map((one) => one.options));
  const ofCells = knownCells().flatMap(({ options }) => Object.keys(options));
  const known = [...new Set([...Object.keys(table), ...ofCells])];
  expectKnownOptions(owner, entries, known, table);
  for (const [name, value] of Object.entries(entries)) {
    const isDefault = own[name] !== undefined && own[name].initial === value;
    if (value === undefined || isDefault || Object.hasOwn(table, name) || Object.hasOwn(cell.options, name)) continue;
    const owners = knownCells().filter(({ options }) => Object.hasOwn(options, name));
    const cells = owners.map((one) => JSON.stringify(one.name)).join(", ");
    throw new OptionError(
      `${owner}: ${name} belongs to the cell${owners.length > 1 ? "s" : ""} ${cells}, and this model's cell is "${cell.name}".`,
    );
  }
  const complete = completeOptions(owner, options, { ...table, ...own }) as Record<string, unknown>;
  if (isFirst && first === "none") {
    for (const [name, { initial }] of Object.entries(own)) if (complete[name] === initial) delete complete[name];
  }
  for (const name of Object.keys(recurrentNoiseRules)) if (complete[name] === 0) delete complete[name];
  return complete as Omit<Completed<Table>, keyof NoiseRates> & CellOptions & Partial<NoiseRates>;
}

/** A cell's own options among those of a configuration. */
export function optionsOfCell(config: { cell: CellName } & CellOptions): Record<string, unknown> {
  const { cell, ...others } = config;
  return Object.fromEntries(Object.keys(cellOf(cell).options).map((name) => [name, others[name as keyof CellOptions]]));
}
