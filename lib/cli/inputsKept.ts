import { statSync } from "node:fs";
import type { Command } from "commander";
import { OptionError } from "../errors.js";

/** Options that name files to write, as properties. */
const outputs = new Set(["out", "output", "svg", "report", "trace", "attentionSvg", "treeSvg"]);

/** @throws OptionError for an option whose file would take the place of one that the command reads. */
export function expectInputsKept(command: Command): void {
  const options = Object.entries<unknown>(command.opts());
  const read = [...command.processedArgs, ...options.flatMap(([name, value]) => (outputs.has(name) ? [] : [value]))];
  const inputs = new Set(read.flat().map(fileId));
  for (const [name, value] of options) {
    const id = outputs.has(name) ? fileId(value) : null;
    if (id === null || !inputs.has(id)) continue;
    const flag = command.options.find((option) => option.attributeName() === name)?.long;
    throw new OptionError(`${command.name()}: ${flag} ${value} is a file that is read. Give it another name.`);
  }
}

/** What a file has whatever it is called; null for what is none. */
function fileId(value: unknown): string | null {
  if (typeof value !== "string") return null;
  try {
    const stats = statSync(value);
    return stats.isFile() ? `${stats.dev} ${stats.ino}` : null;
  } catch {
    return null;
  }
}
