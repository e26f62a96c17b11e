import { OptionError } from "../errors.js";
import type { Program } from "../graph/program.js";
import { elementsOf } from "../graph/program.js";

/**
 * Bytes that no computation of this process can exceed: the machine's memory, or what its container allows. Swap is not counted:
 * a computation that pages does not end. Unknown in a browser, and where Deno may not ask: there only what numbers can count.
 */
export function memoryLimit(): number {
  const { process } = globalThis as { process?: NodeJS.Process };
  try {
    const machine = process?.getBuiltinModule?.("node:os")?.totalmem() ?? Number.MAX_SAFE_INTEGER;
    const allowed = process?.constrainedMemory?.() ?? 0;
    return allowed > 0 ? Math.min(machine, allowed) : machine;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}

/**
 * Refuses at once what could never fit, before anything of it is allocated.
 * @param what needs the bytes, such as "LanguageModel: its parameters".
 * @param advice what to change, as a sentence.
 * @throws OptionError with the memory that it would need.
 */
export function expectMemory(bytes: number, what: string, advice: string): void {
  const limit = memoryLimit();
  if (bytes <= limit) return;
  throw new OptionError(
    `${what} would need ${bytesText(bytes)} of memory, and there are ${bytesText(limit)}. ${advice}`,
  );
}

/**
 * The same for a program: its variables, and everything that its ops read and write besides them.
 * @param between bytes of the latter.
 */
export function expectProgramFits({ variables }: Program, between: number): void {
  const bytes = variables.reduce((sum, { shape }) => sum + 4 * elementsOf(shape), between);
  expectMemory(
    bytes,
    "compile: the program",
    "Use smaller batches, fewer time steps, beams or texts side by side, or a smaller model.",
  );
}

const units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];

/** "1.5 GB". */
function bytesText(bytes: number): string {
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${Number((bytes / 1000 ** unit).toPrecision(3))} ${units[unit]}`;
}
