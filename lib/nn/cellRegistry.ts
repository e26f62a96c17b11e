import { OptionError } from "../errors.js";
import type { Completed, Defaulted, OptionTable, Rule } from "../options.js";
import { checkOption } from "../options.js";
import type { Cell } from "./cell.js";
import { cellValue } from "./cell.js";
import * as builtIn from "./cells/index.js";

type BuiltIn = (typeof builtIn)[keyof typeof builtIn];

/** The name of a cell: one of the library's, or of one that registerCell has added. @useDeclaredType */
export type CellName = BuiltIn["name"] | (string & {});

type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The options that belong to some of the library's cells. @interface */
export type CellOptions = Partial<Intersection<Completed<BuiltIn["options"]>>>;

const cells = new Map<string, Cell>(Object.values(builtIn).map((cell) => [cell.name, cell as unknown as Cell]));

/**
 * Adds a cell to those that models and layers find by name: `cell: "my-cell"`, `--cell my-cell`, and folders of models that were
 * made of it. To add the same value twice changes nothing.
 * @throws OptionError for what is no cell, or if another cell has its name.
 */
export function registerCell(cell: Cell): void {
  const { name } = checkOption("registerCell", "cell", cell, cellValue);
  const known = cells.get(name);
  if (known && known !== cell) {
    throw new OptionError(`registerCell: another cell is called ${JSON.stringify(name)}. Give this one another name.`);
  }
  cells.set(name, cell);
}

/** All cells that are known. */
export function knownCells(): Cell[] {
  return [...cells.values()];
}

/** The cell of a name, or the cell itself. The name must be known: rules have checked it. */
export function cellOf(cell: CellName | Cell): Cell {
  return typeof cell === "string" ? (cells.get(cell) as Cell) : cell;
}

/** The options of each cell, by its name. */
export function cellTables(): Record<string, OptionTable> {
  return Object.fromEntries(knownCells().map(({ name, options }) => [name, options]));
}

/** The rule of a cell's name. */
export function cellNamed(initial: CellName): Defaulted<CellName> {
  return {
    get expected() {
      const names = [...cells.keys()].join(", ");
      return (
        `one of ${names}, or a cell of your own that registerCell(cell) has made known before ` +
        "(on a command line: NODE_OPTIONS=--import=./cell.mjs)"
      );
    },
    fits: (name) => cells.has(name as string),
    initial,
    aka: ["rnn_type", "rnn_cell", "cell_type"],
    get written() {
      return { as: "name", words: [...cells.keys()] };
    },
  };
}

/** The rule of a cell by name or value. */
export const cellRule: Rule<CellName | Cell> = {
  get expected() {
    return `a cell, made by defineCell, or one of ${[...cells.keys()].join(", ")}`;
  },
  fits: (cell) => cells.has(cell as string) || cellValue.fits(cell),
};
