import { counted, OptionError } from "../errors.js";
import type { Values } from "../executor/executor.js";
import { expectMemory } from "../executor/memory.js";
import type { StepEntry } from "../nn/stateEntry.js";

const advice = "Take fewer texts or beams side by side, or a model with a shorter context.";

/** The state before the first token of some rows, by entry. @throws OptionError where memory cannot hold it. */
export function firstState(entries: readonly StepEntry[], rows: number): Record<string, Values> {
  const owner = `The state of ${counted(rows, "text")} side by side`;
  expectMemory(4 * rows * entries.reduce((sum, { size }) => sum + size, 0), owner, advice);
  try {
    return Object.fromEntries(entries.map((entry) => [entry.name, firstValues(entry, rows)]));
  } catch (cause) {
    // One array may be more than the platform gives in a piece.
    if (cause instanceof RangeError) throw new OptionError(`${owner} does not fit into memory. ${advice}`);
    throw cause;
  }
}

function firstValues({ size, dtype, ownRow }: StepEntry, rows: number): Values {
  if (dtype !== "i32") return new Float32Array(rows * size);
  const values = new Int32Array(rows * size);
  if (ownRow) for (let row = 0; row < rows; row++) values.fill(row, row * size, (row + 1) * size);
  return values;
}
