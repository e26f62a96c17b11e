import { statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { OptionError } from "../errors.js";
import { modelFiles } from "../formats/modelFiles.js";

/** Options and arguments that name files to write, as properties. */
const outputs = new Set(["out", "output", "svg", "report", "trace", "attentionSvg", "treeSvg"]);

/** @throws OptionError where a file to write would take the place of one that the command reads, or of a model's. */
export function expectInputsKept(command: Command): void {
  const called = [
    ...command.registeredArguments.map((one, i) => [one.name(), command.processedArgs[i]] as const),
    ...Object.entries<unknown>(command.opts()),
  ];
  const read = called.flatMap(([name, value]) => (outputs.has(name) ? [] : [value].flat()));
  const inputs = new Set(read.flatMap((value) => [value, ...filesOfModel(value)]).map(fileId));
  for (const [name, value] of called) {
    const id = outputs.has(name) ? fileId(value) : null;
    if (id === null || !inputs.has(id)) continue;
    const flag = command.options.find((option) => option.attributeName() === name)?.long ?? `<${name}>`;
    throw new OptionError(`${command.name()}: ${flag} ${value} is a file that is read. Give it another name.`);
  }
}

/** Paths that the files of a model have if the folder holds one. */
function filesOfModel(folder: unknown): string[] {
  return typeof folder === "string" ? Object.values(modelFiles).map((name) => join(folder, name)) : [];
}

/** Identity of a file under any name; null for anything else. */
function fileId(value: unknown): string | null {
  if (typeof value !== "string") return null;
  try {
    const stats = statSync(value, { bigint: true });
    return stats.isFile() ? `${stats.dev} ${stats.ino}` : null;
  } catch {
    return null;
  }
}
