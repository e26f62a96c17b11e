import type { Command } from "commander";
import type { CellName } from "../nn/cellRegistry.js";
import { cellNamed, cellTables } from "../nn/cellRegistry.js";
import { addFlag } from "./options.js";
import { variantOptions, withVariants } from "./variants.js";

/** Adds --cell and the options of all cells that are known. */
export function withCells(command: Command, initial: CellName): Command {
  addFlag(command, "cell", { rule: cellNamed(initial), description: "recurrent cell", group: "Cell", initial });
  return withVariants(command, "Cell", cellTables());
}

/** The cell, and the options that were typed for it. @throws OptionError for an option of another cell. */
export function cellOptions(command: Command) {
  const { cell } = command.opts<{ cell: CellName }>();
  return { cell, ...variantOptions(command, "--cell", { of: cell, variants: cellTables() }) };
}
